import { describe, expect, it } from 'vitest';
import {
  amount,
  count,
  duration,
  listed,
  percent,
  ranges,
  rangesTotal,
  size,
  speed,
  wholeDuration,
} from '../../../src/terminal/formats.ts';

describe('formats', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1,0 KiB'],
    [1536, '1,5 KiB'],
    [1024 ** 2 - 1, '1,0 MiB'],
    [1024 ** 2, '1,0 MiB'],
    [5 * 1024 ** 4, '5,0 TiB'],
    [2 ** 53, '8,0 PiB'],
  ])('size of %d', (bytes, shown) => {
    expect(size(bytes)).toBe(shown);
  });

  it('amounts: for a person on a screen, in bytes on a pipe', () => {
    expect(amount(1024 ** 2 + 1, 80)).toBe('1,0 MiB');
    expect(amount(1024 ** 2 + 1, Infinity)).toBe('1048577 bytes');
  });

  it.each([
    [0.00012, '0,00012 s'],
    [0.00234, '0,0023 s'],
    [0.0234, '0,023 s'],
    [0.0999, '0,10 s'],
    [0.354, '0,35 s'],
    [9.994, '9,99 s'],
    [9.999, '10,0 s'],
    [59.96, '1 min 00 s'],
    [247, '4 min 07 s'],
    [3599.7, '1 h 00 min'],
    [7500, '2 h 05 min'],
    [Infinity, '–'],
    [NaN, '–'],
  ])('duration of %d s', (seconds, shown) => {
    expect(duration(seconds)).toBe(shown);
  });

  it.each([
    [0, 10, '0%'],
    [1, 1000, '<1%'],
    [1, 3, '33%'],
    [999, 1000, '>99%'],
    [10, 10, '100%'],
  ])('%d of %d in per cent', (part, whole, shown) => {
    expect(percent(part, whole)).toBe(shown);
  });

  it('speed, also before any time has passed', () => {
    expect(speed(3 * 1024 ** 2, 2, 80)).toBe('1,5 MiB/s');
    expect(speed(3 * 1024 ** 2, 2, Infinity)).toBe('1572864 bytes/s');
    expect(speed(100, 0, 80)).toBe('–');
  });

  it.each([
    [0.4, '0 s'],
    [20.4, '20 s'],
    [59.6, '1 min 00 s'],
    [Infinity, '–'],
  ])('whole seconds of %d s', (seconds, shown) => {
    expect(wholeDuration(seconds)).toBe(shown);
  });

  it('lists', () => {
    expect([[], ['A'], ['A', 'B'], ['A', 'B', 'C']].map(listed)).toEqual(['', 'A', 'A e B', 'A, B e C']);
  });

  it('counts and ranges', () => {
    expect(count(1, 'peer')).toBe('1 peer');
    expect(count(0, 'peer')).toBe('0 peers');
    expect(ranges([[0, 3], [7, 7]])).toBe('0-3, 7'); // prettier-ignore
    expect(ranges(Array.from({ length: 12 }, (_, at) => [2 * at, 2 * at] as const))).toBe(
      '0, 2, 4, 6, 8, 10, 12, 14, 16, 18, …',
    );
    expect(rangesTotal([[0, 3], [7, 7]])).toBe(5); // prettier-ignore
  });
});
