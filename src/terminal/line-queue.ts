/** Lines waiting before the source is paused; a pipe brings them faster than commands run. */
export const MAX_WAITING_LINES = 1_000;

/** What can be told to wait, and to go on. */
export interface Flow {
  pause(): unknown;
  resume(): unknown;
}

export type Taker = (line: string | undefined) => void;

/** Lines in the order of their arrival, from the first moment on, for one taker at a time. */
export class LineQueue {
  readonly #flow: Flow;
  readonly #lines: string[] = [];
  #taker: Taker | undefined;
  #paused = false;
  #ended = false;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  push(line: string): void {
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = undefined;
      taker(line);
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length >= MAX_WAITING_LINES && !this.#ended) {
      this.#paused = true;
      this.#flow.pause();
    }
  }

  /** No line comes any more; those that wait are still handed out. */
  end(): void {
    this.#ended = true;
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.(undefined);
  }

  /** Throws away what waits, and ends. */
  close(): void {
    this.#lines.length = 0;
    this.end();
  }

  /**
   * Hands over the next line: at once if one waits, else in the very turn in which it comes; undefined at the end.
   * @throws Error if another taker is waiting already.
   */
  take(taker: Taker): void {
    if (this.#taker !== undefined) throw new Error('somebody waits for the next line already');
    const line = this.#lines.shift();
    if (line !== undefined || this.#ended) taker(line);
    else this.#taker = taker;
    if (this.#paused && this.#lines.length < MAX_WAITING_LINES / 2) {
      this.#paused = false;
      if (!this.#ended) this.#flow.resume();
    }
  }
}
