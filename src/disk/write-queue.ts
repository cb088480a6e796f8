import { FileError } from '../errors.ts';
import { MAX_QUEUED_WRITE_BYTES, MIN_QUEUED_WRITE_BYTES } from '../limits.ts';
import type { DiskWrite } from './block-buffers.ts';
import { fileError } from './file-error.ts';

/** What a FileHandle can do for us. */
export interface WriteTarget {
  write(
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** Writes one piece after the other, in their order. After the first failure, or `stop`, the rest is dropped. */
export class WriteQueue {
  readonly #target: WriteTarget;
  readonly #path: string;
  readonly #onWritten: (from: number, to: number) => void;
  #tail = Promise.resolve();
  #queuedBytes = 0;
  #failure: FileError | undefined;
  #stopped = false;

  /**
   * @param path what the user would look at, for errors
   * @param onWritten hears of the bytes of each piece once the system has taken them
   */
  constructor(target: WriteTarget, path: string, onWritten: (from: number, to: number) => void) {
    this.#target = target;
    this.#path = path;
    this.#onWritten = onWritten;
  }

  /** The failure of an earlier write. */
  get failure(): FileError | undefined {
    return this.#failure;
  }

  /** More waits for the disk than should. */
  get congested(): boolean {
    return this.#queuedBytes > MAX_QUEUED_WRITE_BYTES;
  }

  /** The bytes must not be changed any more. */
  push(write: DiskWrite): void {
    const cost = Math.max(write.bytes.length, MIN_QUEUED_WRITE_BYTES);
    this.#queuedBytes += cost;
    this.#tail = this.#tail.then(async () => {
      await this.#write(write);
      this.#queuedBytes -= cost;
    });
  }

  /** Runs once all that was pushed until now has been written or dropped, and before anything that is pushed later. */
  afterwards(action: () => void): void {
    this.#tail = this.#tail.then(action);
  }

  /**
   * All that was pushed until now has been written, or dropped by `stop`.
   * @throws FileError the failure of a write
   */
  async settled(): Promise<void> {
    await this.#tail;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Drops what waits; done once no write is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#tail;
  }

  async #write({ position, bytes }: DiskWrite): Promise<void> {
    if (this.#stopped || this.#failure !== undefined) return;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#target.write(bytes, at, bytes.length - at, position + at);
        if (bytesWritten === 0) throw new FileError('io', this.#path);
        at += bytesWritten;
      }
      this.#onWritten(position, position + bytes.length);
    } catch (error) {
      this.#failure = fileError(error, this.#path);
    }
  }
}
