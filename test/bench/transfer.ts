import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';
import { median, type Row } from './measure.ts';
import { receiveRaw } from './raw-copy.ts';

const MIB = 1024 * 1024;
const PATIENCE_MS = 300_000;

/** Fills a file with bytes that do not repeat within a block. */
async function makeFile(path: string, bytes: number): Promise<void> {
  const block = Buffer.alloc(MIB);
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
  await using file = await open(path, 'w');
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32LE(at / MIB, 0);
    await file.write(block, 0, Math.min(block.length, bytes - at));
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Seconds of one download from `server` to `client`, both real processes, from the event log. */
async function download(client: SpawnedPeer, name: string): Promise<number> {
  await rm(join(client.folder, name), { force: true });
  const since = (await client.readEvents()).length;
  client.type(4, 1);
  const end = await client.until(
    ({ event }) => event === 'download-finished' || event === 'download-failed',
    PATIENCE_MS,
    since,
  );
  if (end.event !== 'download-finished') throw new Error(JSON.stringify(end));
  return end.seconds;
}

interface Case {
  readonly chunkSize: number;
  readonly bytes: number;
  readonly rounds: number;
}

/** Loopback transfers between two processes of this build beside a bare `net` copy of the same bytes to the same disk. */
export async function benchTransfer({ chunkSize, bytes, rounds }: Case): Promise<Row> {
  await using server = await SpawnedPeer.start({ args: ['--sem-menu'] });
  const name = 'dados.bin';
  const original = join(server.folder, name);
  await makeFile(original, bytes);
  await using client = await SpawnedPeer.start({
    neighbours: [server.address],
    args: ['--chunk', String(chunkSize)],
  });
  client.type(1, 1);
  await client.until((e) => e.event === 'neighbour-status-changed' && e.status === 'ONLINE');
  const raw = spawn(process.execPath, [
    '--import',
    'tsx',
    join(import.meta.dirname, 'raw-copy.ts'),
    original,
  ]);
  const port = await new Promise<number>((resolve) =>
    raw.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
  );
  const seconds: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ours = await download(client, name);
    const bare = await receiveRaw(port, join(client.home, 'copy.bin'));
    seconds.push(ours);
    ratios.push(bare / ours);
  }
  raw.kill();
  const { size } = await stat(join(client.folder, name));
  if (size !== bytes || (await sha256(join(client.folder, name))) !== (await sha256(original))) {
    throw new Error('what arrived differs');
  }
  const time = median(seconds);
  return {
    what: `transfer of ${bytes / MIB} MiB at chunk ${chunkSize}`,
    figure: `${(bytes / MIB / time).toFixed(1)} MiB/s, ${Math.round(bytes / chunkSize / time)} chunks/s`,
    ratio: `${median(ratios).toFixed(3)} × bare net copy`,
  };
}
