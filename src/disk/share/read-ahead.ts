import { FileError } from '../../errors.ts';

/**
 * Small chunks are served out of blocks that are read ahead: a disk read costs more than it takes to send a hundred of them.
 * All blocks together cost READ_AHEAD_BLOCKS × READ_AHEAD_BYTES.
 */
export const READ_AHEAD_BYTES = 128 * 1024;
export const READ_AHEAD_BLOCKS = 64;
/** Larger chunks are read alone. */
export const LARGEST_CHUNK_READ_AHEAD = 16 * 1024;

const HALF = READ_AHEAD_BYTES / 2;

/** READ_AHEAD_BYTES of a file, or what is left of it at its end. */
interface Block {
  /** The blocks of its file, by index; it leaves them when it goes. */
  readonly siblings: Map<number, Block>;
  readonly index: number;
  /** Where in the file it begins. */
  readonly start: number;
  /** Undefined while they are on their way, and once the block has gone. They are never written to again. */
  bytes: Buffer | undefined;
  /** Settles with the bytes, for all who came before them. */
  loading: Promise<Buffer> | undefined;
  /** The next block was asked for, because this one comes to its end. */
  isFollowed: boolean;
  /** A larger number is a later use. */
  usedAt: number;
}

/**
 * The blocks of all files that are served, READ_AHEAD_BLOCKS at most, those on their way included: a thousand chunks all
 * over a folder cost no more memory than one. A block on its way cannot be pushed out, which a library's cache does not know.
 */
export class ReadAhead {
  readonly #blocks = new Set<Block>();
  #uses = 0;

  /** How many there are. */
  get size(): number {
    return this.#blocks.size;
  }

  /** A place for one more block, perhaps that of the least recently used one; undefined while all are on their way. */
  admit(siblings: Map<number, Block>, index: number): Block | undefined {
    if (this.#blocks.size >= READ_AHEAD_BLOCKS) {
      const oldest = this.#leastRecentlyUsed();
      if (oldest === undefined) return undefined;
      this.remove(oldest);
    }
    const block: Block = {
      siblings,
      index,
      start: index * READ_AHEAD_BYTES,
      bytes: undefined,
      loading: undefined,
      isFollowed: false,
      usedAt: ++this.#uses,
    };
    this.#blocks.add(block);
    siblings.set(index, block);
    return block;
  }

  /** A number, no moving in a Map: this happens at every chunk, the search for the oldest once in a block. */
  use(block: Block): void {
    block.usedAt = ++this.#uses;
  }

  remove(block: Block): void {
    this.#blocks.delete(block);
    block.siblings.delete(block.index);
    block.bytes = undefined;
  }

  #leastRecentlyUsed(): Block | undefined {
    let oldest: Block | undefined;
    for (const block of this.#blocks) {
      if (block.bytes !== undefined && block.usedAt < (oldest?.usedAt ?? Infinity)) oldest = block;
    }
    return oldest;
  }
}

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
   * @param size bytes of the file; nothing after them is loaded
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
      // A whole block may fail for bytes that were not asked for.
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
    if (to <= HALF || block.isFollowed) return;
    block.isFollowed = true;
    if (block.start + READ_AHEAD_BYTES < this.#size) this.#block(block.index + 1);
  }

  /** A block that is there or on its way, undefined where there is no place for it. */
  #block(index: number): Block | undefined {
    const present = this.#blocks.get(index);
    if (present !== undefined || this.#dropped) return present;
    const block = this.#ahead.admit(this.#blocks, index);
    if (block === undefined) return undefined;
    block.loading = this.#fill(block);
    // Perhaps no reader waits for it; a later one meets the same error.
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
