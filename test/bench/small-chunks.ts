import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkEqual, makeFile, MIB } from './bytes-file.ts';
import { median, type Row } from './measure.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'dados.bin';
const CHUNK = 256;
const ROUNDS = 3;
/** For orientation: what the program is meant to reach on two cores. */
const WANTED_RATE = 80_000;

interface Rates {
  /** Chunks a second of the first download of a process, whose code is not compiled yet. */
  readonly first: number;
  /** Of those behind it. */
  readonly later: number;
}

/** Some downloads of one client, by what its screen tells. */
async function measure(bytes: number, argsFor: (server: ScreenPeer) => readonly string[]): Promise<Rates> {
  await using server = await ScreenPeer.serve();
  const original = join(server.folder, NAME);
  await makeFile(original, bytes);
  await using client = await ScreenPeer.start({ neighbours: [server.address], args: argsFor(server) });
  await client.greet();
  const copy = join(client.folder, NAME);
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const { told } = await client.download();
    rates.push(bytes / CHUNK / told);
    await checkEqual(copy, original);
    await rm(copy);
  }
  const [first = NaN, ...later] = rates;
  return { first, later: median(later) };
}

/** Chunks of 256 bytes in a session, one connection each, and with an event log that tells of every one. */
export async function benchSmallChunks(): Promise<Row[]> {
  const session = await measure(16 * MIB, () => []);
  const oneShot = await measure(MIB, ({ address }) => ['--dialeto', `${address}=line`]);
  const logged = await measure(16 * MIB, () => ['--eventos', 'eventos.jsonl']);
  const shown = ({ first, later }: Rates) => `${later.toFixed(0)} chunks/s (first ${first.toFixed(0)})`;
  return [
    {
      what: 'session at chunk 256, against one connection a chunk',
      figure: `one-shot ${shown(oneShot)}`,
      ratio: session.later / oneShot.later,
      atLeast: 8,
    },
    {
      what: `session at chunk 256, against ${WANTED_RATE} chunks/s`,
      figure: shown(session),
      ratio: (session.later / WANTED_RATE).toFixed(3),
    },
    {
      what: 'session at chunk 256 with the event log, against without',
      figure: shown(logged),
      ratio: (logged.later / session.later).toFixed(3),
    },
  ];
}
