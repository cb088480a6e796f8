import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { DownloadError, FileError } from '../../errors.ts';
import { fileError } from '../file-error.ts';
import { readFully } from '../folder.ts';

/** A file is hashed in pieces of this size, each less than a millisecond of the event loop. */
export const HASH_PIECE_BYTES = 256 * 1024;

/**
 * The SHA-256 of a file that is still being written: follows the bytes that are there from the first one on, and so has
 * little left to do at the end. What comes in order is hashed as it comes; the rest is read back while the system still
 * has it in memory, one piece at a time. Only `finish` waits for it.
 */
export class PrefixHash {
  readonly #handle: FileHandle;
  readonly #path: string;
  #hash = createHash('sha256');
  /** Bytes hashed; and with those that are being read. */
  #position = 0;
  #readTo = 0;
  /** Bytes there are to hash. */
  #goal = 0;
  #piece = Buffer.alloc(0);
  /** Never rejects. */
  #running: Promise<void> | undefined;
  #failure: FileError | undefined;
  #isStopped = false;
  /** Of who waits for the end. */
  #signal: AbortSignal | undefined;

  /** @param path what the user would look at, for errors */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** So many bytes are there from the first one on. */
  follow(prefix: number): void {
    this.#goal = prefix;
    if (this.#running === undefined && prefix - this.#position >= HASH_PIECE_BYTES) {
      void this.#begin(HASH_PIECE_BYTES);
    }
  }

  /** These bytes have just been written: where they are the next ones, they need not be read back. */
  take(from: number, bytes: Buffer): void {
    if (from !== this.#position || bytes.length > HASH_PIECE_BYTES) return;
    if (this.#running !== undefined || this.#isStopped) return;
    this.#hash.update(bytes);
    this.#position += bytes.length;
    this.#readTo = this.#position;
  }

  /** Bytes from here on have been written again, or will be. */
  invalidate(from: number): void {
    if (from >= this.#readTo) return;
    this.#hash = createHash('sha256');
    this.#position = 0;
    this.#readTo = 0;
  }

  /**
   * The hash of the first `size` bytes, in lower-case hexadecimal digits. They are all there, and stay as they are.
   * @throws FileError `io`, also after `stop`; `changed` where the file is shorter
   * @throws DownloadError `aborted` at the next piece after an abort
   */
  async finish(size: number, signal?: AbortSignal): Promise<string> {
    this.#signal = signal;
    try {
      while (this.#running !== undefined) await this.#running;
      this.#goal = size;
      await this.#begin(1);
    } finally {
      this.#signal = undefined;
    }
    if (this.#position === size) return this.#hash.copy().digest('hex');
    if (signal?.aborted === true) throw new DownloadError('aborted', []);
    throw this.#failure ?? new FileError('io', this.#path, { cause: new Error('stopped') });
  }

  /** Done once no read is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  #begin(least: number): Promise<void> {
    this.#running = this.#run(least).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(least: number): Promise<void> {
    this.#failure = undefined;
    try {
      const isOver = () => this.#isStopped || this.#signal?.aborted === true;
      while (!isOver() && this.#goal - this.#position >= least) await this.#step();
    } catch (error) {
      // Kept for `finish`; until then another try costs nothing.
      this.#failure = fileError(error, this.#path);
    }
  }

  async #step(): Promise<void> {
    const hash = this.#hash;
    const position = this.#position;
    const length = Math.min(this.#goal - position, HASH_PIECE_BYTES);
    if (this.#piece.length < length) this.#piece = Buffer.allocUnsafe(length);
    const bytes = this.#piece.subarray(0, length);
    this.#readTo = position + length;
    await readFully(this.#handle, bytes, position, this.#path);
    // Begun anew meanwhile.
    if (this.#hash !== hash) return;
    hash.update(bytes);
    this.#position = position + length;
  }
}
