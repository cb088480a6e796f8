import { describe, expect, it, vi } from 'vitest';
import { inTurn } from '../../../src/network/in-turn.ts';

describe('inTurn', () => {
  it('starts the next one when the former is done', async () => {
    const log: string[] = [];
    await inTurn([1, 2, 3], async (item) => {
      log.push(`start ${item}`);
      await Promise.resolve();
      log.push(`end ${item}`);
    });
    expect(log).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
  });

  it('does not wait longer than a moment for one that hangs, but waits for all at the end', async () => {
    await withFakeTimers(async () => {
      const started: number[] = [];
      const finish: (() => void)[] = [];
      let done = false;
      const all = inTurn([1, 2], (item) => {
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
    });
  });

  it.each([16, 150, 1000])('ends little later than one of them where %d are silent', async (count) => {
    await withFakeTimers(async () => {
      const deadlineMs = 5_000;
      const started: number[] = [];
      const silent = (item: number) => {
        started.push(item);
        return new Promise<void>((resolve) => void setTimeout(resolve, deadlineMs));
      };
      const items = Array.from({ length: count }, (_, i) => i);
      let done = false;
      const all = inTurn(items, silent).then(() => (done = true));
      await vi.advanceTimersByTimeAsync(deadlineMs + 1_500);
      expect(done).toBe(true);
      expect(started).toEqual(items);
      await all;
    });
  });

  it('starts no more after an abort', async () => {
    const stop = new AbortController();
    const started: number[] = [];
    const work = (item: number) => {
      started.push(item);
      if (item === 2) stop.abort();
      return Promise.resolve();
    };
    await inTurn([1, 2, 3], work, stop.signal);
    expect(started).toEqual([1, 2]);
  });
});

async function withFakeTimers(work: () => Promise<void>): Promise<void> {
  vi.useFakeTimers();
  try {
    await work();
  } finally {
    vi.useRealTimers();
  }
}
