import { Scheduler } from '../../src/download/engine/scheduler.ts';
import { cpuSeconds, type Row } from './measure.ts';

/** Chunks of 256 bytes in a file of 10 MB and in one of 4 GB. */
export const SMALL = 40_000;
export const LARGE = 16_000_000;
/** How many small files are taken in place of a large one. */
const SMALL_ROUNDS = 100;

/** Seconds of the processor to take a download of that many chunks through the scheduler, one in a hundred failing once. */
function drain(chunks: number): number {
  const sources = ['a', 'b', 'c'];
  const scheduler = new Scheduler(chunks, sources);
  const start = cpuSeconds();
  for (let turn = 0; !scheduler.isDone; turn++) {
    const source = sources[turn % 3] ?? 'a';
    const run = scheduler.checkout(source);
    if (run === undefined) break;
    if (turn % 100 === 99) scheduler.release(source, run);
    else scheduler.complete(source, run);
  }
  return cpuSeconds() - start;
}

/**
 * Whether the cost of a chunk grows with its file: the fastest turn of several for each size, in turns, for what else
 * happens on the machine only ever slows a computation.
 * @param work returns its seconds for a file of so many chunks
 */
export async function compareSizes(
  what: string,
  work: (chunks: number) => number | Promise<number>,
  turns = 3,
): Promise<Row> {
  await work(SMALL);
  let [small, large] = [0, 0];
  for (let turn = 0; turn < turns; turn++) {
    let seconds = 0;
    for (let round = 0; round < SMALL_ROUNDS; round++) seconds += await work(SMALL);
    small = Math.max(small, (SMALL * SMALL_ROUNDS) / seconds);
    large = Math.max(large, LARGE / (await work(LARGE)));
  }
  const millions = (rate: number) => `${(rate / 1e6).toFixed(2)} M`;
  return {
    what: `${what}, 4 GB against 10 MB`,
    figure: `${millions(large)}, small file ${millions(small)} chunks/s`,
    ratio: large / small,
    atLeast: 0.8,
  };
}

export function benchScheduler(): Promise<Row> {
  return compareSizes('scheduler at chunk 256', drain);
}
