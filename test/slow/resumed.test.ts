import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askedBytes } from '../helpers/asked-bytes.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';
import { until } from '../helpers/until.ts';

const numbers = new RandomNumbers(1701);
const data = numbers.bytes(3_000_000);
const other = numbers.bytes(data.length);
/** The whole takes two seconds. */
const SLOW_LINE = { toClient: { bytesPerSecond: 2_000_000 } };

const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';

/** A client that has chosen the only file of its only neighbour. */
async function startDownload(address: string, chunk: number, folderPath?: string): Promise<SpawnedPeer> {
  const peer = await SpawnedPeer.start({
    neighbours: [address],
    args: ['--chunk', String(chunk)],
    ...(folderPath === undefined ? {} : { folderPath }),
  });
  peer.type(1, 1, 4, 1);
  return peer;
}

function resumedBy(peer: SpawnedPeer): number {
  const started = peer.events.find(({ event }) => event === 'download-started');
  return started?.event === 'download-started' ? started.resumed : 0;
}

/** Ends a download once so many bytes have passed the line; something is left to go on with. */
async function interrupt(
  peer: SpawnedPeer,
  line: FaultProxy,
  signal: 'SIGINT' | 'SIGKILL',
  bytes: number,
): Promise<void> {
  await until(() => line.bytesToClient > bytes, 10_000, `${bytes} bytes`);
  peer.process.kill(signal);
  expect(await peer.exit).toEqual(signal === 'SIGINT' ? { code: 130, signal: null } : { code: null, signal });
  await peer.readEvents();
  // The kill may have come between the writing of a new note and its rename.
  const left = (await leftovers(peer.folder)).map((kinds) => kinds.replace(' nota.nova', ''));
  expect(left).toEqual([RESUMABLE]);
}

describe('a download that was interrupted', () => {
  it('goes on with another chunk size, and asks only for what is missing', async () => {
    await using source = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using first = await startDownload(line.address, 1000);
    await interrupt(first, line, 'SIGINT', 1_500_000);
    const aborted = first.events.find(isEnd);
    expect(aborted).toMatchObject({ event: 'download-failed', code: 'aborted' });
    const kept = aborted?.event === 'download-failed' ? aborted.kept : 0;
    expect(kept).toBeGreaterThan(500_000);
    await source.until((e) => e.event === 'message-received' && e.type === 'BYE');
    const since = source.events.length;

    await using second = await startDownload(source.address, 777, first.folder);
    const end = await second.until(isEnd);
    const resumed = resumedBy(second);
    // A chunk of the new size at each end of a gap may have to be fetched whole; the gaps are few.
    expect(resumed).toBeGreaterThan(kept * 0.95);
    expect(resumed).toBeLessThanOrEqual(kept);
    expect(end).toMatchObject({
      event: 'download-finished',
      resumed,
      sha256: sha256Of(data),
      isProven: true,
    });
    expect((await second.file('x')).equals(data)).toBe(true);
    expect(await leftovers(second.folder)).toEqual([]);
    await source.readEvents();
    expect(askedBytes(source.events.slice(since), data.length)).toBe(data.length - resumed);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('by %s: two contents of one size never mix', async (signal) => {
    await using source = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using first = await startDownload(line.address, 1000);
    // More than a second, so that a note was written.
    await interrupt(first, line, signal, 2_800_000);
    await writeFile(join(source.folder, 'x'), other);
    await using second = await startDownload(source.address, 4096, first.folder);
    expect(await second.until(isEnd)).toMatchObject({ event: 'download-finished', sha256: sha256Of(other) });
    expect(resumedBy(second)).toBeGreaterThan(0);
    expect((await readFile(join(second.folder, 'x'))).equals(other)).toBe(true);
    expect(await leftovers(second.folder)).toEqual([]);
  });

  it('while its source is frozen: leaves soon, and keeps what has come', async () => {
    await using source = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using peer = await startDownload(line.address, 1000);
    await until(() => line.bytesToClient > 500_000, 10_000, 'the middle');
    source.process.kill('SIGSTOP');
    await interrupt(peer, line, 'SIGINT', 0);
    expect((await peer.readEvents()).filter(({ event }) => event === 'chunk-failed')).toEqual([]);
  });

  it('while it waits for a digest: leaves at once', async () => {
    await using source = await startSessionNeighbour({
      data,
      onDigest: (_, connection, self) => {
        self.say(connection, 'ERROR DIGEST busy f');
        return true;
      },
    });
    await using peer = await startDownload(source.address, 65_536);
    const chunks = Math.ceil(data.length / 65_536);
    const received = () =>
      peer.events.filter((e) => e.event === 'message-received' && e.type === 'FILE').length;
    await peer.until(() => received() === chunks);
    peer.process.kill('SIGINT');
    expect(await peer.exit).toEqual({ code: 130, signal: null });
    const end = (await peer.readEvents()).find(isEnd);
    // All of it is here: it is a file now, or the next download finds it.
    const isFile = end?.event === 'download-finished';
    if (isFile) expect((await peer.file('f')).equals(data)).toBe(true);
    else expect(end).toMatchObject({ event: 'download-failed', code: 'aborted', kept: data.length });
    expect(await leftovers(peer.folder)).toEqual(isFile ? [] : [RESUMABLE]);
  });
});
