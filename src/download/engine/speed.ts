/** How much of a measured interval goes into the figure; the rest is what it was before. */
const WEIGHT = 0.5;

/**
 * Bytes a second of one source, taken over intervals in which something was asked of it: what it does not send while nobody
 * asks says nothing. Between two large answers there is silence, which is not slowness: an interval goes on until something
 * has come, and meanwhile the source counts as no faster than if that came now. Times in seconds, given by the caller.
 */
export class Speed {
  #bytes = 0;
  #busyFor = 0;
  #since: number | undefined;
  #mean: number | undefined;
  /** Bytes of the last answer. */
  #last = 0;
  /** What the silence since then allows at most; undefined where there is none to speak of. */
  #ceiling: number | undefined;

  /** Undefined before the first interval is over; 0 while a source that has never sent anything is silent. */
  get value(): number | undefined {
    return this.#ceiling === undefined ? this.#mean : Math.min(this.#mean ?? 0, this.#ceiling);
  }

  /** Something is asked of it from now on; nothing where that is so already. */
  begin(now: number): void {
    this.#since ??= now;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#last = bytes;
    this.#ceiling = undefined;
  }

  /** Nothing is asked of it any more. */
  pause(now: number): void {
    if (this.#since === undefined) return;
    this.#busyFor += now - this.#since;
    this.#since = undefined;
    this.#ceiling = undefined;
  }

  /** Ends the interval where it has lasted at least that long. */
  sample(now: number, seconds: number): void {
    const busy = this.#busyFor + (this.#since === undefined ? 0 : now - this.#since);
    if (busy < seconds) return;
    if (this.#bytes === 0) {
      if (this.#since !== undefined) this.#ceiling = this.#last / busy;
      return;
    }
    const rate = this.#bytes / busy;
    this.#mean = this.#mean === undefined ? rate : this.#mean * (1 - WEIGHT) + rate * WEIGHT;
    this.#bytes = 0;
    this.#busyFor = 0;
    if (this.#since !== undefined) this.#since = now;
  }
}
