import { describe, expect, it } from 'vitest';
import { ConnectionError, DownloadError, FileError, ProtocolError } from '../../../../src/errors.ts';
import { SimulatedDownload } from './simulated-download.ts';
import type { Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const good: Behaviour = { rate: 10_000 };
const bad: Behaviour = { rate: 10_000, answer: () => new ProtocolError('wrong-chunk') };

describe('Download', () => {
  it('takes chunks from all sources, each once', async () => {
    const world = new SimulatedSources(1000, { a: good, b: good, c: good });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(fetched.download.chunks).toBe(10);
    expect(fetched.download.isDone).toBe(false);
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.sink.isWrittenOnce).toBe(true);
    expect(world.askedBytes).toBe(1000);
    const { download } = fetched;
    expect(download.isDone).toBe(true);
    expect(download.shares).toEqual([
      { source: 'a', bytes: 400 },
      { source: 'b', bytes: 300 },
      { source: 'c', bytes: 300 },
    ]);
    expect(download.seconds).toBeCloseTo(0.04);
  });

  it('tells how far it is, and from whom how fast', async () => {
    const world = new SimulatedSources(30_000, { a: good, b: { rate: 5000 } });
    const { download, run } = bound(new SimulatedDownload(world, { chunkSize: 50 }));
    expect(download.progress()).toMatchObject({ bytes: 0, seconds: 0 });
    expect(download.seconds).toBe(0);
    world.after(1.012, () => {
      const { bytes, seconds, sources } = download.progress();
      expect(seconds).toBe(1.012);
      expect(bytes).toBe(15_150);
      expect(sources.map(({ source }) => source)).toEqual(['a', 'b']);
      expect(sources.map((source) => source.bytes)).toEqual([10_100, 5050]);
      for (const [i, rate] of [10_000, 5000].entries()) {
        expect(sources[i]?.bytesPerSecond).toBeGreaterThan(rate * 0.95);
        expect(sources[i]?.bytesPerSecond).toBeLessThan(rate * 1.05);
      }
    });
    expect(await run()).toBeUndefined();
    expect(download.progress().bytes).toBe(30_000);
  });

  it('measures from the first request to the last chunk', async () => {
    const world = new SimulatedSources(1000, { a: { rate: 1000 } });
    const { download, run } = bound(
      new SimulatedDownload(world, { chunkSize: 100, prepare: () => world.pause(5) }),
    );
    await run();
    world.now += 10;
    expect(download.seconds).toBeCloseTo(1);
  });

  it('lets the others finish what a bad source fails at', async () => {
    const fetched = new SimulatedDownload(new SimulatedSources(1000, { bad, good }), { chunkSize: 10 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.failuresOf('bad')).toBeGreaterThan(0);
    expect(fetched.failuresOf('good')).toBe(0);
    expect(fetched.backoffsOf('bad')).toEqual([0.5]);
  });

  it('wakes an idle source when another gives a chunk back', async () => {
    const answer = () => new ConnectionError('reply-timeout');
    const world = new SimulatedSources(200, { late: { rate: 1, roundTrip: 0.05, answer }, good });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    await fetched.run();
    expect(fetched.isRight).toBe(true);
    // No tick was needed for it.
    expect(fetched.download.seconds).toBeCloseTo(0.06);
  });

  it('names the missing chunks when no source is left', async () => {
    const answer: Behaviour['answer'] = ({ index }) =>
      [3, 4, 7].includes(index) ? new ConnectionError('no-reply') : undefined;
    const world = new SimulatedSources(1000, { a: { ...good, answer }, b: { ...good, answer } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    const error = await fetched.run();
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({
      code: 'no-sources',
      missing: [
        [3, 4],
        [7, 7],
      ],
    });
  });

  it('ends at once when aborted, and tells its sources', async () => {
    const world = new SimulatedSources(1000, { a: { rate: 100 }, b: { rate: 100 } });
    const signals = new Set<AbortSignal>();
    const { fetch } = world.options;
    const fetched = new SimulatedDownload(world, {
      chunkSize: 100,
      fetch: (source, chunk, signal, settle) => {
        signals.add(signal);
        fetch(source, chunk, signal, settle);
      },
    });
    const stop = new AbortController();
    world.after(1.5, () => stop.abort());
    expect(await fetched.run(stop.signal)).toMatchObject({ code: 'aborted', missing: [[2, 9]] });
    expect(world.now).toBe(1.5);
    expect([...signals].map(({ aborted }) => aborted)).toEqual([true]);
    // What comes later is not written.
    await world.pass(60);
    expect(fetched.sink.writes).toBe(2);
    expect(fetched.told).toEqual([]);
    expect(await new SimulatedDownload(world, { chunkSize: 100 }).run(stop.signal)).toMatchObject({
      code: 'aborted',
    });
  });

  it('lets a bug through as it is', async () => {
    const world = new SimulatedSources(1000, { a: { rate: 1, answer: () => new TypeError('bug') } });
    expect(await new SimulatedDownload(world, { chunkSize: 100 }).run()).toBeInstanceOf(TypeError);
  });

  it('asks for nothing where the file is empty', async () => {
    const fetched = new SimulatedDownload(new SimulatedSources(0, { a: bad }), { chunkSize: 256 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.download).toMatchObject({ chunks: 0, isDone: true, seconds: 0, shares: [] });
    expect(fetched.told).toEqual([]);
  });

  it('needs sources', async () => {
    const fetched = new SimulatedDownload(new SimulatedSources(1000, {}), { chunkSize: 256 });
    expect(await fetched.run()).toMatchObject({ code: 'no-sources', missing: [[0, 3]] });
  });

  describe('with a disk', () => {
    const full = () => new FileError('disk-full', '/x');

    it.each([
      ['at once', () => { throw full(); }], // prettier-ignore
      ['later', () => Promise.reject(full())],
    ])('that fails %s: ends with its error, and writes nothing afterwards', async (_, fail) => {
      const fetched = new SimulatedDownload(new SimulatedSources(1000, { a: good, b: good }), {
        chunkSize: 10,
      });
      const { sink } = fetched;
      sink.onWrite = () => (sink.writes === 3 ? fail() : undefined);
      const error = await fetched.run();
      expect(error).toMatchObject({ name: 'DownloadError', code: 'disk', cause: { code: 'disk-full' } });
      const after = sink.writes;
      expect(after).toBeLessThanOrEqual(4);
      expect(sink.isWrittenOnce).toBe(false);
    });

    it('that lags behind: asks for nothing more until it has caught up', async () => {
      const world = new SimulatedSources(3_000_000, { a: { rate: 100_000 }, b: { rate: 100_000 } });
      const fetched = new SimulatedDownload(world, { chunkSize: 10_000 });
      const { sink } = fetched;
      sink.onWrite = () =>
        sink.writes === 20 ? world.pause(8) : sink.writes === 22 ? world.pause(9) : undefined;
      let asked = 0;
      world.after(2, () => (asked = world.askedBytes));
      world.after(9.9, () => {
        expect(world.askedBytes).toBe(asked);
        expect(world.source('a').questions + world.source('b').questions).toBe(0);
      });
      world.after(10.5, () => expect(world.askedBytes).toBeGreaterThan(asked));
      expect(await fetched.run()).toBeUndefined();
      expect(fetched.isRight).toBe(true);
      expect(sink.isWrittenOnce).toBe(true);
      // All that it has cost is the time for which the disk was waited for, less what was under way.
      expect(fetched.download.seconds).toBeLessThan(15 + 9.1);
    });

    it('is waited for at the end', async () => {
      const world = new SimulatedSources(1000, { a: good });
      const fetched = new SimulatedDownload(world, { chunkSize: 1000 });
      fetched.sink.onWrite = () => world.pause(3);
      expect(await fetched.run()).toBeUndefined();
      expect(world.now).toBeCloseTo(3.1);
      expect(fetched.download.seconds).toBeCloseTo(0.1);
    });

    it('that fails while it is waited for: its error, even if all is there', async () => {
      const world = new SimulatedSources(1000, { a: good });
      const fetched = new SimulatedDownload(world, { chunkSize: 1000 });
      fetched.sink.onWrite = () => world.pause(3).then(() => Promise.reject(full()));
      expect(await fetched.run()).toMatchObject({ code: 'disk', missing: [] });
    });

    it('that lags behind when it is aborted: is waited for', async () => {
      const world = new SimulatedSources(2000, { a: good });
      const fetched = new SimulatedDownload(world, { chunkSize: 1000 });
      const stop = new AbortController();
      fetched.sink.onWrite = () => world.pause(3);
      world.after(1, () => stop.abort());
      expect(await fetched.run(stop.signal)).toMatchObject({ code: 'aborted' });
      expect(world.now).toBeCloseTo(3.2);
    });
  });
});

function bound(fetched: SimulatedDownload) {
  return { download: fetched.download, run: (signal?: AbortSignal) => fetched.run(signal) };
}
