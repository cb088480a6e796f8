import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, shortenEnd, shortenMiddle, wrap } from '../../../src/terminal/layout.ts';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',') }),
  fc.string({ unit: fc.constantFrom('a', ' ', '漢', '🎉', 'e\u0301', 'é', '👍🏽') }),
);

describe('columnsOf', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['👍🏽', 2],
  ])('counts the columns of %j', (string, columns) => {
    expect(columnsOf(string)).toBe(columns);
  });
});

describe('shortening', () => {
  it('keeps the front and the extension', () => {
    expect(shortenMiddle('um-nome-muito-longo.tar.gz', 15)).toBe('um-nome….tar.gz');
    expect(shortenMiddle('漢字漢字漢字漢字.txt', 12)).toBe('漢字漢….txt');
    expect(shortenEnd('abcdef', 4)).toBe('abc…');
    expect(shortenEnd('abcdef', 6)).toBe('abcdef');
    expect(shortenEnd('abcdef', 0)).toBe('');
  });

  it('fits, and leaves alone what fits', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 20 }), (string, columns) => {
        for (const shorten of [shortenEnd, shortenMiddle]) {
          expect(columnsOf(shorten(string, columns))).toBeLessThanOrEqual(columns);
          if (columnsOf(string) <= columns) expect(shorten(string, columns)).toBe(string);
        }
      }),
    );
  });
});

describe('wrap', () => {
  it('breaks after a space where one is near', () => {
    expect(wrap('127.0.0.1:5001, 127.0.0.1:5002', 20)).toEqual(['127.0.0.1:5001,', '127.0.0.1:5002']);
    expect(wrap('a bbbbbbbbbbbb', 8)).toEqual(['a bbbbbb', 'bbbbbb']);
    expect(wrap('', 8)).toEqual(['']);
  });

  it('fits and loses nothing but spaces', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (string, columns) => {
        const lines = wrap(string, columns);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(string.replaceAll(' ', ''));
      }),
    );
  });
});
