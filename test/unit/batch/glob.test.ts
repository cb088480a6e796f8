import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits, matching } from '../../../src/batch/glob.ts';

describe('a pattern', () => {
  it.each([
    ['a.pdf', '*.pdf', true],
    ['.pdf', '*.pdf', true],
    ['a.pdf.txt', '*.pdf', false],
    ['aula-1.txt', 'aula-?.txt', true],
    ['aula-10.txt', 'aula-?.txt', false],
    ['aula-😀.txt', 'aula-?.txt', true],
    ['abcabd', 'a*abd', true],
    ['abc', '', false],
    ['', '*', true],
    ['', '**', true],
    ['', '?', false],
    ['a+b[1].txt', 'a+b[1].*', true],
    ['aXb', 'a.b', false],
    ['A.PDF', '*.pdf', false],
  ])('fits the whole name: %j, %j', (name, pattern, isFit) => {
    expect(fits(name, pattern)).toBe(isFit);
  });

  it('fits as the regular expression does that means the same', () => {
    const letters = (...all: string[]) =>
      fc.array(fc.constantFrom(...all), { maxLength: 8 }).map((l) => l.join(''));
    fc.assert(
      fc.property(letters('a', 'b'), letters('a', 'b', '*', '?'), (name, pattern) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(fits(name, pattern)).toBe(same.test(name));
      }),
    );
  });

  it('costs no more than the product of both lengths', () => {
    // A backtracking match would not end in this century.
    expect(fits('a'.repeat(2000), `${'a*'.repeat(100)}b`)).toBe(false);
  });
});

describe('matching', () => {
  const items = ['a*', 'ab', 'ac', 'b'].map((name) => ({ name }));

  it('takes the item of exactly that name alone', () => {
    expect(matching(items, 'a*')).toEqual([{ name: 'a*' }]);
  });

  it('takes all that fit where none is called so', () => {
    expect(matching(items, 'a?').map(({ name }) => name)).toEqual(['a*', 'ab', 'ac']);
    expect(matching(items, 'x*')).toEqual([]);
  });
});
