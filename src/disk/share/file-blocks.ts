import { FileError } from '../../errors.ts';
import { LARGEST_CHUNK_READ_AHEAD, READ_AHEAD_BYTES } from '../../limits.ts';
import type { Block, ReadAhead } from './read-ahead.ts';

const HALF = READ_AHEAD_BYTES / 2;

/**
 * The blocks of one file that are in memory. Sequential readers find theirs there: at the second half of a block the
 * next one is fetched. Where a block cannot be had (all places taken by others on their way, a damaged or cut end of
 * it), the bytes asked for are read alone. Touches the disk only through `load`.
 */
export class FileBlocks {
  readonly #size: number;
  readonly #ahead: ReadAhead;
  readonly #load: (offset: number, length: number) => Promise<Buffer>;
  readonly #blocks = new Map<number, Block>();
  #last: Block | undefined;
  #dropped = false;

  /**
   * @param size bytes of the file; nothing behind them is loaded
   * @param load exactly these bytes of the file, in a buffer of their own; throws FileError
   */
  constructor(size: number, ahead: ReadAhead, load: (offset: number, length: number) => Promise<Buffer>) {
    this.#size = size;
    this.#ahead = ahead;
    this.#load = load;
  }

  /**
   * These bytes where they are in memory, undefined otherwise, and always for more than LARGEST_CHUNK_READ_AHEAD or what
   * lies outside. They hold on to their whole block: for use at once.
   */
  get(offset: number, length: number): Buffer | undefined {
    if (!Number.isSafeInteger(offset) || !(length <= LARGEST_CHUNK_READ_AHEAD)) return undefined;
    const block = this.#last;
    const bytes = block?.bytes;
    if (block !== undefined && bytes !== undefined && Number.isSafeInteger(length) && length > 0) {
      const from = offset - block.start;
      const to = from + length;
      if (from >= 0 && to <= bytes.length) {
        this.#use(block, to);
        return bytes.subarray(from, to);
      }
    }
    return this.#search(offset, length);
  }

  /**
   * The same from the memory or the disk, as a copy: a few bytes that wait for a slow network must not hold on to a
   * block each.
   * @throws FileError whatever `load` throws
   */
  async read(offset: number, length: number): Promise<Buffer> {
    const there = this.get(offset, length);
    if (there !== undefined) return Buffer.from(there);
    try {
      const bytes = await this.#gather(offset, length);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      // A whole block may fail for bytes that nobody asked for.
      if (!(error instanceof FileError)) throw error;
    }
    return this.#load(offset, length);
  }

  /** Forgets all blocks, and keeps none from now on. */
  drop(): void {
    this.#dropped = true;
    this.#last = undefined;
    for (const block of this.#blocks.values()) if (block.bytes !== undefined) this.#ahead.remove(block);
    // What is on its way keeps its place among all blocks until it has come.
    this.#blocks.clear();
  }

  #search(offset: number, length: number): Buffer | undefined {
    if (!Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > this.#size) {
      return undefined;
    }
    if (length === 0) return Buffer.alloc(0);
    const block = this.#blocks.get(Math.floor(offset / READ_AHEAD_BYTES));
    const bytes = block?.bytes;
    if (block === undefined || bytes === undefined) return undefined;
    const from = offset - block.start;
    const next = from + length > bytes.length ? this.#blocks.get(block.index + 1) : block;
    const nextBytes = next?.bytes;
    this.#use(block, from + length);
    if (next === undefined || nextBytes === undefined) return undefined;
    this.#last = next;
    if (next === block) return bytes.subarray(from, from + length);
    const rest = offset + length - next.start;
    this.#use(next, rest);
    return Buffer.concat([bytes.subarray(from), nextBytes.subarray(0, rest)]);
  }

  async #gather(offset: number, length: number): Promise<Buffer | undefined> {
    const end = offset + length;
    const index = Math.floor(offset / READ_AHEAD_BYTES);
    const indexes = end > (index + 1) * READ_AHEAD_BYTES ? [index, index + 1] : [index];
    const parts = indexes.map(async (index) => {
      const block = this.#block(index);
      // Taken before anything else happens: the next block may push this one out.
      const coming = block?.bytes ?? block?.loading;
      if (block === undefined || coming === undefined) return undefined;
      this.#use(block, end - block.start);
      return (await coming).subarray(Math.max(offset - block.start, 0), end - block.start);
    });
    const bytes = (await Promise.all(parts)).filter((part) => part !== undefined);
    return bytes.length === indexes.length ? Buffer.concat(bytes) : undefined;
  }

  #use(block: Block, to: number): void {
    this.#ahead.use(block);
    if (to <= HALF || block.leads) return;
    block.leads = true;
    if (block.start + READ_AHEAD_BYTES < this.#size) this.#block(block.index + 1);
  }

  /** A block that is there or on its way, undefined where there is no place for it. */
  #block(index: number): Block | undefined {
    const present = this.#blocks.get(index);
    if (present !== undefined || this.#dropped) return present;
    const block = this.#ahead.admit(this.#blocks, index);
    if (block === undefined) return undefined;
    block.loading = this.#fill(block);
    // Nobody may be waiting for it; whoever reads there later meets the same error.
    block.loading.catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
    return block;
  }

  async #fill(block: Block): Promise<Buffer> {
    try {
      const bytes = await this.#load(block.start, Math.min(READ_AHEAD_BYTES, this.#size - block.start));
      if (this.#dropped) this.#ahead.remove(block);
      else block.bytes = bytes;
      return bytes;
    } catch (error) {
      this.#ahead.remove(block);
      throw error;
    } finally {
      block.loading = undefined;
    }
  }
}
