import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { leftovers } from '../helpers/leftovers.ts';
import { BLOCK_LIES, startLyingBlocks } from '../helpers/lying-blocks.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TemporaryShare } from '../helpers/temporary-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const timing = { reply: 500, firstBackoffMs: 50 };
const CHUNK = 1_000;
/** More than are asked for one by one. */
const data = new RandomNumbers(4211).bytes(400 * CHUNK + 123);
/** More than is asked for before the disk is seen to lag. */
const large = new RandomNumbers(99).bytes(12_000_000);
const BLOCKS = 'sessao sha256 blocos';

/** Searches and downloads from these to a folder of its own. */
async function download(
  sources: readonly { readonly address: Address }[],
  look: (peer: TestPeer, folder: string) => Promise<void> | void,
  chunkSize = CHUNK,
): Promise<void> {
  await using share = await TemporaryShare.open();
  await using peer = await TestPeer.start({ timing, folder: share.folder });
  for (const { address } of sources) peer.neighbours.observe(address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize }));
  await look(peer, share.path);
}

const sent = (peer: TestPeer, type: string) =>
  peer.reporter.all('message-sent').filter((message) => message.type === type).length;

describe.concurrent('a download from one of ours', () => {
  it('of many chunks is asked for in blocks', async ({ expect }) => {
    await using source = await TestPeer.start({ timing, files: { f: data } });
    await download([source], async (peer, folder) => {
      expect(sent(peer, 'DL')).toBe(0);
      expect(sent(peer, 'GET')).toBeGreaterThan(0);
      expect(sent(peer, 'GET')).toBeLessThan(100);
      expect(sent(source, 'DATA')).toBe(sent(peer, 'GET'));
      expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: true, chunkSize: CHUNK }]);
      expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
    });
  });

  it('of 64 chunks is asked for chunk by chunk, so that people see them', async ({ expect }) => {
    await using source = await TestPeer.start({ timing, files: { f: data.subarray(0, 64_000) } });
    await download([source], (peer) => {
      expect(sent(peer, 'DL')).toBe(64);
      expect(sent(peer, 'GET')).toBe(0);
    });
  });

  it('with chunks larger than a block', async ({ expect }) => {
    const larger = new RandomNumbers(7).bytes(65 * 1_100_000 + 17);
    await using source = await TestPeer.start({ timing, files: { f: larger } });
    await download(
      [source],
      async (peer, folder) => {
        expect(sent(peer, 'DL')).toBe(0);
        expect((await readFile(join(folder, 'f'))).equals(larger)).toBe(true);
      },
      1_100_000,
    );
  });

  it('and one that does not know blocks: each in its way', async ({ expect }) => {
    await using source = await TestPeer.start({ timing, files: { f: data } });
    await using former = await startSessionNeighbour({ data });
    await download([source, former], async (peer, folder) => {
      expect(former.count('GET')).toBe(0);
      expect(former.count('DL')).toBe(sent(peer, 'DL'));
      expect(sent(peer, 'DL')).toBeGreaterThan(0);
      expect(sent(peer, 'GET')).toBeGreaterThan(0);
      expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
    });
  });

  it('keeps the chunks that came whole of a block that broke off', async ({ expect }) => {
    await using breaking = await startSessionNeighbour({
      data,
      offers: BLOCKS,
      onBlock: (request, connection, self) => {
        if (self.count('GET') !== 3) return false;
        const whole = 5 * CHUNK + 500;
        self.sayBlock(connection, request, data.subarray(request.offset, request.offset + whole));
        connection.end();
        return true;
      },
    });
    await download([breaking], async (_, folder) => {
      const asked = breaking.messages.filter((message) => message.type === 'GET');
      const [, , broken] = asked;
      const first = (broken?.offset ?? 0) + 5 * CHUNK;
      expect(asked.some(({ offset }) => offset === first)).toBe(true);
      expect(
        asked.some(({ offset }, at) => at > 2 && offset < first && offset >= (broken?.offset ?? 0)),
      ).toBe(false);
      expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
    });
  });
});

it('a disk that lags behind for longer than a reply may take holds the source, and costs it nothing', async ({
  expect,
}) => {
  await using source = await TestPeer.start({ files: { f: large } });
  await using peer = await TestPeer.start({ timing: { ...timing, reply: 150 } });
  const { share } = peer;
  const createSink = share.createSink.bind(share);
  let lags = 0;
  share.createSink = async (plan) => {
    const sink = await createSink(plan);
    const write = sink.write.bind(sink);
    sink.write = (offset, ...pieces) => {
      void write(offset, ...pieces);
      return (lags += 1) % 8 === 1 && lags < 20 ? pause(400) : undefined;
    };
    return sink;
  };
  peer.neighbours.observe(source.address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
  expect(lags).toBeGreaterThan(16);
  expect(share.files.get('f')?.equals(large)).toBe(true);
  expect(peer.reporter.all('chunk-failed')).toEqual([]);
});

describe.concurrent('a source of two that, in its blocks,', () => {
  it.for(BLOCK_LIES)('$what', async (lie, { expect }) => {
    await using lying = await startLyingBlocks(lie, data);
    await using honest = await TestPeer.start({ timing, files: { f: data } });
    await download([lying, honest], async (peer, folder) => {
      expect(peer.reporter.all('download-finished')).toMatchObject([
        { isProven: true, sha256: sha256Of(data) },
      ]);
      expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
      expect(await leftovers(folder)).toEqual([]);
    });
  });
});

describe.concurrent('the only source, which, in its blocks,', () => {
  it.for(BLOCK_LIES)('$what', async (lie, { expect }) => {
    await using lying = await startLyingBlocks(lie, data);
    await download([lying], async (peer, folder) => {
      const failed = peer.reporter.all('download-failed');
      const finished = peer.reporter.all('download-finished');
      expect(failed.length + finished.length).toBe(1);
      if (finished.length > 0) expect((await readFile(join(folder, 'f'))).equals(data)).toBe(true);
      else expect(await readdir(folder)).not.toContain('f');
      if (lie.isBelieved === true) expect(failed).toMatchObject([{ code: 'digest-mismatch' }]);
    });
  });
});
