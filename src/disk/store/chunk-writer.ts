import type { FileHandle } from 'node:fs/promises';
import type { FileError } from '../../errors.ts';
import { BlockBuffers, type DiskWrite } from './block-buffers.ts';
import type { ByteRange } from '../../download/engine/download-options.ts';
import { ByteRanges } from './byte-ranges.ts';
import { WriteQueue } from './write-queue.ts';

/** What comes in this size and up is not gathered: those that follow each other are written together anyway, and not copied. */
const GATHER_BELOW_BYTES = 32 * 1024;

export interface ChunkWriterOptions {
  readonly handle: FileHandle;
  /** What the user would look at, for errors. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of each chunk but the last. */
  readonly chunkSize: number;
  /** What is on the disk already. */
  readonly present: readonly ByteRange[];
  /** Called for bytes that the disk has now, perhaps in place of others. */
  readonly onWritten: (write: DiskWrite) => void;
}

/**
 * The way of chunks to the disk, through BlockBuffers and WriteQueue, and the account of what has got there and may be
 * trusted: a byte counts once its write is over, not when it was handed in.
 */
export class ChunkWriter {
  readonly #queue: WriteQueue;
  /** Undefined where chunks are large enough as they come. */
  readonly #blocks: BlockBuffers | undefined;
  /** Where the last bytes ended that were not gathered. */
  #ungatheredTo = -1;
  readonly #written = new ByteRanges();
  /** Doubted while they may be on their way to the disk: they do not count when they get there. */
  readonly #doubts = new Set<readonly ByteRange[]>();

  constructor({ handle, path, size, chunkSize, present, onWritten }: ChunkWriterOptions) {
    for (const [from, to] of present) this.#written.add(from, to);
    this.#blocks = chunkSize < GATHER_BELOW_BYTES ? new BlockBuffers(size) : undefined;
    this.#queue = new WriteQueue(handle, path, (write) => {
      this.#written.add(write.position, write.position + write.bytes.length);
      for (const ranges of this.#doubts) for (const range of ranges) this.#written.remove(...range);
      onWritten(write);
    });
  }

  /** What is on the disk and may be trusted. */
  get written(): Pick<ByteRanges, 'has' | 'list' | 'prefix' | 'total'> {
    return this.#written;
  }

  /** The failure of an earlier write. */
  get failure(): FileError | undefined {
    return this.#queue.failure;
  }

  /** More waits for the disk than should. */
  get congested(): boolean {
    return this.#queue.congested;
  }

  /** Takes `length` bytes that lie inside the file, in pieces that follow each other. */
  put(offset: number, pieces: readonly Buffer[], length: number): void {
    // A few bytes that go on where many ended belong to them.
    const isGathered = length < GATHER_BELOW_BYTES && offset !== this.#ungatheredTo;
    const blocks = isGathered ? this.#blocks : undefined;
    // What came before is written before.
    const former = blocks === undefined ? this.#blocks?.drainOver(offset, offset + length) : undefined;
    for (const write of former ?? []) this.#queue.push(write);
    if (!isGathered) this.#ungatheredTo = offset + length;
    let position = offset;
    for (const bytes of pieces) {
      for (const write of blocks?.put(position, bytes) ?? [{ position, bytes }]) this.#queue.push(write);
      position += bytes.length;
    }
  }

  /**
   * The disk has caught up.
   * @throws FileError the failure of a write
   */
  caughtUp(): Promise<void> {
    return this.#queue.relieved();
  }

  /** What was put until now in these ranges does not count any more. */
  doubt(ranges: readonly ByteRange[]): void {
    this.#drain();
    this.#doubts.add(ranges);
    this.#queue.afterwards(() => this.#doubts.delete(ranges));
    for (const range of ranges) this.#written.remove(...range);
  }

  /**
   * All that was put until now has been written, or dropped by `stop`.
   * @throws FileError the failure of a write
   */
  settled(): Promise<void> {
    this.#drain();
    return this.#queue.settled();
  }

  /** Drops what waits; done once no write is under way. */
  async stop(): Promise<void> {
    await this.#queue.stop();
    this.#blocks?.drain();
  }

  #drain(): void {
    for (const write of this.#blocks?.drain() ?? []) this.#queue.push(write);
  }
}
