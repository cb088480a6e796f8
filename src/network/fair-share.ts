/** Work in one round of the event loop, in milliseconds; then what has arrived meanwhile is read, and others have their turn. */
const ROUND_MS = 8;

/** Something to do for a remote host, in one go of a few milliseconds at the most; true where it goes on after the round. */
type Work = () => unknown;

/**
 * Shares the processor among remote hosts: as long as a round of the event loop has time left, work is done at once; after that it
 * waits, and each round takes from the hosts in turn. However many connections a host floods, others wait for one piece of its work,
 * not for all of them. Within a host the order is that of asking.
 */
export class FairShare {
  /** By host, in the order of their turns. */
  readonly #waiting = new Map<string, Work[]>();
  /** When the work of this round began, in milliseconds; undefined before it has. */
  #since: number | undefined;
  #isNextDue = false;

  /** Whether there is time left in this round, and nobody waits. */
  hasTime(): boolean {
    if (this.#waiting.size > 0) return false;
    const now = performance.now();
    if (this.#since !== undefined) return now - this.#since < ROUND_MS;
    this.#since = now;
    this.#nextRound();
    return true;
  }

  /** Does it in its turn, never at once. */
  queue(host: string, work: Work): void {
    const works = this.#waiting.get(host);
    if (works === undefined) this.#waiting.set(host, [work]);
    else works.push(work);
    this.#nextRound();
  }

  /** Resolves in the turn of this host; undefined where it need not wait. */
  turn(host: string): Promise<void> | undefined {
    if (this.hasTime()) return undefined;
    return new Promise((resolve) =>
      this.queue(host, () => {
        resolve();
        return true;
      }),
    );
  }

  #nextRound(): void {
    if (this.#isNextDue) return;
    this.#isNextDue = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    this.#isNextDue = false;
    const start = performance.now();
    this.#since = start;
    for (const [host, works] of this.#waiting) {
      const work = works.shift();
      // To the end: a Map visits what is added meanwhile.
      this.#waiting.delete(host);
      if (works.length > 0) this.#waiting.set(host, works);
      const goesOn = work?.() === true;
      if (goesOn || performance.now() - start >= ROUND_MS) break;
    }
    if (this.#waiting.size > 0) this.#nextRound();
    else this.#since = undefined;
  }
}
