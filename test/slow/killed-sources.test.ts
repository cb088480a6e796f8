import { describe, expect, it } from 'vitest';
import { askedBytes } from '../helpers/asked-bytes.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';
import { until } from '../helpers/until.ts';

const data = new RandomNumbers(1702).bytes(3_000_000);
const RIGHT = { event: 'download-finished', sha256: sha256Of(data) };
/** From a single source the whole takes two seconds. */
const SLOW_LINE = { toClient: { bytesPerSecond: 2_000_000 } };
const PATIENCE_MS = 30_000;

const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';

function startSource(): Promise<SpawnedPeer> {
  return SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
}

async function startDownload(lines: readonly FaultProxy[]): Promise<SpawnedPeer> {
  const peer = await SpawnedPeer.start({
    neighbours: lines.map(({ address }) => address),
    args: ['--chunk', '1024'],
  });
  lines.forEach((_, at) => peer.type(1, at + 1));
  peer.type(4, 1);
  return peer;
}

/** A part of the file has passed all these lines. */
function untilPassed(lines: readonly FaultProxy[], bytes: number): Promise<void> {
  return until(() => lines.every((line) => line.bytesToClient > bytes), PATIENCE_MS, `${bytes} bytes`);
}

/** Kills a source; from then on nobody listens where the client looks for it, which is the port that is returned. */
async function cut(source: SpawnedPeer, line: FaultProxy): Promise<number> {
  const { port } = line;
  source.process.kill('SIGKILL');
  await source.exit;
  await line.close();
  return port;
}

async function expectRight(peer: SpawnedPeer): Promise<void> {
  expect(await peer.until(isEnd, PATIENCE_MS)).toMatchObject(RIGHT);
  expect((await peer.file('x')).equals(data)).toBe(true);
  expect(await leftovers(peer.folder)).toEqual([]);
  peer.type(9);
  expect(await peer.exit).toEqual({ code: 0, signal: null });
}

describe.concurrent('sources that are killed in mid-download', () => {
  it('two of three: the third one finishes', async () => {
    const sources = await Promise.all([startSource(), startSource(), startSource()]);
    const lines = await Promise.all(sources.map(({ port }) => FaultProxy.start(port, SLOW_LINE)));
    await using peer = await startDownload(lines);
    await untilPassed(lines, 200_000);
    for (const { process } of sources.slice(0, 2)) process.kill('SIGKILL');
    await expectRight(peer);
    await Promise.all([...lines, ...sources].map((one) => one[Symbol.asyncDispose]()));
  });

  it('the only one, which comes back soon: nothing is lost', async () => {
    await using source = await startSource();
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using peer = await startDownload([line]);
    await untilPassed([line], 1_000_000);
    const port = await cut(source, line);
    await peer.until(({ event }) => event === 'source-retired', PATIENCE_MS);
    await using again = await startSource();
    await using newLine = await FaultProxy.start(again.port, SLOW_LINE, port);
    await expectRight(peer);
    const asked = askedBytes(await again.readEvents(), data.length);
    expect(newLine.bytesToClient).toBeGreaterThan(0);
    expect(asked).toBeLessThan(data.length * 0.9);
    expect(peer.events.filter(({ event }) => event === 'source-returned').length).toBeGreaterThan(0);
  });

  it('the only one, which freezes and thaws: nothing is lost', async () => {
    await using source = await startSource();
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using peer = await startDownload([line]);
    await untilPassed([line], 1_000_000);
    source.process.kill('SIGSTOP');
    await peer.until(({ event }) => event === 'source-retired', PATIENCE_MS);
    source.process.kill('SIGCONT');
    await expectRight(peer);
  });

  it('the only one, for good: what has come is kept, and the next choice goes on with it', async () => {
    await using source = await startSource();
    await using line = await FaultProxy.start(source.port, SLOW_LINE);
    await using peer = await startDownload([line]);
    await untilPassed([line], 1_000_000);
    const port = await cut(source, line);
    const end = await peer.until(isEnd, PATIENCE_MS);
    expect(end).toMatchObject({ event: 'download-failed', code: 'no-sources' });
    const kept = end.event === 'download-failed' ? end.kept : 0;
    expect(kept).toBeGreaterThan(300_000);
    expect(await leftovers(peer.folder)).toEqual([RESUMABLE]);

    await using again = await startSource();
    await using newLine = await FaultProxy.start(again.port, {}, port);
    const since = peer.events.length;
    peer.type(1, 1, 4, 1);
    expect(await peer.until(isEnd, PATIENCE_MS, since)).toMatchObject({ ...RIGHT, resumed: kept });
    expect((await peer.file('x')).equals(data)).toBe(true);
    expect(await leftovers(peer.folder)).toEqual([]);
    expect(askedBytes(await again.readEvents(), data.length)).toBe(data.length - kept);
    expect(newLine.connections).toBeGreaterThan(0);
  });
});
