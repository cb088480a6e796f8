import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { leftovers } from '../helpers/leftovers.ts';
import { LIES, startLying } from '../helpers/lying-source.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TemporaryShare } from '../helpers/temporary-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const timing = { callback: 20, firstBackoffMs: 1, tickMs: 5 };

const DESCRIPTORS = '/proc/self/fd';
const DOWNLOADS = 1_000;
/** What is loaded, compiled and remembered once is there after these. */
const WARM_UP = 250;
const CHUNK = 256;
/** A handful of kilobytes that each download kept for itself would be more. */
const MAX_GROWTH_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 10_000;

const data = new RandomNumbers(1707).bytes(1_500);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const descriptors = () => readdirSync(DESCRIPTORS).length;
/** What keeps a process alive or will call back: sockets, timers, requests. */
const resources = () => process.getActiveResourcesInfo().length;

/** Waits until nothing more is open or under way than there was. */
async function settle(open: number, active: number): Promise<void> {
  const what = () => process.getActiveResourcesInfo().join(' ');
  await until(() => resources() <= active && descriptors() <= open, PATIENCE_MS, what);
}

describe.skipIf(process.platform !== 'linux')('in one process', () => {
  it('a thousand downloads leave nothing behind', { timeout: 120_000 }, async () => {
    await using share = await TemporaryShare.open();
    await using byName = await TestPeer.start({ timing, files: { f: data } });
    await using bySession = await TestPeer.start({ timing, files: { f: data } });
    await using peer = await TestPeer.start({ timing, folder: share.folder });
    const all = [byName, bySession, peer];
    // The other one is never greeted: of few chunks it is asked one by one, each on a connection of its own.
    await peer.peer.hello(bySession.address);
    for (const { address } of [byName, bySession]) peer.neighbours.observe(address, 'ONLINE');
    let finished = 0;
    const asked = new Set<string>();
    const download = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
        finished += peer.reporter.all('download-finished').length;
        for (const { type } of byName.reporter.all('message-received')) asked.add(type);
        for (const { reporter } of all) reporter.events.length = 0;
      }
    };
    await download(WARM_UP);
    const [open, active, heap] = [descriptors(), resources(), heapBytes()];
    await download(DOWNLOADS - WARM_UP);
    expect(finished).toBe(DOWNLOADS);
    expect(asked).toEqual(new Set(['LS', 'DL']));
    await settle(open, active);
    expect(heapBytes() - heap).toBeLessThan(MAX_GROWTH_BYTES);
    expect(await leftovers(share.path)).toEqual([]);
  });

  it.each(['closes', 'resets', 'sends a byte less'])(
    'nor do a hundred that fail because their source %s',
    async (what) => {
      const lie = LIES.find((one) => one.what === what);
      if (lie === undefined) throw new Error(`no such lie: ${what}`);
      await using share = await TemporaryShare.open();
      await using source = await startLying(lie, data, 0);
      await using peer = await TestPeer.start({ timing, folder: share.folder });
      const download = async (times: number) => {
        for (let time = 0; time < times; time++) {
          peer.neighbours.observe(source.address, 'ONLINE');
          await peer.peer.hello(source.address);
          await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
        }
      };
      await download(10);
      const [open, active] = [descriptors(), resources()];
      await download(90);
      expect(peer.reporter.all('download-failed')).toHaveLength(100);
      await settle(open, active);
      expect(await leftovers(share.path)).toEqual([]);
    },
  );
});
