import { MAX_OPEN_BLOCKS, WRITE_BLOCK_BYTES } from '../limits.ts';

/** Bytes and where in the file they belong. */
export interface DiskWrite {
  readonly position: number;
  readonly bytes: Buffer;
}

interface Block {
  readonly bytes: Buffer;
  /** 1 for each byte that has arrived. */
  readonly present: Uint8Array;
  missing: number;
}

/**
 * Gathers small chunks, in any order, into writes of WRITE_BLOCK_BYTES; touches no disk.
 * A full block leaves at once. One too many, and the oldest leaves with what it has, piece by piece: its holes are not
 * written, so a block may come back for them later, no order between writes matters and no memory of it is kept.
 * Costs at most MAX_OPEN_BLOCKS × 2 × WRITE_BLOCK_BYTES. Each byte of the file may be put once.
 */
export class BlockBuffers {
  readonly #fileSize: number;
  readonly #blocks = new Map<number, Block>();

  /** @param fileSize bytes; the last block ends there */
  constructor(fileSize: number) {
    this.#fileSize = fileSize;
  }

  /** Takes a copy of a chunk that lies inside the file; what can be written now. */
  put(offset: number, chunk: Buffer): DiskWrite[] {
    const writes: DiskWrite[] = [];
    for (let at = 0; at < chunk.length;) {
      const index = Math.floor((offset + at) / WRITE_BLOCK_BYTES);
      const start = index * WRITE_BLOCK_BYTES;
      const from = offset + at - start;
      const block = this.#blocks.get(index) ?? this.#begin(index, writes);
      const piece = chunk.subarray(at, at + block.bytes.length - from);
      block.bytes.set(piece, from);
      block.present.fill(1, from, from + piece.length);
      block.missing -= piece.length;
      at += piece.length;
      if (block.missing > 0) continue;
      this.#blocks.delete(index);
      writes.push({ position: start, bytes: block.bytes });
    }
    return writes;
  }

  /** All that still waits; afterwards nothing is held. */
  drain(): DiskWrite[] {
    const writes = [...this.#blocks].flatMap(([index, block]) => [...pieces(index, block)]);
    this.#blocks.clear();
    return writes;
  }

  #begin(index: number, writes: DiskWrite[]): Block {
    const [oldest] = this.#blocks;
    if (oldest !== undefined && this.#blocks.size >= MAX_OPEN_BLOCKS) {
      this.#blocks.delete(oldest[0]);
      writes.push(...pieces(...oldest));
    }
    const length = Math.min(WRITE_BLOCK_BYTES, this.#fileSize - index * WRITE_BLOCK_BYTES);
    const block = { bytes: Buffer.allocUnsafe(length), present: new Uint8Array(length), missing: length };
    this.#blocks.set(index, block);
    return block;
  }
}

function* pieces(index: number, { bytes, present }: Block): Generator<DiskWrite> {
  let from = present.indexOf(1);
  while (from !== -1) {
    const hole = present.indexOf(0, from);
    const end = hole === -1 ? bytes.length : hole;
    // A copy, or a few bytes in a queue would hold on to their whole block.
    yield { position: index * WRITE_BLOCK_BYTES + from, bytes: Buffer.from(bytes.subarray(from, end)) };
    from = present.indexOf(1, end);
  }
}
