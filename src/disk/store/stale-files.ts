import { lstat, readdir } from 'node:fs/promises';
import { IN_USE_ELSEWHERE_MS, STALE_AFTER_MS, STAT_PARALLELISM } from '../../limits.ts';
import { fileError } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';
import { mapParallel } from '../map-parallel.ts';
import { removeTemporary } from './temporary-file.ts';
import { parseTemporaryName, temporaryName } from './temporary-name.ts';

/**
 * Removes what downloads have left behind that nobody went on with for STALE_AFTER_MS, and returns how many they were.
 * A download under way, perhaps of another peer in the same folder, writes all the time and is not as old. Notes whose
 * bytes have gone do not count, and go soon. Never throws.
 */
export async function removeStaleFiles(folder: FolderPath): Promise<number> {
  const names = await readdir(folder.real).catch(() => []);
  const ids = new Set(names.flatMap((name) => parseTemporaryName(name)?.id ?? []));
  const removed = await mapParallel([...ids], STAT_PARALLELISM, async (id) => {
    const bytesAt = await touchedAt(folder, temporaryName(id, 'parte'));
    const noteAt = await touchedAt(folder, temporaryName(id, 'nota'));
    const nextNoteAt = await touchedAt(folder, temporaryName(id, 'nota.nova'));
    const age = Date.now() - Math.max(bytesAt ?? 0, noteAt ?? 0, nextNoteAt ?? 0);
    if (age < (bytesAt === undefined ? IN_USE_ELSEWHERE_MS : STALE_AFTER_MS)) return 0;
    await removeTemporary(folder, id);
    const isGone = (await touchedAt(folder, temporaryName(id, 'parte'))) === undefined;
    return bytesAt !== undefined && isGone ? 1 : 0;
  });
  return removed.reduce<number>((sum, one) => sum + one, 0);
}

/** Milliseconds since 1970; undefined where there is no such file. */
async function touchedAt(folder: FolderPath, name: string): Promise<number | undefined> {
  try {
    return (await lstat(folder.entry(name))).mtimeMs;
  } catch (error) {
    fileError(error, folder.shown);
    return undefined;
  }
}
