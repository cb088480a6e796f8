import { stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFile, MIB } from './bytes-file.ts';
import type { Row } from './measure.ts';
import { peakMemory } from './process-figures.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'grande.bin';
const BYTES = 4 * 1024 * MIB;
/** One block of so many is written at the source; what arrives is written in full. */
const HOLES = 16;
const MOST_BYTES = 110 * MIB;
const PATIENCE_MS = 180_000;

/** The most memory that either side of a long download has had. */
export async function benchMemory(): Promise<Row> {
  const what = `peak memory, 4 GiB with the defaults, against ${MOST_BYTES / MIB} MiB`;
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize < 2 * BYTES) return { what, figure: 'left out: the disk is too full' };
  await using server = await ScreenPeer.serve();
  await makeFile(join(server.folder, NAME), BYTES, HOLES);
  await using client = await ScreenPeer.start({ neighbours: [server.address] });
  await client.greet();
  const { wall } = await client.download(1, PATIENCE_MS);
  const { size } = await stat(join(client.folder, NAME));
  if (size !== BYTES) throw new Error(`${size} bytes arrived`);
  const peaks = [await peakMemory(server.pid), await peakMemory(client.pid)];
  const [sender, receiver] = peaks.map((bytes) => `${(bytes / MIB).toFixed(0)} MiB`);
  return {
    what,
    figure: `sender ${sender}, receiver ${receiver}, ${wall.toFixed(0)} s`,
    ratio: Math.max(...peaks) / MOST_BYTES,
    atMost: 1,
  };
}
