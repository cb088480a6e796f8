import { READ_AHEAD_BLOCKS, READ_AHEAD_BYTES } from '../../limits.ts';

/** READ_AHEAD_BYTES of a file, or what is left of it at its end. */
export interface Block {
  /** The blocks of its file, by index; it leaves them when it goes. */
  readonly home: Map<number, Block>;
  readonly index: number;
  /** Where in the file it begins. */
  readonly start: number;
  /** Undefined while they are on their way, and once the block has gone. They are never written to again. */
  bytes: Buffer | undefined;
  /** Settles with the bytes, for all who came before them. */
  loading: Promise<Buffer> | undefined;
  /** The block behind it was asked for, because this one comes to its end. */
  leads: boolean;
  /** A larger number is a later use. */
  usedAt: number;
}

/**
 * The blocks of all files that are served, READ_AHEAD_BLOCKS at most, those on their way included: whoever asks for a
 * thousand chunks all over a folder costs no more memory than whoever asks for one.
 */
export class ReadAhead {
  readonly #blocks = new Set<Block>();
  #uses = 0;

  /** How many there are. */
  get size(): number {
    return this.#blocks.size;
  }

  /** A place for one more block, perhaps that of the least recently used one; undefined while all are on their way. */
  admit(home: Map<number, Block>, index: number): Block | undefined {
    if (this.#blocks.size >= READ_AHEAD_BLOCKS) {
      const oldest = this.#leastRecentlyUsed();
      if (oldest === undefined) return undefined;
      this.remove(oldest);
    }
    const block: Block = {
      home,
      index,
      start: index * READ_AHEAD_BYTES,
      bytes: undefined,
      loading: undefined,
      leads: false,
      usedAt: ++this.#uses,
    };
    this.#blocks.add(block);
    home.set(index, block);
    return block;
  }

  /** A number, no moving in a Map: this happens at every chunk, the search for the oldest once in a block. */
  use(block: Block): void {
    block.usedAt = ++this.#uses;
  }

  remove(block: Block): void {
    this.#blocks.delete(block);
    block.home.delete(block.index);
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
