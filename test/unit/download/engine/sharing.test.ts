import { describe, expect, it } from 'vitest';
import { SimulatedDownload } from './simulated-download.ts';
import type { Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const KB = 1024;

async function fetch(behaviours: Readonly<Record<string, Behaviour>>, size: number, chunkSize: number) {
  const world = new SimulatedSources(size, behaviours);
  const fetched = new SimulatedDownload(world, { chunkSize });
  expect(await fetched.run()).toBeUndefined();
  expect(fetched.isRight).toBe(true);
  // Whatever was asked of two, its first answer counts.
  expect(fetched.sink.isWrittenOnce).toBe(true);
  const best = size / Object.values(behaviours).reduce((sum, { rate }) => sum + rate, 0);
  const { shares, seconds } = fetched.download;
  expect(shares.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(size);
  return { fetched, world, slowness: seconds / best };
}

describe('Sources of a download', () => {
  it.each([256, 4 * KB, 16 * KB, 64 * KB])(
    'that are equal take half of the time of one, and ask for little twice (chunks of %i bytes)',
    async (chunkSize) => {
      const equal = { rate: 100 * KB, roundTrip: 0.01 };
      const { fetched, slowness } = await fetch({ a: equal, b: equal }, 6000 * KB, chunkSize);
      expect(fetched.download.seconds).toBeGreaterThan(30);
      expect(slowness).toBeLessThan(1.05);
      expect(fetched.waste).toBeLessThan(0.02);
    },
  );

  it.each([
    [256, 0.001],
    [256, 0.1],
    [4 * KB, 0.01],
    [64 * KB, 0.001],
    [64 * KB, 0.1],
    [256 * KB, 0.001],
  ])(
    'of which one is ten times slower give all that they can (%i bytes, %f s)',
    async (chunkSize, roundTrip) => {
      const behaviours = { fast: { rate: 1000 * KB, roundTrip }, slow: { rate: 100 * KB, roundTrip } };
      const { slowness, fetched } = await fetch(behaviours, 5000 * KB, chunkSize);
      expect(slowness).toBeLessThan(1.1);
      // What the slow one holds in its hands at the end.
      expect(fetched.waste * 5000).toBeLessThan(350);
    },
  );

  it('may be many, at all speeds', async () => {
    const behaviours = Object.fromEntries(
      Array.from({ length: 32 }, (_, i) => [`s${i}`, { rate: KB * 1.2 ** i, roundTrip: 0.003 * i }]),
    );
    const { slowness, world } = await fetch(behaviours, 8000 * KB, 4 * KB);
    expect(slowness).toBeLessThan(1.15);
    for (const source of world.sources.values()) expect(source.asked.length).toBeGreaterThan(0);
  });

  it('are asked in turns, so that a file of few chunks comes from all', async () => {
    const some = { rate: KB };
    const { fetched } = await fetch({ a: some, b: some, c: some }, 3 * KB, KB);
    expect(fetched.download.shares.map(({ bytes }) => bytes)).toEqual([KB, KB, KB]);
  });

  it('may come when it has begun', async () => {
    const world = new SimulatedSources(2000 * KB, { a: { rate: 100 * KB } });
    const prepared: string[] = [];
    const fetched = new SimulatedDownload(world, {
      chunkSize: 4 * KB,
      prepare: ({ address }) => {
        prepared.push(address);
        return world.pause(1);
      },
    });
    world.after(5, () => {
      const late = world.add('late', { rate: 300 * KB });
      fetched.task.add(late);
      fetched.task.add(late);
    });
    world.after(5.9, () => expect(world.source('late').asked).toEqual([]));
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(prepared).toEqual(['a', 'late']);
    // 500 KB of a by then, the rest of both.
    expect(fetched.download.seconds).toBeGreaterThan(8.7);
    expect(fetched.download.seconds).toBeLessThan(8.9);
  });

  it('that are not prepared in time are not waited for, and join in', async () => {
    const world = new SimulatedSources(1000 * KB, { a: { rate: 100 * KB }, late: { rate: 100 * KB } });
    const fetched = new SimulatedDownload(world, {
      chunkSize: 4 * KB,
      prepare: ({ address }) => world.pause(address === 'a' ? 0.1 : 4.7),
      beforeFirst: (prepared) => Promise.race([prepared, world.pause(0.7)]),
    });
    let asked = 0;
    world.after(0.65, () => (asked = world.askedBytes));
    world.after(4.65, () => expect(world.source('late').asked).toEqual([]));
    expect(await fetched.run()).toBeUndefined();
    expect(asked).toBe(0);
    expect(fetched.isRight).toBe(true);
    expect(fetched.download.seconds).toBeCloseTo(4 + 3, 0);
  });
});
