import { Scheduler } from '../../src/download/scheduler.ts';
import type { Row } from './measure.ts';

/** Seconds to take a download of that many chunks through the scheduler, one in a hundred failing once. */
function drain(chunks: number): number {
  const sources = ['a', 'b', 'c'];
  const scheduler = new Scheduler(chunks, sources);
  const start = performance.now();
  for (let turn = 0; !scheduler.isDone; turn++) {
    const source = sources[turn % 3] ?? 'a';
    const index = scheduler.checkout(source);
    if (index === undefined) break;
    if (turn % 100 === 99) scheduler.release(source, index);
    else scheduler.complete(source, index);
  }
  return (performance.now() - start) / 1000;
}

/** Chunks a second through checkout and complete, and whether the cost of one grows with the file. */
export function benchScheduler(): Row[] {
  drain(100_000);
  const small = 40_000;
  const large = 16_000_000;
  const rounds = large / small / 10;
  let seconds = 0;
  for (let i = 0; i < rounds; i++) seconds += drain(small);
  const smallRate = (small * rounds) / seconds;
  const largeRate = large / drain(large);
  const millions = (rate: number) => `${(rate / 1e6).toFixed(1)} M chunks/s`;
  return [
    { what: 'scheduler, 40 000 chunks (10 MB at 256)', figure: millions(smallRate) },
    {
      what: 'scheduler, 16 000 000 chunks (4 GB at 256)',
      figure: millions(largeRate),
      ratio: `${(largeRate / smallRate).toFixed(2)} × the small file`,
    },
  ];
}
