import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { LIES, startLying } from '../helpers/lying-source.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TemporaryShare } from '../helpers/temporary-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const timing = { reply: 500, firstBackoffMs: 50 };

const CHUNK = 1000;
const HONEST_CHUNKS = 7;
const data = new RandomNumbers(1704).bytes(40_500);

/** Searches and downloads from these to a folder of its own, which `look` may see. */
async function download(
  sources: readonly { readonly address: Address }[],
  look: (peer: TestPeer, folder: string) => Promise<void> | void,
): Promise<void> {
  await using share = await TemporaryShare.open();
  await using peer = await TestPeer.start({ timing, folder: share.folder });
  for (const { address } of sources) peer.neighbours.observe(address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
  await look(peer, share.path);
}

describe.concurrent('a source of two that, in its session,', () => {
  it.for(LIES)('$what', async (lie, { expect }) => {
    await using lying = await startLying(lie, data, HONEST_CHUNKS);
    await using honest = await TestPeer.start({ timing, files: { f: data } });
    await download([lying, honest], async (peer, folder) => {
      expect(peer.reporter.events.filter(({ event }) => /^download-f/.test(event))).toHaveLength(1);
      expect(await leftovers(folder)).toEqual([]);
      if (lie.isBelieved === true && peer.reporter.all('download-failed').length > 0) {
        expect(peer.reporter.all('download-failed')).toMatchObject([{ code: 'digest-mismatch' }]);
        return expect(await readdir(folder)).toEqual([]);
      }
      expect(peer.reporter.all('download-finished')).toMatchObject([
        { isProven: true, sha256: sha256Of(data) },
      ]);
      expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
    });
  });
});

describe.concurrent('the only source, which, in its session,', () => {
  it.for(LIES.filter(({ alone }) => alone !== undefined))('$what: $alone', async (lie, { expect }) => {
    await using lying = await startLying(lie, data, HONEST_CHUNKS);
    await download([lying], async (peer, folder) => {
      const { reporter } = peer;
      if (lie.alone === 'right' || lie.alone === 'unproven') {
        expect(reporter.all('download-finished')).toMatchObject([{ isProven: lie.alone === 'right' }]);
        expect(await readdir(folder)).toEqual(['f']);
        return expect((await readFile(join(folder, 'f'))).equals(data)).toBe(lie.alone === 'right');
      }
      const [failed] = reporter.all('download-failed');
      expect(failed).toMatchObject({ code: lie.alone });
      expect(reporter.events.filter(({ event }) => /^download-f/.test(event))).toHaveLength(1);
      const isKept = lie.alone === 'no-sources';
      expect(failed?.kept).toBe(isKept ? HONEST_CHUNKS * CHUNK : 0);
      expect(await leftovers(folder)).toEqual(isKept ? [RESUMABLE] : []);
      expect((await readdir(folder)).includes('f')).toBe(false);
    });
  });
});
