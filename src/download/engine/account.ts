/** What a download has got so far, and since when. Bytes of chunks that are done; times in seconds, given by the caller. */
export class Account {
  #bytes = 0;
  #resumed = 0;
  /** Undefined before the first request. */
  #startedAt: number | undefined;
  #lastChunkAt = 0;

  /** Received by this download. */
  get bytes(): number {
    return this.#bytes;
  }

  /** There before it, and not doubted. */
  get resumed(): number {
    return this.#resumed;
  }

  /** From the first request to the last chunk received. */
  get seconds(): number {
    return this.#startedAt === undefined ? 0 : this.#lastChunkAt - this.#startedAt;
  }

  /** From the first request until now. */
  secondsUntil(now: number): number {
    return this.#startedAt === undefined ? 0 : now - this.#startedAt;
  }

  /** Something was there before. */
  found(bytes: number): void {
    this.#resumed += bytes;
  }

  /** A request is sent. */
  asked(now: number): void {
    if (this.#startedAt === undefined) this.#startedAt = this.#lastChunkAt = now;
  }

  received(bytes: number, now: number): void {
    this.#bytes += bytes;
    this.#lastChunkAt = now;
  }

  /** So much is doubted, and open again; what was there before is doubtful in any case. */
  reopened(bytes: number): void {
    if (bytes === 0) return;
    this.#bytes -= bytes - this.#resumed;
    this.#resumed = 0;
  }
}
