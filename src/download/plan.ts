/** What is to be fetched, and from whom: plain facts, no state. Sizes and offsets in bytes. */

/** A neighbour that offers the file, and the token under which it listed it. */
export interface Source<S extends string = string> {
  readonly address: S;
  readonly token: string;
}

/** A file of the network: equal names and sizes are one file (protocol, section 3). */
export interface FoundFile<S extends string = string> {
  readonly name: string;
  readonly size: number;
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

export function chunkCount(size: number, chunkSize: number): number {
  return Math.ceil(size / chunkSize);
}

/** The bytes [index × chunkSize, min((index + 1) × chunkSize, size)). */
export function chunkAt(index: number, size: number, chunkSize: number): Chunk {
  const offset = index * chunkSize;
  return { index, offset, length: Math.min(chunkSize, size - offset) };
}
