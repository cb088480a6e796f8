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

/** Seconds from a zero that all processes of this machine share. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** Seconds of a processor that this process has used: what others do meanwhile does not count. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  /** Against what stands beside it in the same run. */
  readonly ratio?: string | number;
  /** What the ratio should be at the least, or at the most. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Whether a row has what was asked of it; undefined where nothing was. */
export function isReached({ ratio, atLeast = -Infinity, atMost = Infinity }: Row): boolean | undefined {
  if (typeof ratio !== 'number' || (atLeast === -Infinity && atMost === Infinity)) return undefined;
  return ratio >= atLeast && ratio <= atMost;
}
