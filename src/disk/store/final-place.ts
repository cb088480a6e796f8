import { lstat, open, readdir } from 'node:fs/promises';
import { FileError } from '../../errors.ts';
import { bytesFromName } from '../../protocol/name-bytes.ts';
import { fileError, systemCode } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';

/**
 * Decides whether a file may take its place under this name: an older file or a link of this name may be replaced.
 * @throws FileError `not-a-file` where a folder has the name, `name-twin` where another spelling of it is a file,
 *   `unsafe-name` where this file system cannot hold the name, `not-found`, `no-permission`, `io`
 */
export async function checkPlace(folder: FolderPath, name: string): Promise<void> {
  const shown = folder.shownEntry(name);
  try {
    if ((await lstat(folder.entry(name))).isDirectory()) throw new FileError('not-a-file', shown);
    // Something answers to the name. If no entry is spelt so, the file system folds, and a rename would hit another file.
    const bytes = bytesFromName(name);
    const entries = await readdir(folder.real, { encoding: 'buffer' });
    if (!entries.some((entry) => bytes.equals(entry))) throw new FileError('name-twin', shown);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return;
    if (code === 'ENAMETOOLONG' || code === 'EILSEQ') {
      throw new FileError('unsafe-name', shown, { cause: error });
    }
    throw fileError(error, shown);
  }
}

/** Makes a rename survive a power cut, where the system lets a folder be synced; the file is in its place anyway. */
export async function syncFolder(folder: FolderPath): Promise<void> {
  try {
    const handle = await open(folder.real, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    fileError(error, folder.shown);
  }
}
