import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Repair } from '../../../../src/download/engine/repair.ts';
import { DownloadError } from '../../../../src/errors.ts';
import { SimulatedDownload, type SimulatedDownloadOptions } from './simulated-download.ts';
import { SimulatedSources } from './simulated-sources.ts';

const SIZE = 6000;
const CHUNK = 100;
const spoilt = (seed: number) => Buffer.alloc(SIZE, seed);

interface Repaired {
  readonly fetched: SimulatedDownload;
  readonly world: SimulatedSources;
  readonly isRight: boolean;
  readonly culprit: string | undefined;
  readonly tries: readonly number[];
}

/** Fetches until the whole is right or nothing is left to try. `r` are right, `w` wrong; capitals tell the right digest. */
async function fetchFrom(
  sources: string,
  options: Partial<SimulatedDownloadOptions> = {},
): Promise<Repaired> {
  const behaviours = [...sources].map((letter, i) => ({
    rate: 1000 + 300 * i,
    ...(letter.toLowerCase() === 'w' ? { content: spoilt(100 + i) } : {}),
  }));
  const names = [...sources].map((letter, i) => `${letter}${i}`);
  const world = new SimulatedSources(
    SIZE,
    Object.fromEntries(names.map((name, i) => [name, behaviours[i]!])),
  );
  const fetched = new SimulatedDownload(world, { chunkSize: CHUNK, ...options });
  const repair = new Repair(fetched.download, (source) => source.startsWith('R') || source.startsWith('W'));
  const tries: number[] = [];
  for (;;) {
    const error = await fetched.run();
    if (error !== undefined) {
      expect(error).toBeInstanceOf(DownloadError);
      if (!repair.endTry()) return { fetched, world, isRight: false, culprit: undefined, tries };
      continue;
    }
    if (fetched.isRight) return { fetched, world, isRight: true, culprit: repair.culprit, tries };
    const bytes = repair.next(names);
    if (bytes === 0) return { fetched, world, isRight: false, culprit: undefined, tries };
    tries.push(bytes);
    expect(tries.length).toBeLessThan(3 * names.length + 4);
  }
}

describe('Repair', () => {
  it.each(['WR', 'RW', 'RRW', 'WRR', 'RWRRR'])('finds the one that lies among %s', async (sources) => {
    const { isRight, culprit, fetched } = await fetchFrom(sources);
    expect(isRight).toBe(true);
    expect(culprit).toMatch(/^W/);
    expect(fetched.sink.isWrittenOnce).toBe(true);
    expect(fetched.download.shares.map(({ source }) => source)).not.toContain(culprit);
  });

  it('keeps the bytes of the others', async () => {
    const { isRight, tries, world } = await fetchFrom('WRRR');
    expect(isRight).toBe(true);
    // The slowest has given least, and is the first one to be suspected.
    expect(tries).toHaveLength(1);
    expect(tries[0]).toBeLessThan(SIZE / 4);
    expect(world.askedBytes).toBeLessThan(SIZE * 1.4);
  });

  it('names nobody where what an interrupted download has left was wrong', async () => {
    const { isRight, culprit, tries } = await fetchFrom('RR', { present: [[0, 1000]], old: spoilt(9) });
    expect(isRight).toBe(true);
    expect(culprit).toBeUndefined();
    expect(tries).toEqual([1000]);
  });

  it('suspects first those that have told nothing', async () => {
    const { isRight, culprit, world } = await fetchFrom('wRrR');
    expect(isRight).toBe(true);
    expect(culprit).toBeUndefined();
    expect(world.askedBytes).toBeLessThan(SIZE * 2);
  });

  it.each(['W', 'WW', 'w', 'WWW', 'Ww'])('ends where nobody of %s is honest', async (sources) => {
    expect((await fetchFrom(sources)).isRight).toBe(false);
  });

  it('ends well wherever one that tells the right digest is honest', async () => {
    const others = fc.array(fc.constantFrom('R', 'W', 'r', 'w'), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(others, fc.nat({ max: 5 }), fc.boolean(), async (letters, place, hasOld) => {
        const sources = letters.toSpliced(place, 0, 'R').join('');
        const old = hasOld ? { present: [[0, 777]] as const, old: spoilt(9) } : {};
        const { isRight, culprit, fetched } = await fetchFrom(sources, old);
        expect(isRight).toBe(true);
        // Nobody is named who is not to blame.
        if (culprit !== undefined) expect(culprit).toMatch(/^W/);
        expect(fetched.download.progress().bytes + fetched.download.resumed).toBe(SIZE);
      }),
      { numRuns: 60 },
    );
  });
});
