import { describe, expect, it } from 'vitest';
import { mapParallel } from '../../../src/disk/map-parallel.ts';

describe('mapParallel', () => {
  it('keeps the order and never has more in hand than allowed', async () => {
    let running = 0;
    let most = 0;
    const results = await mapParallel([...Array(100).keys()], 7, async (item) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual([...Array(100).keys()].map((item) => item * 2));
    expect(most).toBe(7);
  });

  it('takes nothing for nothing', async () => {
    expect(await mapParallel([], 4, () => Promise.reject(new Error('never')))).toEqual([]);
  });

  it('begins nothing new after a failure', async () => {
    let begun = 0;
    const failure = new Error('third');
    const work = async (item: number): Promise<void> => {
      begun += 1;
      await Promise.resolve();
      if (item === 2) throw failure;
    };
    await expect(mapParallel([...Array(50).keys()], 2, work)).rejects.toBe(failure);
    expect(begun).toBeLessThan(6);
  });
});
