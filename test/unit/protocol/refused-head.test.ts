import { describe, expect, it } from 'vitest';
import { bytesFromName } from '../../../src/protocol/names.ts';
import { decode, refusedHead } from '../../../src/protocol/decode.ts';
import { DEFAULT_DIALECT } from '../../../src/protocol/dialect.ts';
import { encode } from '../../../src/protocol/encode.ts';
import { BROKEN_LINES } from '../../helpers/wire-cases.ts';

const ANSWERED = ['unknown-type', 'bad-arguments', 'bad-base64'];

describe('what is known of a refused request', () => {
  it.each([
    ['a:1 7 FORMAT c:', 'FORMAT', ['c:']],
    ['a:1 7 DL ação.txt x 0 \r\0', 'DL', ['ação.txt', 'x', '0']],
    ['a:1 7 DL a\udce7 256', 'DL', ['a\udce7', '256']],
    ['a:1 7 DL  256 0', 'DL', ['256', '0']],
    ['a:1 7 DIGEST', 'DIGEST', []],
    ['a:1 7 FILE a 3 0 YW_j and more', 'FILE', ['a', '3', '0']],
  ])('%j', (line, type, args) => {
    expect(refusedHead(bytesFromName(line))).toEqual({ origin: 'a:1', clock: 7, type, args });
  });

  it('is there for all that a session answers, and for nothing else', () => {
    for (const [code, line] of BROKEN_LINES) {
      const head = refusedHead(Buffer.from(line));
      if (ANSWERED.includes(code)) expect(head, line).toMatchObject({ origin: '127.0.0.1:1', clock: 1 });
      else expect(head, line).toBeUndefined();
    }
  });

  it('is bounded', () => {
    const head = refusedHead(
      Buffer.from(`a:1 1 ${'T'.repeat(9000)} ${'é'.repeat(9000)} ${'x '.repeat(900)}`),
    );
    expect(head?.type).toHaveLength(765);
    expect(head?.args.map((arg) => arg.length)).toEqual([765, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('makes an ERROR that can be read', () => {
    const head = refusedHead(Buffer.from(`a:1 1 DL  ${'a'.repeat(800)} 9 9 9 9 9  9`));
    if (head === undefined) throw new Error('no head');
    const { type: of, args, ...stamp } = head;
    const error = { ...stamp, type: 'ERROR', of, code: 'bad-request', args } as const;
    expect(decode(encode(error, DEFAULT_DIALECT).subarray(0, -1))).toEqual(error);
  });
});
