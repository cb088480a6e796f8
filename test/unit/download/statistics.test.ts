import { describe, expect, it } from 'vitest';
import { Statistics } from '../../../src/download/statistics.ts';

describe('Statistics', () => {
  it('groups alike downloads: mean and sample deviation, 0 for a single one', () => {
    const statistics = new Statistics();
    for (const seconds of [2, 4, 4, 4, 5, 5, 7, 9])
      statistics.add({ chunkSize: 256, sources: 2, fileSize: 1000, seconds });
    statistics.add({ chunkSize: 128, sources: 2, fileSize: 1000, seconds: 3 });
    const [first, second] = statistics.summary();
    expect(first).toMatchObject({ chunkSize: 256, sources: 2, fileSize: 1000, count: 8, mean: 5 });
    expect(first?.deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(second).toEqual({ chunkSize: 128, sources: 2, fileSize: 1000, count: 1, mean: 3, deviation: 0 });
  });
});
