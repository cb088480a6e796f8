/** The system is asked for so many bytes at once where they come fast; and where they do not. */
const LARGE_BYTES = 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
/** What is left of a buffer is worth a read from this size on. */
const LEAST_BYTES = 64 * 1024;

/**
 * Memory for what one socket reads, one piece behind the other in few large buffers: Node's own, one of 64 KiB a read, keep the
 * garbage collector busy for a fifth of a fast download. No byte is written twice, so whoever holds a piece may keep it.
 */
export class ReadBuffer {
  #bytes = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #used = 0;
  #isFast = false;

  /** Where the next read goes. */
  next(): Buffer {
    const left = this.#bytes.length - this.#used;
    if (left < LEAST_BYTES && this.#used > 0) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#isFast ? LARGE_BYTES : SMALL_BYTES);
      this.#used = 0;
    }
    return this.#bytes.subarray(this.#used);
  }

  /** So many bytes were read there. */
  take(count: number): Buffer {
    const piece = this.#bytes.subarray(this.#used, this.#used + count);
    this.#used += count;
    this.#isFast = count >= SMALL_BYTES / 2;
    return piece;
  }
}
