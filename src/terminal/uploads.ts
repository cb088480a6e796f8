/** Pairs of neighbour and file that are remembered; one more forgets the oldest. */
const MAX_UPLOADS = 256;
/** A neighbour that asks for a file again after this long downloads it again. */
const UPLOAD_IDLE_MS = 10_000;

/** Who downloads what from us right now, as far as its requests tell; asked at every single request. */
export class Uploads {
  readonly #now: () => number;
  readonly #lastRequest = new Map<string, number>();

  /** `now` in milliseconds, from any zero. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes a request for a chunk, and tells whether it is the first of a download. */
  begins(neighbour: string, name: string): boolean {
    const key = `${neighbour} ${name}`;
    const now = this.#now();
    const last = this.#lastRequest.get(key);
    this.#lastRequest.set(key, now);
    if (last !== undefined) return now - last >= UPLOAD_IDLE_MS;
    if (this.#lastRequest.size > MAX_UPLOADS) {
      const [oldest = ''] = this.#lastRequest.keys();
      this.#lastRequest.delete(oldest);
    }
    return true;
  }
}
