/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs `work` for about `seconds` after a warm-up and returns how often it ran per second. */
export function rate(work: () => void, seconds = 0.5): number {
  for (let i = 0; i < 100; i++) work();
  const start = performance.now();
  let runs = 0;
  let elapsed: number;
  do {
    for (let i = 0; i < 20; i++) work();
    runs += 20;
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return runs / elapsed;
}

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  /** Against what stands beside it in the same run. */
  readonly ratio?: string;
}
