/** What is to be fetched, and from whom: plain facts, no state. Sizes and offsets in bytes. */

/** A neighbour that offers the file, and the token under which it listed it. */
export interface Source<S extends string = string> {
  readonly address: S;
  readonly token: string;
  /** Hexadecimal digest of its file, where it has told it. */
  readonly sha256?: string | undefined;
}

/** A file of the network: equal names and sizes are one file (protocol, section 3), unless digests tell them apart. */
export interface FoundFile<S extends string = string> {
  readonly name: string;
  readonly size: number;
  /** The content that the person has chosen by choosing this row; undefined where its sources have not settled it yet. */
  readonly sha256?: string | undefined;
  readonly sources: readonly Source<S>[];
}

export interface Chunk {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

export function chunkCount(size: number, chunkSize: number): number {
  return Math.ceil(size / chunkSize);
}

/** The bytes [index × chunkSize, min((index + 1) × chunkSize, size)). */
export function chunkAt(index: number, size: number, chunkSize: number): Chunk {
  const offset = index * chunkSize;
  return { index, offset, length: Math.min(chunkSize, size - offset) };
}

/** The chunks that lie wholly within those bytes: [first, end). */
export function chunksWithin(
  [from, to]: readonly [from: number, to: number],
  size: number,
  chunkSize: number,
): { first: number; end: number } {
  const end = to >= size ? chunkCount(size, chunkSize) : Math.floor(to / chunkSize);
  return { first: Math.ceil(from / chunkSize), end };
}
