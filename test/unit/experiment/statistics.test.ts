import { describe, expect, it } from 'vitest';
import { studentQuantile, studentWithin, summarise } from '../../../src/experiment/statistics.ts';

describe("Student's t", () => {
  // The table that every book on statistics has: two-sided 95 %, and 99 %.
  it.each([
    [1, 12.706, 63.657],
    [2, 4.303, 9.925],
    [3, 3.182, 5.841],
    [4, 2.776, 4.604],
    [5, 2.571, 4.032],
    [9, 2.262, 3.25],
    [10, 2.228, 3.169],
    [29, 2.045, 2.756],
    [30, 2.042, 2.75],
    [60, 2.0, 2.66],
    [120, 1.98, 2.617],
    [999, 1.962, 2.581],
  ])('has the quantiles of the tables for %i degrees of freedom', (freedom, at95, at99) => {
    expect(studentQuantile(0.95, freedom)).toBeCloseTo(at95, 2.9);
    expect(studentQuantile(0.99, freedom)).toBeCloseTo(at99, 2.9);
    expect(studentWithin(studentQuantile(0.5, freedom), freedom)).toBeCloseTo(0.5, 12);
  });

  it('is Cauchy for one degree of freedom', () => {
    expect(studentWithin(1, 1)).toBeCloseTo(0.5, 14);
    expect(studentWithin(Math.sqrt(3), 1)).toBeCloseTo(2 / 3, 14);
  });
});

describe('the summary of some times', () => {
  it('agrees with what is known of the yields of Gosset (1908), hours of sleep with two drugs', () => {
    // Differences of the sleep data: mean 1.58, deviation 1.229995, 95 % from 0.7001142 to 2.4598858 (R, t.test).
    const { count, mean, deviation, margin, median } = summarise([
      1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4,
    ]);
    expect([count, mean, deviation, median].map((value) => Number(value.toFixed(6)))).toEqual([
      10, 1.58, 1.229995, 1.3,
    ]);
    expect(mean - margin!).toBeCloseTo(0.7001142, 6);
    expect(mean + margin!).toBeCloseTo(2.4598858, 6);
  });

  it('knows no interval of a single time', () => {
    expect(summarise([3])).toEqual({ count: 1, mean: 3, deviation: 0, margin: undefined, median: 3 });
  });

  it('takes the middle of two for an even number', () => {
    expect(summarise([9, 1, 2, 4]).median).toBe(3);
    expect(summarise([9, 1, 2]).median).toBe(2);
  });
});
