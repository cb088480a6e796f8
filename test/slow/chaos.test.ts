import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { AppEvent } from '../../src/events.ts';
import { startChaotic, startHonest, type ChaoticSource } from '../helpers/chaotic-source.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers, seedOfRun } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TemporaryShare } from '../helpers/temporary-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const timing = { reply: 1_000, callback: 400, firstBackoffMs: 100 };

/** A download without an honest source may creep on for long; then the person has enough of it. */
const PATIENCE_MS = 8_000;
const TIMEOUT_MS = 60_000;
const seed = seedOfRun();

interface Round {
  readonly peer: TestPeer;
  readonly end: AppEvent | undefined;
  readonly folder: string;
  readonly data: Buffer;
  /** For the message of a test that has failed. */
  readonly what: string;
}

/** Downloads a file from so many honest sources and 2 to 4 others; some of them have been greeted before. */
async function play(
  numbers: RandomNumbers,
  honest: number,
  look: (round: Round) => Promise<void>,
): Promise<void> {
  const data = numbers.bytes(100_000 + numbers.below(200_000));
  const chunkSize = numbers.pick([256, 777, 4096, 8192]);
  const others: ChaoticSource[] = [];
  for (let left = 2 + numbers.below(3); left > 0; left--)
    others.push(await startChaotic(data, numbers, honest > 0));
  const good = await Promise.all(Array.from({ length: honest }, () => startHonest(data, numbers)));
  await using share = await TemporaryShare.open();
  await using peer = await TestPeer.start({ timing, folder: share.folder });
  for (const { address } of [...others, ...good]) {
    peer.neighbours.observe(address, 'ONLINE');
    if (numbers.below(2) === 0) await peer.peer.hello(address);
  }
  const signal = honest > 0 ? undefined : AbortSignal.timeout(PATIENCE_MS);
  const desk = peer.desk({
    answers: [fileNamed('f')],
    chunkSize,
    ...(signal === undefined ? {} : { signal }),
  });
  await searchFiles(desk);
  const ends = peer.reporter.events.filter(({ event }) => /^download-f/.test(event));
  const what = [
    `chunks of ${chunkSize}`,
    ...[...others, ...good].map(({ what }) => what),
    ...ends.map((end) => JSON.stringify(end)),
  ];
  await look({
    peer,
    data,
    folder: share.path,
    end: ends.length === 1 ? ends[0] : undefined,
    what: what.join('\n'),
  });
  await Promise.all([...others, ...good].map((one) => one.close()));
}

const rounds = (count: number) => Array.from({ length: count }, (_, round) => round);

describe.concurrent(`chaos (seed ${seed})`, () => {
  it.for(rounds(12))(
    'with an honest source among it: right, round %i',
    { timeout: TIMEOUT_MS },
    async (round, { expect }) => {
      const numbers = new RandomNumbers(seed + round);
      await play(numbers, 1 + numbers.below(2), async ({ end, folder, data, what }) => {
        expect(end, what).toMatchObject({
          event: 'download-finished',
          isProven: true,
          sha256: sha256Of(data),
        });
        expect(await readdir(folder)).toEqual(['f']);
        expect((await readFile(join(folder, 'f'))).equals(data), what).toBe(true);
      });
    },
  );

  it.for(rounds(8))(
    'without one: right, or an error, round %i',
    { timeout: 2 * PATIENCE_MS },
    async (round, { expect }) => {
      await play(new RandomNumbers(seed + 100 + round), 0, async ({ end, folder, data, what }) => {
        if (end?.event === 'download-finished') {
          expect(await readdir(folder)).toEqual(['f']);
          return expect((await readFile(join(folder, 'f'))).equals(data), what).toBe(true);
        }
        expect(end, what).toMatchObject({ event: 'download-failed' });
        const code = end?.event === 'download-failed' ? end.code : '';
        expect(['no-sources', 'aborted'], what).toContain(code);
        const isKept = end?.event === 'download-failed' && end.kept > 0;
        expect(await leftovers(folder), what).toEqual(isKept ? [RESUMABLE] : []);
        expect(await readdir(folder)).toHaveLength(isKept ? 2 : 0);
      });
    },
  );
});
