/** A chunk that takes longer than this on a kept connection may be held up by the acknowledgements that TCP delays: 40 ms each. */
const SLOW_MS = 35;
/** Chunks before the fastest of them is judged. */
const MEASURED = 4;
/** So much faster a chunk must be on a connection of its own. */
const ADVANTAGE = 2;

/**
 * Whether the chunks of a program that keeps its connections are asked on the one that is kept: those that write their replies byte by
 * byte are ten times faster with a connection for each (section 7).
 */
export class KeptPace {
  #fastestMs = Infinity;
  #measured = 0;
  #verdict: 'kept' | 'anew' | undefined;

  /** The next chunk goes on a connection of its own: to find out how long that takes, or because it is faster. */
  get isAnew(): boolean {
    if (this.#verdict !== undefined) return this.#verdict === 'anew';
    return this.#measured >= MEASURED && this.#fastestMs >= SLOW_MS;
  }

  /** It asks on its connections too: one more of ours, and its end, would confuse it. */
  stay(): void {
    this.#verdict = 'kept';
  }

  /**
   * A chunk has come.
   * @param wasKept on the kept connection
   */
  note(ms: number, wasKept: boolean): void {
    if (this.#verdict !== undefined) return;
    if (wasKept) {
      this.#measured += 1;
      this.#fastestMs = Math.min(this.#fastestMs, ms);
    } else if (this.isAnew) {
      this.#verdict = ms * ADVANTAGE <= this.#fastestMs ? 'anew' : 'kept';
    }
  }
}
