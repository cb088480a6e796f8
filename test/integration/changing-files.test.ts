import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers } from '../helpers/leftovers.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TemporaryShare } from '../helpers/temporary-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const numbers = new RandomNumbers(1705);
const data = numbers.bytes(3_000_000);
const other = numbers.bytes(4_000_000);
/** The whole takes two seconds, of which the source is one ahead; a quarter of a second it trusts in its open file. */
const SLOW_LINE = { toClient: { bytesPerSecond: 2_000_000 } };
const PATIENCE_MS = 10_000;

interface Change {
  readonly what: string;
  readonly change: (path: string) => Promise<void>;
  /** Afterwards; undefined where the file is gone. */
  readonly content: Buffer | undefined;
}

const sameSize = other.subarray(0, data.length);

async function replace(path: string, content: Buffer): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

const CHANGES: readonly Change[] = [
  { what: 'is written over', change: (path) => writeFile(path, sameSize), content: sameSize },
  {
    what: 'is replaced by one of the same size',
    change: (path) => replace(path, sameSize),
    content: sameSize,
  },
  { what: 'is replaced by a longer one', change: (path) => replace(path, other), content: other },
  {
    what: 'is replaced by a shorter one',
    change: (path) => replace(path, other.subarray(0, 1_000_000)),
    content: other.subarray(0, 1_000_000),
  },
  { what: 'is cut', change: (path) => truncate(path, 300_000), content: data.subarray(0, 300_000) },
  { what: 'is removed', change: (path) => rm(path), content: undefined },
];

describe.concurrent('a file that changes while it is served', () => {
  it.for(CHANGES)('$what: never a mixture', async ({ change, content }, { expect }) => {
    await using served = await TemporaryShare.open();
    await writeFile(join(served.path, 'f'), data);
    await using source = await TestPeer.start({ folder: served.folder });
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using share = await TemporaryShare.open();
    await using peer = await TestPeer.start({ folder: share.folder, knows: [line.address] });
    await peer.peer.hello(line.address);
    const choose = () => searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));

    const first = choose();
    await until(() => line.bytesToClient > 500_000, PATIENCE_MS, 'the middle');
    await change(join(served.path, 'f'));
    await first;
    const [end, ...more] = peer.reporter.events.filter(({ event }) => /^download-f/.test(event));
    expect(more).toEqual([]);
    // The old file may have stayed open to its end, or all of it was fetched anew.
    const whole = [data, ...(content === undefined ? [] : [content])].map(sha256Of);
    if (end?.event === 'download-finished') expect(whole).toContain(end.sha256);
    else expect(['digest-mismatch', 'no-sources']).toContain(end?.event === 'download-failed' && end.code);
    if (content === undefined) return;

    await choose();
    const right = { event: 'download-finished', isProven: true, sha256: sha256Of(content) };
    expect(peer.reporter.all('download-finished').at(-1)).toMatchObject(right);
    expect((await readFile(join(share.path, 'f'))).equals(content)).toBe(true);
    expect(await leftovers(share.path)).toEqual([]);
  });
});
