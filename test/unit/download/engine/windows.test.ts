import { describe, expect, it } from 'vitest';
import {
  SMALLEST_WINDOW_BYTES,
  START_WINDOW_BYTES,
  WINDOW_SECONDS,
} from '../../../../src/download/engine/source-state.ts';
import { MAX_IN_FLIGHT_BYTES, MAX_AWAITED_REPLIES } from '../../../../src/limits.ts';
import { SimulatedDownload } from './simulated-download.ts';
import type { Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const KB = 1024;
const MB = 1024 * KB;

/** What is under way of each source at that moment of a download. */
async function underWay(
  seconds: number,
  behaviours: Readonly<Record<string, Behaviour>>,
  { size, chunkSize }: { readonly size: number; readonly chunkSize: number },
): Promise<number[]> {
  const world = new SimulatedSources(size, behaviours);
  const fetched = new SimulatedDownload(world, { chunkSize });
  const stop = new AbortController();
  let bytes: number[] = [];
  world.after(seconds, () => {
    bytes = [...world.sources.values()].map((source) => source.underWay);
    stop.abort();
  });
  expect(await fetched.run(stop.signal)).toMatchObject({ code: 'aborted' });
  return bytes;
}

describe('The window of a source', () => {
  it('begins small and grows to what it sends in three quarters of a second', async () => {
    const behaviours = {
      fast: { rate: MB, roundTrip: 0.02 },
      slow: { rate: 100 * KB, roundTrip: 0.001 },
      slowest: { rate: KB },
    };
    const sizes = { size: 8 * MB, chunkSize: 4 * KB };
    expect(await underWay(0, behaviours, sizes)).toEqual(Array(3).fill(START_WINDOW_BYTES));
    const [fast = 0, slow = 0] = await underWay(4, behaviours, sizes);
    expect(fast / MB / WINDOW_SECONDS).toBeGreaterThan(0.95);
    expect(fast / MB / WINDOW_SECONDS).toBeLessThan(1.05);
    expect(slow / KB / 100 / WINDOW_SECONDS).toBeGreaterThan(0.9);
    expect(slow / KB / 100 / WINDOW_SECONDS).toBeLessThan(1.1);
  });

  it('has a lower bound, and holds a chunk in any case', async () => {
    const slow = { rate: 8 * KB };
    expect(await underWay(34, { slow }, { size: MB, chunkSize: KB })).toEqual([SMALLEST_WINDOW_BYTES]);
    expect(await underWay(40, { slow }, { size: MB, chunkSize: 128 * KB })).toEqual([128 * KB]);
  });

  it('holds no more questions than one source is asked', async () => {
    const world = new SimulatedSources(320 * KB, {
      a: { rate: 4 * MB, roundTrip: 0.05 },
      b: { rate: KB, atOnce: 3 },
    });
    await new SimulatedDownload(world, { chunkSize: 16 }).run();
    expect(world.source('a').mostQuestions).toBe(MAX_AWAITED_REPLIES);
    expect(world.source('b').mostQuestions).toBe(3);
  });

  it('is its part of what may be under way in all', async () => {
    const fast = { rate: 40 * MB, roundTrip: 0.1 };
    const world = new SimulatedSources(30 * MB, { a: fast, b: fast });
    await new SimulatedDownload(world, { chunkSize: 256 * KB }).run();
    for (const source of world.sources.values()) expect(source.mostBytes).toBe(MAX_IN_FLIGHT_BYTES / 2);
  });

  it('is one of four at the most where chunks are very large', async () => {
    const sources = ['a', 'b', 'c', 'd', 'e'];
    const world = new SimulatedSources(25 * MB, Object.fromEntries(sources.map((a) => [a, { rate: MB }])));
    const fetched = new SimulatedDownload(world, { chunkSize: 5 * MB });
    await fetched.run();
    expect(sources.map((source) => world.source(source).mostQuestions)).toEqual([1, 1, 1, 1, 0]);
    // One source more, when there was one alone.
    const other = new SimulatedSources(24 * MB, { a: { rate: MB } });
    const { task } = new SimulatedDownload(other, { chunkSize: 12 * MB });
    other.after(1, () => task.add(other.add('b', { rate: MB })));
    await other.run(task);
    expect(task.engine.seconds).toBeLessThan(14);
  });
});
