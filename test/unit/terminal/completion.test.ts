import { describe, expect, it } from 'vitest';
import { commonStart, complete } from '../../../src/terminal/completion.ts';
import { A2, A3 } from './addresses.ts';

const peers = [
  { address: A2, status: 'ONLINE', clock: 0 },
  { address: A3, status: 'ONLINE', clock: 0 },
] as const;
const names = ['aula 1.txt', 'aula 2.txt', 'bolo.txt', 'tab\tulado', 'aula 1.txt'];
const menu = { ask: 'menu', known: [A2, A3], names } as const;
const file = { ask: 'file', found: names.map((name) => ({ name, size: 1, sources: [A2] })) } as const;

describe('complete', () => {
  it.each([
    [menu, 'p', 'p', ['peers']],
    [menu, ' bu', 'bu', ['buscar']],
    [menu, 'x', 'x', []],
    [menu, '1 ', '', ['1', '2']],
    [menu, '- ', '', [A2, A3]],
    [menu, '4 aula', 'aula', ['aula 1.txt', 'aula 2.txt']],
    [menu, '4 tab', 'tab', []],
    [menu, '9 ', '', []],
    [{ ask: 'peer', peers }, '', '', ['1', '2']],
    [file, 'bo', 'bo', ['bolo.txt']],
    [file, '1,3-', '', ['1', '2', '3', '4', '5']],
    [file, '1,3', '3', ['3']],
    [{ ask: 'chunk-size' }, '6', '6', []],
  ] as const)('%j, %j', (question, line, stem, candidates) => {
    expect(complete(question, line)).toEqual({ stem, candidates });
  });

  it('knows all commands of an empty line', () => {
    expect(complete(menu, '').candidates).toEqual(
      expect.arrayContaining(['1', '9', 'peers', 'sair', '?', '+', '-']),
    );
  });
});

it.each([
  [['aula 1', 'aula 2'], 'aula '],
  [['🦀a', '🦁b'], ''],
  [['a', 'b'], ''],
  [['só'], 'só'],
  [[], ''],
])('%j begin with %j', (words, start) => {
  expect(commonStart(words)).toBe(start);
});
