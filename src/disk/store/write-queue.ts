import { FileError } from '../../errors.ts';
import { WRITE_BLOCK_BYTES, type DiskWrite } from './block-buffers.ts';
import { fileError } from '../file-error.ts';

/** Bytes on their way to the disk, then a download waits for it: enough to keep it busy, no more than a few blocks. */
export const MAX_QUEUED_WRITE_BYTES = 16 * WRITE_BLOCK_BYTES;

/** Pieces that follow each other are written together, up to so many bytes and so many pieces (a system takes 1024). */
const MAX_WRITE_BYTES = 2 * 1024 * 1024;
const MAX_WRITE_PIECES = 256;

/** A queued write counts for at least one page: the queue of a download in tiny pieces must end as well. */
export const MIN_QUEUED_WRITE_BYTES = 4 * 1024;

/** What a FileHandle can do for us. */
export interface WriteTarget {
  write(
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  writev(pieces: readonly Buffer[], position: number): Promise<{ readonly bytesWritten: number }>;
}

/**
 * Writes in order; pieces that follow each other in the file leave together, for each write takes a turn of the event loop,
 * and in one turn more may come in than a single piece. After the first failure, or `stop`, the rest is dropped.
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  readonly #path: string;
  readonly #onWritten: (write: DiskWrite) => void;
  /** Pieces, and what is to be done between them. */
  readonly #waiting: (DiskWrite | (() => void))[] = [];
  /** Never rejects. */
  #running: Promise<void> | undefined;
  #onRelieved: (() => void)[] = [];
  #queuedBytes = 0;
  #failure: FileError | undefined;
  #stopped = false;

  /**
   * @param path what the user would look at, for errors
   * @param onWritten called for each piece once the system has taken it
   */
  constructor(target: WriteTarget, path: string, onWritten: (write: DiskWrite) => void) {
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
    this.#queuedBytes += costOf(write);
    this.#add(write);
  }

  /** Runs once all that was pushed until now has been written or dropped, and before anything that is pushed later. */
  afterwards(action: () => void): void {
    this.#add(action);
  }

  /**
   * Waits until half of what may wait does, at the most: a producer that goes on only when nothing is left lets the disk stand idle.
   * @throws FileError the failure of a write
   */
  async relieved(): Promise<void> {
    if (this.#isLaden) await new Promise<void>((resolve) => this.#onRelieved.push(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * All that was pushed until now has been written, or dropped by `stop`.
   * @throws FileError the failure of a write
   */
  async settled(): Promise<void> {
    if (this.#running !== undefined) await new Promise<void>((resolve) => this.afterwards(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Drops what waits; done once no write is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  get #isLaden(): boolean {
    return this.#queuedBytes > MAX_QUEUED_WRITE_BYTES / 2;
  }

  #add(item: DiskWrite | (() => void)): void {
    this.#waiting.push(item);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What is pushed in the same turn may leave together.
    await Promise.resolve();
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      if (typeof item === 'function') item();
      else await this.#writeAll(this.#withFollowers(item));
    }
    this.#running = undefined;
  }

  /** The piece, and those after it that go on where it ends. */
  #withFollowers(first: DiskWrite): DiskWrite[] {
    const writes = [first];
    let bytes = first.bytes.length;
    for (;;) {
      const [next] = this.#waiting;
      const isFollower = typeof next === 'object' && next.position === first.position + bytes;
      if (!isFollower || bytes + next.bytes.length > MAX_WRITE_BYTES || writes.length === MAX_WRITE_PIECES) {
        return writes;
      }
      writes.push(next);
      bytes += next.bytes.length;
      this.#waiting.shift();
    }
  }

  async #writeAll(writes: readonly DiskWrite[]): Promise<void> {
    try {
      if (!this.#stopped && this.#failure === undefined) await this.#write(writes);
    } catch (error) {
      this.#failure = fileError(error, this.#path);
    }
    for (const write of writes) this.#queuedBytes -= costOf(write);
    if (this.#isLaden) return;
    for (const resolve of this.#onRelieved.splice(0)) resolve();
  }

  async #write(writes: readonly DiskWrite[]): Promise<void> {
    let pieces = without(
      writes.map(({ bytes }) => bytes),
      0,
    );
    let position = writes[0]?.position ?? 0;
    while (pieces.length > 0) {
      const [first] = pieces;
      const { bytesWritten } =
        pieces.length === 1 && first !== undefined
          ? await this.#target.write(first, 0, first.length, position)
          : await this.#target.writev(pieces, position);
      if (bytesWritten === 0) throw new FileError('io', this.#path);
      position += bytesWritten;
      pieces = without(pieces, bytesWritten);
    }
    for (const write of writes) this.#onWritten(write);
  }
}

/** A queued write counts for more than its bytes, or a queue of tiny ones would have no end. */
function costOf({ bytes }: DiskWrite): number {
  return Math.max(bytes.length, MIN_QUEUED_WRITE_BYTES);
}

/** What is left of the pieces after so many bytes. */
function without(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let done = bytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(done, piece.length);
    done -= skipped;
    return skipped === piece.length ? [] : [piece.subarray(skipped)];
  });
}
