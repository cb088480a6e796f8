import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../../src/download/engine/chunks.ts';
import { Repair } from '../../../../src/download/engine/repair.ts';
import { ConnectionError, DownloadError, ProtocolError } from '../../../../src/errors.ts';
import { SimulatedDownload } from './simulated-download.ts';
import type { Answer, Behaviour } from './simulated-source.ts';
import { SimulatedSources } from './simulated-sources.ts';

const FAULTS = ['none', 'error', 'timeout', 'silence', 'death'] as const;

const anySource = fc.record({
  /** Bytes a second. */
  rate: fc.integer({ min: 2000, max: 200_000 }),
  roundTrip: fc.constantFrom(0, 0.001, 0.1, 0.6),
  atOnce: fc.constantFrom(1, 4, Infinity),
  hasBlocks: fc.boolean(),
  fault: fc.constantFrom(...FAULTS),
  /** Of a hundred questions so many meet the fault. */
  faultsOf100: fc.constantFrom(1, 20, 100),
  /** Seconds: whatever its fault, it is as good as gone from then on; never for most. */
  goneAt: fc.option(fc.integer({ min: 0, max: 8 }), { freq: 2 }),
  isWrong: fc.boolean(),
  /** Seconds until it tells its digest; never for some. */
  tellsAt: fc.option(fc.integer({ min: 0, max: 12 })),
  /** Seconds until it is prepared. */
  preparedAt: fc.constantFrom(0, 0, 0.3, 2),
  /** Seconds until it is found; there from the beginning for most. */
  foundAt: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 2 }),
});

const anyCourse = fc.record({
  size: fc.nat({ max: 60_000 }),
  chunkSize: fc.constantFrom(500, 1000, 4096, 100_000),
  sources: fc.array(anySource, { minLength: 1, maxLength: 5 }),
  present: fc.array(fc.tuple(fc.nat({ max: 60_000 }), fc.nat({ max: 60_000 })), { maxLength: 3 }),
  isOldRight: fc.boolean(),
  abortedAt: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 4 }),
  /** The disk lags behind at every so many writes. */
  congestedEach: fc.constantFrom(3, 50, Infinity),
});

type AnySource = typeof anySource extends fc.Arbitrary<infer T> ? T : never;
type AnyCourse = typeof anyCourse extends fc.Arbitrary<infer T> ? T : never;

function behaviourOf(
  { fault, faultsOf100, goneAt, isWrong, ...behaviour }: AnySource,
  wrong: Buffer,
): Behaviour {
  const answer = ({ index }: Chunk, at: number, count: number): Answer | undefined => {
    const isGone = goneAt !== null && at >= goneAt;
    if (!isGone && (index * 7 + count * 31) % 100 >= faultsOf100) return undefined;
    switch (fault) {
      case 'none':
        return isGone ? 'silence' : undefined;
      case 'error':
        return new ProtocolError('wrong-chunk');
      case 'timeout':
        return new ConnectionError('connect-timeout');
      case 'silence':
      case 'death':
        return fault;
    }
  };
  return { ...behaviour, answer, ...(isWrong ? { content: wrong } : {}) };
}

function presentOf({ present, size }: AnyCourse): [from: number, to: number][] {
  const bounds = [...new Set(present.flat())].filter((at) => at <= size).sort((a, b) => a - b);
  return bounds.flatMap((to, i) => (i % 2 === 1 ? [[bounds[i - 1] as number, to]] : []));
}

/** A world as drawn, and its download; digests are told as a transfer takes them: equal or not to the right one. */
function begin(course: AnyCourse) {
  const { size, chunkSize, sources, isOldRight, congestedEach } = course;
  const wrong = Buffer.alloc(size, 0xff);
  const world = new SimulatedSources(size, {});
  const addresses = sources.map((_, i) => `s${i}`);
  const tellers = new Set<string>();
  const known = addresses.filter((_, i) => sources[i]?.foundAt === null);
  for (const address of known)
    world.add(address, behaviourOf(sources[addresses.indexOf(address)] as AnySource, wrong));
  const fetched = new SimulatedDownload(world, {
    chunkSize,
    present: presentOf(course),
    old: isOldRight ? world.content : wrong,
    prepare: ({ address }) => {
      const { preparedAt, tellsAt, isWrong } = sources[addresses.indexOf(address)] as AnySource;
      if (tellsAt !== null) {
        const { download } = fetched;
        world.after(preparedAt + tellsAt, () => {
          if (isWrong) download.exclude(address);
          else tellers.add(address);
        });
      }
      return world.pause(preparedAt);
    },
    beforeFirst: (prepared) => Promise.race([prepared, world.pause(0.7)]),
  });
  const { sink } = fetched;
  sink.onWrite = () => (sink.writes % congestedEach === 0 ? world.pause(0.25) : undefined);
  for (const [i, source] of sources.entries()) {
    if (source.foundAt === null) continue;
    world.after(source.foundAt, () => fetched.task.add(world.add(`s${i}`, behaviourOf(source, wrong))));
  }
  return { world, fetched, tellers, addresses };
}

/** A digest that is told when all is there may open some of it anew. */
async function fetchAll(fetched: SimulatedDownload, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const error = await fetched.run(signal);
    if (error !== undefined || fetched.download.isDone) return error;
  }
}

describe('Download, whatever happens', () => {
  it('ends with the whole file, or with an error that names all that is missing', async () => {
    await fc.assert(
      fc.asyncProperty(anyCourse, async (course) => {
        const { world, fetched, tellers, addresses } = begin(course);
        const { download, sink } = fetched;
        const stop = new AbortController();
        if (course.abortedAt !== null) world.after(course.abortedAt + 0.013, () => stop.abort());
        let error = await fetchAll(fetched, stop.signal);
        // As a transfer does where the digest of the whole is not the one that was told.
        const repair = new Repair(download, (source) => tellers.has(source));
        while (error === undefined && !fetched.isRight && tellers.size > 0 && repair.next(addresses) > 0)
          error = await fetchAll(fetched, stop.signal);
        const missing: readonly (readonly [number, number])[] =
          error instanceof DownloadError ? error.missing : [];
        const isMissing = (index: number) => missing.some(([first, last]) => first <= index && index <= last);
        for (let index = 0; index < download.chunks; index++) {
          const from = index * course.chunkSize;
          expect(sink.has([from, Math.min(from + course.chunkSize, course.size)])).toBe(!isMissing(index));
        }
        if (error === undefined) {
          expect(download.isDone).toBe(true);
          expect(download.resumed + download.progress().bytes).toBe(course.size);
          // With somebody who tells the right digest, whatever is wrong is found out by that of the whole.
          if (tellers.size > 0) expect(fetched.isRight).toBe(true);
        } else {
          expect(error).toBeInstanceOf(DownloadError);
          const { code } = error as DownloadError;
          if (code === 'aborted') expect(stop.signal.aborted).toBe(true);
          else expect(code).toBe('no-sources');
          if (code === 'no-sources') expect(missing).not.toEqual([]);
        }
        if (course.present.length === 0 && error === undefined) expect(sink.isWrittenOnce).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
