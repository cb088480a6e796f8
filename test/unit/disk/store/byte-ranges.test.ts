import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteRanges } from '../../../../src/disk/store/byte-ranges.ts';

function rangesOf(...ranges: readonly (readonly [number, number])[]): ByteRanges {
  const set = new ByteRanges();
  for (const [from, to] of ranges) set.add(from, to);
  return set;
}

describe('ByteRanges', () => {
  it('joins what overlaps or touches', () => {
    expect(rangesOf([0, 4], [4, 8]).list()).toEqual([[0, 8]]);
    expect(rangesOf([4, 8], [0, 4]).list()).toEqual([[0, 8]]);
    expect(rangesOf([0, 2], [6, 8], [1, 7]).list()).toEqual([[0, 8]]);
    expect(rangesOf([0, 8], [2, 3]).list()).toEqual([[0, 8]]);
    expect(rangesOf([4, 6], [0, 2], [8, 9]).list()).toEqual([
      [0, 2],
      [4, 6],
      [8, 9],
    ]);
  });

  it('takes away the middle, an end, or all', () => {
    const set = rangesOf([0, 10], [20, 30]);
    set.remove(4, 6);
    set.remove(0, 1);
    set.remove(25, 40);
    expect(set.list()).toEqual([
      [1, 4],
      [6, 10],
      [20, 25],
    ]);
    set.remove(0, 100);
    expect(set.list()).toEqual([]);
  });

  it('knows where the first bytes end', () => {
    expect(rangesOf([1, 5]).prefix).toBe(0);
    expect(rangesOf([0, 5], [6, 7]).prefix).toBe(5);
    expect(new ByteRanges().prefix).toBe(0);
  });

  it('takes no bytes for none', () => {
    const set = rangesOf([3, 3], [5, 4]);
    set.remove(2, 2);
    expect(set.list()).toEqual([]);
    expect(set.has(7, 7)).toBe(true);
    expect(set.has(0, 1)).toBe(false);
  });

  it('is the set of its bytes, whatever is added and removed', () => {
    const size = 40;
    const edge = fc.integer({ min: 0, max: size });
    const step = fc.record({ isAdded: fc.boolean(), one: edge, other: edge });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), edge, edge, (steps, from, to) => {
        const set = new ByteRanges();
        const bytes = new Uint8Array(size);
        for (const { isAdded, one, other } of steps) {
          const [start, end] = one < other ? [one, other] : [other, one];
          if (isAdded) set.add(start, end);
          else set.remove(start, end);
          bytes.fill(isAdded ? 1 : 0, start, end);
        }
        const listed = new Uint8Array(size);
        let former = -1;
        for (const [start, end] of set.list()) {
          expect(start).toBeGreaterThan(former);
          expect(end).toBeGreaterThan(start);
          former = end;
          listed.fill(1, start, end);
        }
        expect(listed).toEqual(bytes);
        expect(set.total).toBe(bytes.reduce((sum, byte) => sum + byte, 0));
        expect(set.prefix).toBe(bytes.indexOf(0) === -1 ? size : bytes.indexOf(0));
        expect(set.has(from, to)).toBe(bytes.subarray(from, to).every((byte) => byte === 1));
      }),
    );
  });
});
