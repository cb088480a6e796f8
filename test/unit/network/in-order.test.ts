import { describe, expect, it, vi } from 'vitest';
import { inOrder } from '../../../src/network/in-order.ts';

describe('inOrder', () => {
  it('starts the next one when the former is done', async () => {
    const log: string[] = [];
    await inOrder([1, 2, 3], 60_000, async (item) => {
      log.push(`start ${item}`);
      await Promise.resolve();
      log.push(`end ${item}`);
    });
    expect(log).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
  });

  it('does not wait longer than the stagger for one that hangs, but waits for all at the end', async () => {
    vi.useFakeTimers();
    try {
      const started: number[] = [];
      const finish: (() => void)[] = [];
      let done = false;
      const all = inOrder([1, 2], 250, (item) => {
        started.push(item);
        return new Promise((resolve) => finish.push(resolve));
      }).then(() => (done = true));
      await vi.advanceTimersByTimeAsync(249);
      expect(started).toEqual([1]);
      await vi.advanceTimersByTimeAsync(1);
      expect(started).toEqual([1, 2]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(done).toBe(false);
      finish.forEach((resolve) => resolve());
      await all;
    } finally {
      vi.useRealTimers();
    }
  });

  it('starts no more after an abort', async () => {
    const stop = new AbortController();
    const started: number[] = [];
    const work = (item: number) => {
      started.push(item);
      if (item === 2) stop.abort();
      return Promise.resolve();
    };
    await inOrder([1, 2, 3], 60_000, work, stop.signal);
    expect(started).toEqual([1, 2]);
  });
});
