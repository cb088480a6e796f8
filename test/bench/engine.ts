import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockBuffers } from '../../src/disk/store/block-buffers.ts';
import { DownloadRun, type DownloadRunOptions } from '../../src/download/download-run.ts';
import type { Outcome } from '../../src/download/engine/download-options.ts';
import { DOWNLOAD_TIMING } from '../../src/download/timing.ts';
import { EventLog } from '../../src/log/event-log.ts';
import { cpuSeconds, type Row } from './measure.ts';
import { compareSizes, SMALL } from './scheduler.ts';

/** All that is done for a chunk besides network and disk, as the file grows. */

const CHUNK = 256;
const SOURCES = ['127.0.0.1:5001', '127.0.0.1:5002', '127.0.0.1:5003'] as const;
type Source = (typeof SOURCES)[number];
const BYTES_PER_SECOND = 20_000_000;
/** The window grows with the speed, and a small file is over before it has; that is not what is looked for here. */
const QUESTIONS = 1_000;
const MOST_IDLE_TURNS = 1_000;

type BenchSink = DownloadRunOptions<Source>['sink'];

/** Takes the chunks into blocks, as for a disk that keeps up. */
class BlockSink implements BenchSink {
  readonly present = [];
  readonly #blocks: BlockBuffers;

  constructor(size: number) {
    this.#blocks = new BlockBuffers(size);
  }

  write(offset: number, ...pieces: Buffer[]): undefined {
    this.#blocks.put(offset, Buffer.concat(pieces));
  }

  doubt(): void {
    throw new Error('nothing is to be doubted here');
  }
}

/** Sources that answer in the order of the questions; the time of their world passes with what they send. */
class AnsweringSources {
  seconds = 0;
  readonly #data = Buffer.alloc(CHUNK, 'x');
  #questions: { readonly length: number; readonly settle: (outcome: Outcome) => void }[] = [];

  readonly fetch: DownloadRunOptions<Source>['fetch'] = (_source, { length }, _signal, settle) => {
    this.#questions.push({ length, settle });
  };

  /** Answers all that is asked by now; how many that were. */
  answer(): number {
    const questions = this.#questions;
    this.#questions = [];
    for (const { length, settle } of questions) {
      this.seconds += length / BYTES_PER_SECOND;
      settle(length === CHUNK ? this.#data : this.#data.subarray(0, length));
    }
    return questions.length;
  }
}

async function download(chunks: number): Promise<number> {
  const size = chunks * CHUNK;
  const world = new AnsweringSources();
  const run = new DownloadRun<Source>({
    file: { name: 'x', size, sources: SOURCES.map((address) => ({ address, token: 'x' })) },
    chunkSize: CHUNK,
    sink: new BlockSink(size),
    fetch: world.fetch,
    timing: DOWNLOAD_TIMING,
    requestsAtOnce: () => QUESTIONS,
    now: () => world.seconds,
  });
  const { engine } = run;
  const start = cpuSeconds();
  const whole = run.run();
  let tickAt = 0;
  let idleTurns = 0;
  while (!engine.isDone) {
    idleTurns = world.answer() === 0 ? idleTurns + 1 : 0;
    if (idleTurns > 0) await nextTurn();
    if (idleTurns > MOST_IDLE_TURNS) throw new Error('the engine asks for nothing');
    if (world.seconds < tickAt) continue;
    tickAt = world.seconds + DOWNLOAD_TIMING.tickMs / 1000;
    engine.tick();
    engine.progress();
  }
  await whole;
  return cpuSeconds() - start;
}

/** Seconds to tell of the last chunks of a file; what came before leaves nothing behind that could cost. */
function log(chunks: number): number {
  let bytes = 0;
  const own = '127.0.0.1:5000';
  const events = new EventLog({ write: (line) => (bytes += line.length), run: 'r', peer: () => own });
  const [to] = SOURCES;
  const start = cpuSeconds();
  for (let index = chunks - SMALL; index < chunks; index++) {
    const clock = 2 * index;
    const about = {
      type: 'DL',
      args: ['x', String(CHUNK), String(index)],
      clock,
      reply: false,
      chunks,
    } as const;
    events.report({ event: 'clock-updated', clock, cause: 'send' });
    events.report({ event: 'message-sent', to, ...about });
  }
  const seconds = cpuSeconds() - start;
  return (seconds * chunks) / SMALL;
}

export async function benchEngine(): Promise<Row[]> {
  return [
    await compareSizes('engine with three sources at chunk 256', download, 2),
    await compareSizes('event log at chunk 256', log),
  ];
}
