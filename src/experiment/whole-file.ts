import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { fileError, passFileError } from '../disk/file-error.ts';
import { FileError } from '../errors.ts';

/**
 * Writes a file that is whole as soon as it has its name. Whatever has that name already stays as it is.
 * @throws FileError `exists` and whatever the disk says
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.parte`;
  try {
    await writeFile(part, text, { flag: 'wx' });
    if (await isThere(path)) throw new FileError('exists', path);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(passFileError);
    throw fileError(error, path);
  }
}

/** Whether anything has that name, a link to nowhere included. @throws FileError where that cannot be told */
export async function isThere(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => fileError(error, path));
  if (found instanceof FileError && found.code !== 'not-found') throw found;
  return !(found instanceof FileError);
}
