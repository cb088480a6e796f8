import { describe, expect, it } from 'vitest';
import type { Address } from '../../../src/protocol/address.ts';
import { dialectNamed, type Dialect } from '../../../src/protocol/dialect.ts';
import { encode } from '../../../src/protocol/encode.ts';
import type { MessageOf } from '../../../src/protocol/message.ts';

function named(name: string): Dialect {
  const dialect = dialectNamed(name);
  if (dialect === undefined) throw new Error(name);
  return dialect;
}

describe('a list of files that is sent again and again', () => {
  const files = [
    { token: 'a', size: 1 },
    { token: 'caf\udce9', size: 2 },
  ];
  const list = (clock: number): MessageOf<'LS_LIST'> => ({
    type: 'LS_LIST',
    origin: 'h:1' as Address,
    clock,
    files,
  });

  it.each([
    ['line', 'h:1 7 LS_LIST 2 a:1 caf\xe9:2\n'],
    ['multiline', 'h:1 7 LS_LIST 2 a:1\ncaf\xe9:2\n\n'],
    ['prefixed', '\0\0\0\0\0\0\0\x1ah:1 7 LS_LIST 2 a:1 caf\xe9:2'],
    ['line', 'h:1 7 LS_LIST 2 a:1 caf\xe9:2\n'],
  ])('is whole in the dialect %s', (name, bytes) => {
    expect(encode(list(7), named(name)).toString('latin1')).toBe(bytes);
  });

  it('has the clock of each time', () => {
    expect(encode(list(8), named('line')).toString('latin1')).toBe('h:1 8 LS_LIST 2 a:1 caf\xe9:2\n');
  });
});
