/** Pairs of neighbour and file that are remembered; one more forgets the oldest. */
const MAX_UPLOADS = 256;
/** A neighbour that asks for a file again after this long downloads it again. */
const UPLOAD_IDLE_MS = 10_000;

interface Upload {
  readonly neighbour: string;
  readonly name: string;
  /** Of its last request. */
  time: number;
}

/**
 * Who downloads what from us right now, as far as its requests tell. Asked at every single request, nearly always about
 * the same file as just before.
 */
export class Uploads {
  readonly #now: () => number;
  readonly #uploads = new Map<string, Upload>();
  #latest: Upload | undefined;

  /** `now` in milliseconds, from any zero. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes a request for a chunk, and tells whether it is the first of a download. */
  begins(neighbour: string, name: string): boolean {
    const latest = this.#latest;
    const isSame = latest !== undefined && latest.name === name && latest.neighbour === neighbour;
    const upload = isSame ? latest : this.#find(neighbour, name);
    this.#latest = upload;
    const now = this.#now();
    const idle = now - upload.time;
    upload.time = now;
    return idle >= UPLOAD_IDLE_MS;
  }

  #find(neighbour: string, name: string): Upload {
    const key = `${neighbour} ${name}`;
    const known = this.#uploads.get(key);
    if (known !== undefined) return known;
    const upload = { neighbour, name, time: -Infinity };
    this.#uploads.set(key, upload);
    if (this.#uploads.size > MAX_UPLOADS) {
      const [oldest = ''] = this.#uploads.keys();
      this.#uploads.delete(oldest);
    }
    return upload;
  }
}
