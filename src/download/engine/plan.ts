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
  /** What those of its sources say that can tell. */
  readonly sha256?: string | undefined;
  readonly sources: readonly Source<S>[];
}

/** What one neighbour listed. */
export interface Listing<S extends string = string> {
  readonly address: S;
  readonly files: readonly { readonly name: string; readonly token: string; readonly size: number }[];
}

export interface Chunk {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** Groups what the neighbours listed into files with their sources, sorted by name, then by size. */
export function findFiles<S extends string>(listings: readonly Listing<S>[]): FoundFile<S>[] {
  const found = new Map<string, { name: string; size: number; sources: Map<S, Source<S>> }>();
  for (const { address, files } of listings) {
    for (const { name, token, size } of files) {
      const key = `${size}:${name}`;
      const file = found.get(key) ?? { name, size, sources: new Map<S, Source<S>>() };
      // A list that names a file twice does not make two sources.
      if (!file.sources.has(address)) file.sources.set(address, { address, token });
      found.set(key, file);
    }
  }
  return [...found.values()]
    .map(({ name, size, sources }) => ({ name, size, sources: [...sources.values()] }))
    .sort((a, b) => (a.name === b.name ? a.size - b.size : a.name < b.name ? -1 : 1));
}

/**
 * Parts the sources of a file by what their content is, the largest part first. Those that cannot tell stay with it.
 * @param digestOf what a source has told of this file
 */
export function partByDigest<S extends string>(
  file: FoundFile<S>,
  digestOf: (source: Source<S>) => string | undefined,
): FoundFile<S>[] {
  const sources = file.sources.map((source) => ({ ...source, sha256: digestOf(source) }));
  const counts = new Map<string, number>();
  for (const { sha256 } of sources)
    if (sha256 !== undefined) counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
  if (counts.size === 0) return [file];
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([digest], place) => ({
      ...file,
      sha256: digest,
      sources: sources.filter(({ sha256 }) => sha256 === digest || (place === 0 && sha256 === undefined)),
    }));
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
