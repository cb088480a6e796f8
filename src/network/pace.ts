import { setTimeout as sleep } from 'node:timers/promises';

/** Slow motion, so that a class can follow: one message after the other leaves, each so long after it could have. */
export class Pace {
  /** Whether anything has to wait at all. */
  readonly isSlow: boolean;
  readonly #delayMs: number;
  /** When the last one leaves; milliseconds of `performance.now()`. */
  #lastAt = 0;

  /** @param delayMs 0 for no slow motion */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
    this.isSlow = delayMs > 0;
  }

  /** Resolves when the next message may leave. */
  async turn(): Promise<void> {
    if (!this.isSlow) return;
    const now = performance.now();
    this.#lastAt = Math.max(now, this.#lastAt) + this.#delayMs;
    await sleep(this.#lastAt - now);
  }
}
