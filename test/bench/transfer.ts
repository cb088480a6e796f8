import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkEqual, makeFile, MIB } from './bytes-file.ts';
import { median, type Row } from './measure.ts';
import { RawCopy } from './raw-copy.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'dados.bin';
const CHUNK = 65_536;
const ROUNDS = 5;

/** A large file between two processes of this build beside a bare copy of the same bytes, from and to the same disk. */
export async function benchTransfer(bytes = 512 * MIB): Promise<Row> {
  await using server = await ScreenPeer.serve();
  const original = join(server.folder, NAME);
  await makeFile(original, bytes);
  await using client = await ScreenPeer.start({
    neighbours: [server.address],
    args: ['--chunk', String(CHUNK)],
  });
  await client.greet();
  await using raw = new RawCopy();
  const port = await raw.serve(original);
  const walls: number[] = [];
  const told: number[] = [];
  const bare: number[] = [];
  const ours = async () => {
    await rm(join(client.folder, NAME), { force: true });
    const taken = await client.download();
    walls.push(taken.wall);
    told.push(taken.told);
  };
  const theirs = async () => bare.push(await raw.receive(port, join(client.home, 'copy.bin')));
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    for (const turn of order) await turn();
  }
  await checkEqual(join(client.folder, NAME), original);
  const speed = (seconds: readonly number[]) => `${(bytes / MIB / median(seconds)).toFixed(0)} MiB/s`;
  return {
    what: `${bytes / MIB} MiB at chunk ${CHUNK}, against a bare net copy`,
    figure: `${speed(walls)} (as told ${speed(told)}; bare ${speed(bare)})`,
    ratio: median(bare) / median(walls),
    atLeast: 0.5,
  };
}
