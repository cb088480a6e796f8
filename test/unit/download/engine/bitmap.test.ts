import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitmap } from '../../../../src/download/engine/bitmap.ts';

describe('Bitmap', () => {
  it('knows nothing beyond its length', () => {
    const map = new Bitmap(3);
    expect(map.next(false, 0)).toBe(0);
    expect(map.next(true, 0)).toBe(3);
    for (const index of [0, 1, 2]) map.add(index);
    expect(map.next(false, 0)).toBe(3);
    expect(map.ranges(true)).toEqual([[0, 2]]);
    expect(map.ranges(false)).toEqual([]);
    expect(new Bitmap(0).ranges(false)).toEqual([]);
  });

  it('is a set of indexes', () => {
    const change = fc.record({ index: fc.nat({ max: 99 }), isIn: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.nat({ max: 99 }), (changes, from) => {
        const map = new Bitmap(100);
        const set = new Set<number>();
        for (const { index, isIn } of changes) {
          if (isIn) map.add(index);
          else map.delete(index);
          if (isIn) set.add(index);
          else set.delete(index);
        }
        const all = Array.from({ length: 100 }, (_, index) => index);
        for (const isIn of [true, false]) {
          const members = all.filter((index) => set.has(index) === isIn);
          expect(all.filter((index) => map.has(index) === isIn)).toEqual(members);
          expect(map.next(isIn, from)).toBe(members.find((index) => index >= from) ?? 100);
          const ranges = map.ranges(isIn);
          expect(ranges.flatMap(([first, last]) => all.slice(first, last + 1))).toEqual(members);
          // As few as there can be.
          for (const [i, [first]] of ranges.entries()) if (i > 0) expect(map.has(first - 1)).toBe(!isIn);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('skips what is full, however much it is', () => {
    const length = 2 ** 22;
    const map = new Bitmap(length);
    for (let index = 0; index < length - 1; index++) map.add(index);
    expect(map.next(false, 5)).toBe(length - 1);
    expect(map.ranges(false)).toEqual([[length - 1, length - 1]]);
  });

  it.each([
    [0, 0],
    [0, 1],
    [0, 8],
    [3, 5],
    [3, 8],
    [7, 9],
    [5, 40],
    [8, 24],
    [0, 43],
  ])('takes the range [%d, %d)', (first, end) => {
    const map = new Bitmap(43);
    map.addRange(first, end);
    expect(map.ranges(true)).toEqual(end > first ? [[first, end - 1]] : []);
  });
});
