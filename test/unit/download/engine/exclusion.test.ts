import { describe, expect, it } from 'vitest';
import { SimulatedDownload } from './simulated-download.ts';
import type { Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const one: Behaviour = { rate: 1000, atOnce: 1 };
const wrong: Behaviour = { ...one, content: Buffer.alloc(4000, 0xff) };

/** Chunks of 100 bytes that these sources have been asked for. */
const chunksOf = (world: SimulatedSources, ...sources: readonly string[]) =>
  sources.flatMap((source) => world.source(source).asked).sort((a, b) => a - b);

describe('A source whose content is another one', () => {
  it('is not asked any more; what it has sent is asked for again, and nothing else', async () => {
    const world = new SimulatedSources(4000, { right: one, wrong, unknown: one });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    const { download, sink } = fetched;
    let asked: number[] = [];
    let bytes = 0;
    world.after(0.55, () => {
      // Five chunks of each are there, and one is on its way.
      asked = chunksOf(world, 'wrong').filter((index) => index < 15);
      bytes = download.exclude('wrong');
      expect(download.exclude('wrong')).toBe(0);
    });
    expect(await fetched.run()).toBeUndefined();
    expect(bytes).toBe(500);
    expect(sink.doubted.flatMap(([from, to]) => range(from / 100, to / 100))).toEqual(asked);
    expect(world.source('wrong').asked.length).toBe(6);
    expect(fetched.isRight).toBe(true);
    expect(sink.isWrittenOnce).toBe(true);
    // All but what it gave and what was on its way from it was asked for once.
    expect(world.askedBytes).toBe(4000 + 500 + 100);
    expect(download.progress().bytes).toBe(4000);
    expect(download.shares.map(({ source }) => source)).toEqual(['right', 'unknown']);
    expect(download.shares.reduce((sum, share) => sum + share.bytes, 0)).toBe(4000);
  });

  it('costs nothing where it has sent nothing yet', async () => {
    const world = new SimulatedSources(1000, { wrong, good: one });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    world.after(0.05, () => expect(fetched.download.exclude('wrong')).toBe(0));
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.sink.doubted).toEqual([]);
    expect(fetched.isRight).toBe(true);
    expect(world.source('wrong').asked.length).toBe(1);
    expect(fetched.download.shares).toEqual([{ source: 'good', bytes: 1000 }]);
  });

  it('is no source, whatever happens', async () => {
    const world = new SimulatedSources(1000, {
      wrong,
      late: { ...one, content: wrong.content ?? Buffer.alloc(0) },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    const { download } = fetched;
    expect(download.exclude('nobody')).toBe(0);
    expect(download.exclude('wrong')).toBe(0);
    world.after(0.05, () => download.exclude('late'));
    expect(await fetched.run()).toMatchObject({ code: 'no-sources', missing: [[0, 9]] });
    expect(world.now).toBeLessThan(0.2);
    expect(world.source('wrong').asked).toEqual([]);
    // Nor does it come back.
    fetched.task.add({ address: 'wrong', token: 'x' });
    expect(await fetched.run()).toMatchObject({ code: 'no-sources' });
    expect(download.progress().sources).toEqual([]);
  });

  it('may be readmitted, and does its part again', async () => {
    const world = new SimulatedSources(4000, { a: one, b: one });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    const { download } = fetched;
    world.after(0.55, () => expect(download.exclude('b')).toBe(500));
    world.after(1.05, () => download.readmit('b'));
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.sink.isWrittenOnce).toBe(true);
    expect(download.seconds).toBeLessThan(2.6);
    download.readmit('nobody');
    download.readmit('a');
  });
});

describe('A download that is not what it should be', () => {
  it('asks again for what was there before, and counts it no longer', async () => {
    const world = new SimulatedSources(1000, { good: one });
    const fetched = new SimulatedDownload(world, {
      chunkSize: 100,
      present: [[0, 500]],
      old: Buffer.alloc(1000, 0xff),
    });
    const { download } = fetched;
    world.after(0.25, () => {
      expect(download).toMatchObject({ resumed: 500 });
      expect(download.progress().bytes).toBe(200);
      expect(download.reopenResumed()).toBe(500);
      expect(download).toMatchObject({ resumed: 0 });
      expect(download.progress().bytes).toBe(200);
      expect(download.reopenResumed()).toBe(0);
    });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.sink.doubted).toEqual([[0, 500]]);
    expect(world.source('good').asked.length).toBe(10);
    expect(download.progress().bytes).toBe(1000);
  });

  it('does not wait for what comes between two runs, or in the next one', async () => {
    for (const pause of [0, 60]) {
      const world = new SimulatedSources(6000, {
        slow: { rate: 50, answer: () => undefined },
        fast: { rate: 10_000, content: Buffer.alloc(6000, 0xff) },
      });
      const fetched = new SimulatedDownload(world, { chunkSize: 100 });
      const { download } = fetched;
      expect(await fetched.run()).toBeUndefined();
      // The slow one is still asked for what the fast one has sent in its place.
      expect(world.source('slow').questions).toBeGreaterThan(20);
      await world.pass(pause);
      expect(download.exclude('fast')).toBeGreaterThan(5000);
      expect(await fetched.run()).toBeUndefined();
      expect(fetched.isRight).toBe(true);
      expect(fetched.sink.isWrittenOnce).toBe(true);
    }
  });

  it('does not end where that is found out while the disk is waited for', async () => {
    const world = new SimulatedSources(1000, { wrong, good: one });
    const fetched = new SimulatedDownload(world, { chunkSize: 500 });
    fetched.sink.onWrite = () => (fetched.sink.writes === 2 ? world.pause(1) : undefined);
    world.after(1, () => {
      expect(fetched.download.isDone).toBe(true);
      expect(fetched.download.exclude('wrong')).toBe(500);
    });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(world.now).toBeCloseTo(2);
  });
});

function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i);
}
