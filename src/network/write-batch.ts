import { SMALL_WRITE_BYTES } from '../limits.ts';

/**
 * Gathers the small pieces that are written in one turn into one: a write costs a system call whatever its size, and small
 * messages come by the hundred. Nothing waits longer than the turn.
 */
export class WriteBatch {
  readonly #write: (piece: Buffer | string) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isDue = false;

  constructor(write: (piece: Buffer | string) => void) {
    this.#write = write;
  }

  /** Bytes gathered and not yet written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes must not be changed any more; text goes on as it is. */
  add(piece: Buffer | string): void {
    if (typeof piece === 'string' || piece.length > SMALL_WRITE_BYTES) {
      this.flush();
      this.#write(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > SMALL_WRITE_BYTES) return this.flush();
    if (this.#isDue) return;
    this.#isDue = true;
    process.nextTick(() => {
      this.#isDue = false;
      this.flush();
    });
  }

  flush(): void {
    const [first] = this.#pieces;
    if (first === undefined) return;
    const whole = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    this.#write(whole);
  }
}
