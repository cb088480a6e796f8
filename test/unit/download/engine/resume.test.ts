import { describe, expect, it } from 'vitest';
import { SimulatedDownload } from './simulated-download.ts';
import { SimulatedSources } from './simulated-sources.ts';

const good = { rate: 10_000 };

describe('A download that was interrupted', () => {
  it.each([
    [100, [2, 3, 8, 9]],
    // Chunks that were there in part are asked for again.
    [150, [1, 2, 5, 6]],
    [64, [3, 4, 5, 6, 12, 13, 14, 15]],
    [700, [0, 1]],
    [1000, [0]],
  ])('asks only for what is missing, with chunks of %i bytes', async (chunkSize, missing) => {
    const world = new SimulatedSources(1000, { a: good, b: good });
    const fetched = new SimulatedDownload(world, {
      chunkSize,
      present: [
        [0, 200],
        [400, 800],
      ],
    });
    expect(await fetched.run()).toBeUndefined();
    expect([...world.source('a').asked, ...world.source('b').asked].sort((x, y) => x - y)).toEqual(missing);
    expect(fetched.isRight).toBe(true);
    const { download } = fetched;
    expect(download.resumed + download.progress().bytes).toBe(1000);
    expect(download.progress().bytes).toBe(world.askedBytes);
    expect(download.shares.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(world.askedBytes);
  });

  it('has its last chunk only where it was there to its end', async () => {
    for (const [end, asked] of [
      [1000, []],
      [999, [3]],
    ] as const) {
      const world = new SimulatedSources(1000, { a: good });
      const fetched = new SimulatedDownload(world, { chunkSize: 300, present: [[0, end]] });
      expect(await fetched.run()).toBeUndefined();
      expect(world.source('a').asked).toEqual(asked);
    }
  });

  it('needs nobody where all of it is there', async () => {
    const fetched = new SimulatedDownload(new SimulatedSources(1000, {}), {
      chunkSize: 64,
      present: [[0, 1000]],
    });
    expect(fetched.download.isDone).toBe(true);
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.download).toMatchObject({ seconds: 0, shares: [], resumed: 1000 });
  });

  it('names what is still missing', async () => {
    const fetched = new SimulatedDownload(new SimulatedSources(1000, {}), {
      chunkSize: 100,
      present: [[300, 500]],
    });
    expect(await fetched.run()).toMatchObject({
      missing: [
        [0, 2],
        [5, 9],
      ],
    });
  });
});
