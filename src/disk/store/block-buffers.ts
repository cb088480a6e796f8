import { ByteRanges } from './byte-ranges.ts';

/** Small chunks are gathered in blocks of this size before they are written: 64 KiB and more run at the speed of the disk. */
export const WRITE_BLOCK_BYTES = 256 * 1024;

/** Blocks that wait for their missing chunks; then the oldest is written with its holes. */
export const MAX_OPEN_BLOCKS = 64;

/** Bytes and where in the file they belong. */
export interface DiskWrite {
  readonly position: number;
  readonly bytes: Buffer;
}

interface Block {
  readonly index: number;
  /** Where in the file it begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
  readonly present: ByteRanges;
}

/** What nearly every chunk brings about: nothing to write yet. */
const NONE: readonly DiskWrite[] = [];

/**
 * Gathers small chunks, in any order, into writes of WRITE_BLOCK_BYTES; touches no disk.
 * A full block leaves at once. One too many, and the oldest leaves with what it has, piece by piece: its holes are not
 * written, so a block may come back for them later. What is put later leaves later, so that a byte that comes again
 * replaces the former one as long as the writes keep their order.
 * Holds at most MAX_OPEN_BLOCKS × WRITE_BLOCK_BYTES and a few numbers for each piece. A chunk of 256 bytes costs 0.1 µs.
 */
export class BlockBuffers {
  readonly #fileSize: number;
  readonly #blocks = new Map<number, Block>();
  /** The block of the last chunk: most likely that of the next one, too. */
  #last: Block | undefined;

  /** @param fileSize bytes; the last block ends there */
  constructor(fileSize: number) {
    this.#fileSize = fileSize;
  }

  /** Takes a copy of a chunk that lies inside the file; what can be written now. */
  put(offset: number, chunk: Buffer): readonly DiskWrite[] {
    let block = this.#last;
    if (block === undefined || offset < block.from || offset >= block.to) {
      block = this.#blocks.get(indexOf(offset));
    }
    if (block === undefined || offset + chunk.length > block.to) return this.#share(offset, chunk);
    return this.#fill(block, offset, chunk);
  }

  /** What waits of the blocks that share bytes with [from, to): it leaves before what is written there past the blocks. */
  drainOver(from: number, to: number): readonly DiskWrite[] {
    if (this.#blocks.size === 0) return NONE;
    const over = [...this.#blocks.values()].filter((block) => block.from < to && from < block.to);
    for (const { index } of over) this.#forget(index);
    return over.flatMap(pieces);
  }

  /** All that still waits; afterwards nothing is held. */
  drain(): readonly DiskWrite[] {
    if (this.#blocks.size === 0) return NONE;
    const writes = [...this.#blocks.values()].flatMap(pieces);
    this.#blocks.clear();
    this.#last = undefined;
    return writes;
  }

  /** Takes a chunk for which there is no block yet, or that spans blocks. */
  #share(offset: number, chunk: Buffer): readonly DiskWrite[] {
    const writes: DiskWrite[] = [];
    for (let at = 0; at < chunk.length;) {
      const index = indexOf(offset + at);
      const block = this.#blocks.get(index) ?? this.#begin(index, writes);
      const end = Math.min(chunk.length, block.to - offset);
      writes.push(...this.#fill(block, offset + at, chunk.subarray(at, end)));
      at = end;
    }
    return writes;
  }

  #fill(block: Block, offset: number, piece: Buffer): readonly DiskWrite[] {
    const { index, from, to, bytes, present } = block;
    bytes.set(piece, offset - from);
    present.add(offset, offset + piece.length);
    this.#last = block;
    if (!present.has(from, to)) return NONE;
    this.#forget(index);
    return [{ position: from, bytes }];
  }

  #begin(index: number, writes: DiskWrite[]): Block {
    const [oldest] = this.#blocks.values();
    if (oldest !== undefined && this.#blocks.size >= MAX_OPEN_BLOCKS) {
      this.#forget(oldest.index);
      writes.push(...pieces(oldest));
    }
    const from = index * WRITE_BLOCK_BYTES;
    const to = Math.min(from + WRITE_BLOCK_BYTES, this.#fileSize);
    const block = { index, from, to, bytes: Buffer.allocUnsafe(to - from), present: new ByteRanges() };
    this.#blocks.set(index, block);
    return block;
  }

  #forget(index: number): void {
    this.#blocks.delete(index);
    if (this.#last?.index === index) this.#last = undefined;
  }
}

const indexOf = (offset: number): number => Math.floor(offset / WRITE_BLOCK_BYTES);

function pieces({ from, bytes, present }: Block): DiskWrite[] {
  // Copies, or a few bytes in a queue would hold on to their whole block.
  return present.list().map(([start, end]) => ({
    position: start,
    bytes: Buffer.from(bytes.subarray(start - from, end - from)),
  }));
}
