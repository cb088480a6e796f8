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

/** Writes one piece after the other. After the first failure, or `stop`, the rest is dropped. */
export class WriteQueue {
  readonly #target: WriteTarget;
  readonly #path: string;
  #tail = Promise.resolve();
  #queuedBytes = 0;
  #failure: FileError | undefined;
  #stopped = false;

  /** @param path what the user would look at, for errors */
  constructor(target: WriteTarget, path: string) {
    this.#target = target;
    this.#path = path;
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

  /** @throws FileError the failure of an earlier write */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * All that was pushed until now has been written, or dropped by `stop`.
   * @throws FileError the failure of a write
   */
  async settled(): Promise<void> {
    await this.#tail;
    this.check();
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
    } catch (error) {
      this.#failure = fileError(error, this.#path);
    }
  }
}
