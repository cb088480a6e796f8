import { COMPLAINT_INTERVAL_MS, MAX_COMPLAINTS } from '../limits.ts';

/**
 * Keeps a hostile or broken remote from flooding screen and log: the same complaint about the same remote is
 * told once per interval, and the next telling says how many there were meanwhile. Memory is bounded.
 */
export class Complaints {
  readonly #told = new Map<string, { at: number; repeated: number }>();
  readonly #now: () => number;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many of this kind were not told since the last one, or undefined where this one is not to be told either. */
  tell(kind: string): number | undefined {
    const now = this.#now();
    const last = this.#told.get(kind);
    if (last !== undefined && now - last.at < COMPLAINT_INTERVAL_MS) {
      last.repeated += 1;
      return undefined;
    }
    this.#told.delete(kind);
    this.#told.set(kind, { at: now, repeated: 0 });
    if (this.#told.size > MAX_COMPLAINTS) {
      const [oldest] = this.#told.keys();
      if (oldest !== undefined) this.#told.delete(oldest);
    }
    return last?.repeated ?? 0;
  }
}
