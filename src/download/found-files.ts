import type { FoundFile, Source } from './engine/chunks.ts';

/** What one neighbour listed. */
export interface Listing<S extends string = string> {
  readonly address: S;
  readonly files: readonly { readonly name: string; readonly token: string; readonly size: number }[];
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

/** What the sources of one file say of their content. */
export interface Digests<S extends string> {
  /** What a source has told of this file. */
  readonly told: (source: Source<S>) => string | undefined;
  /** Whether it can tell at all. */
  readonly canTell: (source: Source<S>) => boolean;
}

/**
 * Parts the sources of a file by what their content is, the largest part first. Sources without digests stay with the
 * largest part. Those that can tell and have not yet are a part of their own where the contents differ, and leave it open
 * what the content is where nobody differs: being fast decides nothing (protocol, section 6).
 */
export function partByDigest<S extends string>(
  file: FoundFile<S>,
  { told, canTell }: Digests<S>,
): FoundFile<S>[] {
  const sources = file.sources.map((source) => ({ ...source, sha256: told(source) }));
  const open = sources.filter((source) => source.sha256 === undefined && canTell(source));
  const counts = new Map<string, number>();
  for (const { sha256 } of sources)
    if (sha256 !== undefined) counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
  if (counts.size === 0) return [file];
  if (counts.size === 1 && open.length > 0) return [{ ...file, sources }];
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([digest], place) => ({
      ...file,
      sha256: digest,
      sources: sources.filter((source) => {
        if (source.sha256 !== undefined) return source.sha256 === digest;
        return place === 0 && !open.includes(source);
      }),
    }));
  return open.length === 0 ? parts : [...parts, { ...file, sources: open }];
}
