import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { checkEqual, makeFile, MIB } from './bytes-file.ts';
import { median, type Row } from './measure.ts';
import { RawCopy } from './raw-copy.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'dados.bin';
const ROUNDS = 5;

/** A large file between two processes of this build beside a bare copy of the same bytes, from and to the same disk. */
export async function benchTransfer(bytes = 512 * MIB): Promise<Row> {
  await using server = await ScreenPeer.serve();
  const original = join(server.folder, NAME);
  await makeFile(original, bytes);
  await using client = await ScreenPeer.start({ neighbours: [server.address] });
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
    what: `${bytes / MIB} MiB with the defaults, against a bare net copy`,
    figure: `${speed(walls)} (as told ${speed(told)}; bare ${speed(bare)})`,
    ratio: median(bare) / median(walls),
    atLeast: 0.5,
  };
}

/** What the cipher of a private network costs, beside the same transfer without it. */
export async function benchPrivate(bytes = 256 * MIB): Promise<Row> {
  const home = await mkdtemp(join(tmpdir(), 'eachare-bench-'));
  const key = join(home, 'rede.chave');
  await promisify(execFile)(process.execPath, [PROGRAM, 'chave', key]);
  const plain = { walls: [] as number[], args: [] as string[] };
  const secret = { walls: [] as number[], args: ['--chave', key] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const { walls, args } of round % 2 === 0 ? [plain, secret] : [secret, plain]) {
      await using server = await ScreenPeer.serve({ args });
      await makeFile(join(server.folder, NAME), bytes);
      await using client = await ScreenPeer.start({ neighbours: [server.address], args });
      await client.greet();
      walls.push((await client.download()).wall);
    }
  }
  await rm(home, { recursive: true });
  const speed = (seconds: readonly number[]) => `${(bytes / MIB / median(seconds)).toFixed(0)} MiB/s`;
  return {
    what: `${bytes / MIB} MiB with --chave, against without`,
    figure: `${speed(secret.walls)} (without ${speed(plain.walls)})`,
    ratio: median(plain.walls) / median(secret.walls),
    atLeast: 0.6,
  };
}
