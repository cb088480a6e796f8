import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../../src/download/engine/chunks.ts';
import { ConnectionError, DownloadError, ProtocolError } from '../../../../src/errors.ts';
import { MAX_SOURCE_FAILURES } from '../../../../src/download/engine/scheduler.ts';
import { LAST_BACKOFFS } from '../../../../src/download/engine/source-state.ts';
import { DOWNLOAD_TIMING } from '../../../../src/download/timing.ts';
import { SimulatedDownload } from './simulated-download.ts';
import type { Answer, Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const broken = () => new ConnectionError('reset');
const dead: Behaviour = { rate: 1000, roundTrip: 0.01, answer: broken };

type Script = (chunk: Chunk, at: number, count: number) => Answer | undefined;

/** Fails, but for these questions of its. */
const goodAt =
  (...counts: readonly number[]): Script =>
  (_, _at, count) =>
    counts.includes(count) ? undefined : broken();

describe('A source that fails', () => {
  it('backs off, longer each time, and never ends a download that others can finish', async () => {
    const world = new SimulatedSources(12_000, { dead, good: { rate: 100, atOnce: 1 } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.backoffsOf('dead')).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
    expect(fetched.download.seconds).toBeLessThan(122);
    // One failure after a backoff is enough.
    expect(fetched.failuresOf('dead')).toBe(MAX_SOURCE_FAILURES + 8);
    expect(fetched.failuresOf('good')).toBe(0);
  });

  it('gets no second try without a backoff where nobody listens', async () => {
    const gone: Behaviour = { ...dead, answer: () => new ConnectionError('refused') };
    const world = new SimulatedSources(1_000, { gone, good: { rate: 100, atOnce: 1 } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.failuresOf('gone')).toBe(fetched.backoffsOf('gone').length);
  });

  it('is back once it has delivered after its backoff, within a tick, and does its part', async () => {
    const answer: Script = (_, at) => (at < 1 ? broken() : undefined);
    const world = new SimulatedSources(10_000, {
      back: { rate: 400, answer },
      good: { rate: 100, atOnce: 1 },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(await fetched.run()).toBeUndefined();
    const told = fetched.told.filter(({ what }) => what !== 'failed');
    expect(told).toMatchObject([{ what: 'retired' }, { what: 'retired', seconds: 1 }, { what: 'returned' }]);
    const [, rest, back] = told;
    // A rest, a tick and the time of a chunk.
    expect((back?.at ?? 0) - (rest?.at ?? 0)).toBeGreaterThanOrEqual(1);
    expect((back?.at ?? 0) - (rest?.at ?? 0)).toBeLessThan(1 + 0.11 + 0.26);
    // 1.5 s of one, the rest of both.
    expect(fetched.download.seconds).toBeLessThan(1.7 + (10_000 - 150) / 500 + 0.5);
  });

  it('is waited for as long as it is gone by a patient download, which then goes on by itself', async () => {
    const answer: Script = (_, at) => (at > 1 && at < 250 ? new ConnectionError('refused') : undefined);
    const world = new SimulatedSources(1_000, { only: { rate: 400, answer } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100, isPatient: true });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    // Tried often enough that nobody waits long once it is back, and not all the time.
    expect(Math.max(...fetched.backoffsOf('only'))).toBe(4);
    expect(fetched.download.seconds).toBeLessThan(250 + 4.2 + 3);
  });

  it('is not waited for without end where it is there, and refuses', async () => {
    const world = new SimulatedSources(1_000, {
      only: { rate: 400, answer: () => new ProtocolError('refused-by-remote') },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 100, isPatient: true });
    expect(await fetched.run()).toMatchObject({ code: 'no-sources' });
  });

  it('is not waited for without end where another one is excluded, whose content may be the right one', async () => {
    const gone = () => new ConnectionError('refused');
    const world = new SimulatedSources(1_000, { gone: { rate: 400, answer: gone }, other: { rate: 400 } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100, isPatient: true });
    fetched.download.exclude('other');
    expect(await fetched.run()).toMatchObject({ code: 'no-sources' });
  });

  it('is forgiven for a good chunk', async () => {
    // Retired at 3, fails after its backoff, is good after the next, and fails from then on.
    const answer = goodAt(5);
    const world = new SimulatedSources(1000, {
      a: { rate: 1000, atOnce: 1, answer },
      good: { rate: 100, atOnce: 1 },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 10 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.backoffsOf('a').slice(0, 4)).toEqual([0.5, 1, 0.5, 1]);
    const retired = fetched.told.filter(({ what, source }) => what !== 'returned' && source === 'a');
    // The good chunk gives a try back.
    expect(retired.slice(7, 10).map(({ what }) => what)).toEqual(['failed', 'failed', 'retired']);
  });

  it('is asked for one chunk at a time until it has sent a good one', async () => {
    const underWay: number[] = [];
    const world = new SimulatedSources(20_000, {
      a: {
        rate: 5000,
        answer: (_, at, count) => {
          if (count > 0) underWay.push(world.source('a').questions);
          return at < 1 ? 'death' : undefined;
        },
      },
      good: { rate: 1000 },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(await fetched.run()).toBeUndefined();
    const many = 200 / 2;
    expect(underWay.slice(0, many - 1).at(-1)).toBeGreaterThan(50);
    const alone = underWay.findIndex((questions, i) => i > many && questions > 0);
    expect(underWay.slice(many, alone).every((questions) => questions === 0)).toBe(true);
    expect(alone).toBeGreaterThan(many + 1);
  });

  it('is retired at once for a timeout', async () => {
    for (const code of ['reply-timeout', 'connect-timeout'] as const) {
      const slow: Behaviour = { ...dead, answer: () => new ConnectionError(code) };
      const fetched = new SimulatedDownload(new SimulatedSources(1000, { slow, good: { rate: 1000 } }), {
        chunkSize: 100,
      });
      expect(await fetched.run()).toBeUndefined();
      expect(fetched.told.slice(0, 2)).toMatchObject([{ what: 'failed', code }, { what: 'retired' }]);
    }
  });

  it('has failed once where its connection has taken thousands of requests with it', async () => {
    let deaths = 0;
    const answer: Script = ({ index }) => (index === 2000 && deaths++ === 0 ? 'death' : undefined);
    const world = new SimulatedSources(1_000_000, { one: { rate: 1_000_000, roundTrip: 0.01, answer } });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(world.source('one').mostQuestions).toBeGreaterThan(2000);
    expect(fetched.told).toMatchObject([{ what: 'failed', code: 'reset' }]);
  });

  it('has failed again where it is asked anew and fails with the same error', async () => {
    const error = new ConnectionError('no-reply');
    const world = new SimulatedSources(1000, { one: { rate: 1000 } });
    const fetched = new SimulatedDownload(world, {
      chunkSize: 100,
      fetch: (_s, _c, _signal, settle) => settle(error),
    });
    expect(await fetched.run()).toMatchObject({ code: 'no-sources' });
    expect(fetched.failuresOf('one')).toBeGreaterThanOrEqual(MAX_SOURCE_FAILURES);
  });

  it.each([
    ['at once', 0],
    ['in time', 0.2],
  ])('%s may be the last: then the download ends', async (_, roundTrip) => {
    const answer: Script = ({ index }) =>
      index === 3 || index > 7 ? new ProtocolError('wrong-chunk') : undefined;
    const behaviour = { rate: 10_000, roundTrip, answer };
    const world = new SimulatedSources(1000, { a: behaviour, b: behaviour, c: behaviour });
    const fetched = new SimulatedDownload(world, { chunkSize: 100 });
    const error = await fetched.run();
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({
      code: 'no-sources',
      missing: [
        [3, 3],
        [8, 9],
      ],
    });
    // The last backoff of the last one is not told: nobody would see its end.
    const backoffs = ['a', 'b', 'c'].map((source) => fetched.backoffsOf(source).length);
    expect(Math.min(...backoffs)).toBe(LAST_BACKOFFS - 1);
    for (const count of backoffs) expect(count).toBeGreaterThanOrEqual(LAST_BACKOFFS - 1);
    expect(world.now).toBeLessThan(10);
  });

  it('that is one of many that are silent does not keep the download for ever', async () => {
    const silent = (i: number): Behaviour => ({
      rate: 1000,
      roundTrip: i / 9,
      answer: (_, at) => (at > (i * 7) % 10 ? 'silence' : undefined),
    });
    const world = new SimulatedSources(
      1_000_000,
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`s${i}`, silent(i)])),
    );
    const fetched = new SimulatedDownload(world, { chunkSize: 1000 });
    const error = await fetched.run();
    expect(error).toMatchObject({ code: 'no-sources' });
    expect(world.now).toBeLessThan(120);
  });

  it('for as long as a link is down goes on when it is back, and asks for no more than its window again', async () => {
    const SIZE = 400_000;
    const world = new SimulatedSources(SIZE, {
      one: { rate: 10_000, roundTrip: 0.01, answer: (_, at) => (at > 10 && at < 30 ? 'silence' : undefined) },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 1000, timing: DOWNLOAD_TIMING });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.sink.isWrittenOnce).toBe(true);
    // Its window, and one chunk at each try.
    const tries = fetched.failuresOf('one');
    expect(world.askedBytes).toBeLessThanOrEqual(SIZE + world.source('one').mostBytes + tries * 1000);
    expect(world.now).toBeLessThan(75);
  });

  it('and stays silent ends the download after all', async () => {
    const world = new SimulatedSources(400_000, {
      one: { rate: 10_000, roundTrip: 0.01, answer: (_, at) => (at > 10 ? 'silence' : undefined) },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: 1000, timing: DOWNLOAD_TIMING });
    expect(await fetched.run()).toMatchObject({ code: 'no-sources' });
    expect(world.now).toBeGreaterThan(DOWNLOAD_TIMING.silenceMs / 1000);
    expect(world.now).toBeLessThan(DOWNLOAD_TIMING.silenceMs / 1000 + 20);
  });
});
