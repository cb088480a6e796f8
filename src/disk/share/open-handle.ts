import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../../errors.ts';
import type { ListedFile } from './listed-file.ts';

// Windows has neither flag. Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file and keeps it open only if it is the expected one.
 * @throws FileError `changed` where it is another one; the error of the system where it cannot be opened
 */
export async function openIf(
  { path, shown }: Pick<ListedFile, 'path' | 'shown'>,
  isExpected: (stats: BigIntStats) => boolean,
): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  const handle = await open(path, READ_FLAGS);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile() || !isExpected(stats)) throw new FileError('changed', shown);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Fills `bytes` with what stands in the file from `position` on.
 * @throws FileError `changed` where the file ends before; the error of the system where it cannot be read
 */
export async function readFully(
  handle: FileHandle,
  bytes: Buffer,
  position: number,
  shown: string,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new FileError('changed', shown);
    at += bytesRead;
  }
}
