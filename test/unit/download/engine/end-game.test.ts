import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../../src/download/engine/chunks.ts';
import { ProtocolError } from '../../../../src/errors.ts';
import { DEFAULT_TIMING } from '../../../../src/network/timing.ts';
import { SimulatedDownload } from './simulated-download.ts';
import type { Answer, Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const KB = 1024;
const NOTHING: Behaviour = { rate: KB, answer: () => 'silence' };

/** What comes of a source that stops after so many seconds, without a word. */
function frozenAfter(seconds: number): (chunk: Chunk, at: number) => Answer | undefined {
  return (_, at) => (at > seconds ? 'silence' : undefined);
}

describe('The end of a download', () => {
  it.each([256, 4 * KB, 64 * KB])(
    'is not held up by a source that froze (chunks of %i bytes)',
    async (chunkSize) => {
      const world = new SimulatedSources(2000 * KB, {
        good: { rate: 400 * KB, roundTrip: 0.01 },
        frozen: { rate: 400 * KB, roundTrip: 0.01, answer: frozenAfter(1) },
      });
      const fetched = new SimulatedDownload(world, { chunkSize });
      expect(await fetched.run()).toBeUndefined();
      expect(fetched.isRight).toBe(true);
      expect(fetched.sink.isWrittenOnce).toBe(true);
      // One second of both, the rest of one; no deadline was waited for.
      expect(fetched.download.seconds).toBeLessThan(4.3);
      const frozen = fetched.download.shares.find(({ source }) => source === 'frozen');
      const inItsHands = world.source('frozen').askedBytes - (frozen?.bytes ?? 0);
      expect(world.askedBytes).toBe(2000 * KB + inItsHands);
    },
  );

  it('asks twice only for what a slower source holds, each chunk of it once', async () => {
    const world = new SimulatedSources(1000 * KB, {
      fast: { rate: 200 * KB, roundTrip: 0.01 },
      slow: { rate: 5 * KB, roundTrip: 0.01 },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.sink.isWrittenOnce).toBe(true);
    const { asked } = world.source('fast');
    expect(new Set(asked).size).toBe(asked.length);
    const twice = asked.filter((index) => world.source('slow').asked.includes(index));
    expect(twice.length).toBeGreaterThan(50);
    // The slow one has asked for nothing of the fast one.
    expect(
      world.source('slow').asked.filter((index) => asked.slice(0, -twice.length).includes(index)),
    ).toEqual([]);
    expect(fetched.download.seconds).toBeLessThan(5.2);
    // The last one asked for first: it is the one that would come last.
    expect(twice).toEqual([...twice].sort((a, b) => b - a));
  });

  it('counts the first answer, and the source that gave it', async () => {
    const world = new SimulatedSources(64 * KB, {
      fast: { rate: 100 * KB },
      slow: { rate: 2 * KB },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    const { shares } = fetched.download;
    expect(shares.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(64 * KB);
    expect(fetched.sink.isWrittenOnce).toBe(true);
    expect(fetched.download.seconds).toBeLessThan(1);
  });

  it('comes soon even where a file is too small to measure anybody', async () => {
    const world = new SimulatedSources(10 * KB, {
      good: { rate: 1000 * KB, roundTrip: 0.002 },
      frozen: NOTHING,
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.download.seconds).toBeLessThan(0.5);
  });

  it('helps all slow sources, not only the slowest', async () => {
    const world = new SimulatedSources(60 * KB, {
      good: { rate: 1000 * KB },
      frozen: NOTHING,
      dead: NOTHING,
      slow: { rate: KB / 10 },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.download.seconds).toBeLessThan(1);
  });

  it('goes on where the second source fails as well', async () => {
    let failures = 0;
    const world = new SimulatedSources(20 * KB, {
      good: { rate: 100 * KB, roundTrip: 0.01 },
      // Of what it fetches for the frozen one, one chunk does not come.
      lame: {
        rate: 90 * KB,
        roundTrip: 0.01,
        answer: (_, at) => (at > 0.2 && failures++ === 0 ? new ProtocolError('wrong-chunk') : undefined),
      },
      frozen: NOTHING,
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.download.seconds).toBeLessThan(1);
  });

  it('waits for the deadline where nobody else is left', async () => {
    const world = new SimulatedSources(20 * KB, {
      one: { rate: 100 * KB, answer: ({ index }, at) => (index === 3 && at < 5 ? 'silence' : undefined) },
    });
    const fetched = new SimulatedDownload(world, { chunkSize: KB });
    expect(await fetched.run()).toBeUndefined();
    expect(fetched.isRight).toBe(true);
    expect(fetched.download.seconds).toBeGreaterThan(DEFAULT_TIMING.reply / 1000);
    expect(fetched.download.seconds).toBeLessThan(DEFAULT_TIMING.reply / 1000 + 1);
  });
});
