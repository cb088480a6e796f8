import { describe, expect, it } from 'vitest';
import { csv } from '../../../src/experiment/csv.ts';

const rows = [
  ['a;b, "c"', 1.5, undefined],
  ['plain', 1024, -0.25],
] as const;

describe('a table as CSV', () => {
  it('is what a Brazilian Excel opens', () => {
    expect(csv(['nome', 'x', 'y'], rows, 'virgula')).toBe(
      '\uFEFFnome;x;y\r\n"a;b, ""c""";1,500000;\r\nplain;1024;-0,250000\r\n',
    );
  });

  it('is what all others read', () => {
    expect(csv(['nome', 'x', 'y'], rows, 'ponto')).toBe(
      'nome,x,y\r\n"a;b, ""c""",1.500000,\r\nplain,1024,-0.250000\r\n',
    );
  });
});
