import { join } from 'node:path';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { makeFile, MIB } from './bytes-file.ts';
import { answerQuestions, Child, isMain } from './child.ts';
import { clock, median, type Row } from './measure.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'dados.bin';
const CLIENTS = 200;
const CHUNK = 65_536;
const PATIENCE_MS = 60_000;

interface Question {
  readonly server: Address;
}

/** Seconds of each download that has become whole. */
type Answer = readonly number[];

/** The clients live in a process of their own, and what they fetch in its memory. */
if (isMain(import.meta.filename)) answerQuestions<Question, Answer>(({ server }) => downloadAll(server));

/** All search first, then choose at the same moment. */
async function downloadAll(server: Address): Promise<number[]> {
  const peers = await Promise.all(Array.from({ length: CLIENTS }, () => TestPeer.start()));
  const seconds: number[] = [];
  let ready = 0;
  let start = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const one = async (peer: TestPeer) => {
    peer.neighbours.observe(server, 'ONLINE');
    const desk = peer.desk({ answers: [fileNamed(NAME)], chunkSize: CHUNK });
    const ask: typeof desk.ask = async (question) => {
      ready += 1;
      if (ready === CLIENTS) {
        start = clock();
        open();
      }
      await all;
      return desk.ask(question);
    };
    await searchFiles({ ...desk, ask });
    if (peer.reporter.all('download-finished').length === 1) seconds.push(clock() - start);
  };
  await Promise.all(peers.map(one));
  return seconds;
}

/** Many clients that want the same file of one peer at once: how evenly it serves them. */
export async function benchCrowd(): Promise<Row> {
  await using server = await ScreenPeer.serve();
  await makeFile(join(server.folder, NAME), MIB);
  await using clients = new Child<Question, Answer>(import.meta.filename);
  const seconds = await clients.ask({ server: server.address }, PATIENCE_MS);
  const slowest = Math.max(...seconds);
  return {
    what: `${CLIENTS} clients, 1 MiB each: the slowest against the median`,
    figure: `${seconds.length} whole, median ${median(seconds).toFixed(2)} s, slowest ${slowest.toFixed(2)} s`,
    ratio: seconds.length === CLIENTS ? slowest / median(seconds) : Infinity,
    atMost: 3,
  };
}
