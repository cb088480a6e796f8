import type { BigIntStats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { fileError } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';

/** A regular file of the shared folder, at the moment when it was looked at. */
export interface ListedFile {
  /** Its real path. */
  readonly path: Buffer;
  /** What the user would look at. */
  readonly shown: string;
  readonly stats: BigIntStats;
}

/** Equal for two looks at a file that was neither replaced nor written to in between. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

/**
 * The file that an entry of the folder is, undefined where it is none that we list: a folder, a device, a pipe, a link
 * that leads outside, to a hidden file or nowhere, an entry that has vanished.
 * @throws FileError where the entry cannot be looked at
 */
export async function lookAt(folder: FolderPath, name: string): Promise<ListedFile | undefined> {
  const path = folder.entry(name);
  const shown = folder.shownEntry(name);
  let stats: BigIntStats;
  try {
    stats = await lstat(path, { bigint: true });
  } catch (error) {
    const problem = fileError(error, shown);
    if (problem.code === 'not-found') return undefined;
    throw problem;
  }
  if (stats.isFile()) return { path, shown, stats };
  return stats.isSymbolicLink() ? followLink(folder, path, shown) : undefined;
}

async function followLink(folder: FolderPath, link: Buffer, shown: string): Promise<ListedFile | undefined> {
  try {
    const path = await realpath(link, { encoding: 'buffer' });
    const names = folder.namesTo(path);
    if (names === undefined || names.some((name) => name.startsWith('.'))) return undefined;
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? { path, shown, stats } : undefined;
  } catch (error) {
    // A link that cannot be followed, for whatever reason, shares nothing.
    fileError(error, shown);
    return undefined;
  }
}
