/** What is told of the times of one triple, in their own unit. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation, 0 for a single time (protocol, section 4). */
  readonly deviation: number;
  /** Half the width of the 95 % confidence interval of the mean; undefined for a single time, which says nothing of it. */
  readonly margin: number | undefined;
  readonly median: number;
}

/** Two-sided. */
const CONFIDENCE = 0.95;

/**
 * The probability that Student's t lies between -t and t, for a whole number of degrees of freedom: a finite sum then
 * (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 */
export function studentWithin(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t between which and -t Student's t lies with that probability. */
export function studentQuantile(probability: number, freedom: number): number {
  let low = 0;
  let high = 1;
  while (studentWithin(high, freedom) < probability) high *= 2;
  // Half of the rest each time, until no number lies between.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentWithin(middle, freedom) < probability) low = middle;
    else high = middle;
  }
}

/** @param times at least one */
export function summarise(times: readonly number[]): Summary {
  const count = times.length;
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  const deviation = count < 2 ? 0 : Math.sqrt(squares / (count - 1));
  const margin =
    count < 2 ? undefined : (studentQuantile(CONFIDENCE, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, margin, median: medianOf(times) };
}

function medianOf(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
