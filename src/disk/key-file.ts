import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import { fileError, passFileError } from './file-error.ts';

/** The key of a private network (protocol, section 6, "Key"): 256 bits, as hex digits and a newline. */
const KEY_BYTES = 32;
const FORM = /^[0-9a-f]{64}\r?\n?$/i;
const MAX_FILE_BYTES = 2 * KEY_BYTES + 2;
const OTHERS = 0o077;
// A pipe of that name must not hang the program while it finds out that it is none; Windows lacks the flag.
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/**
 * Reads a key that only its owner may read. Windows has no such modes: there it is not looked at.
 * @throws FileError `not-found`, `not-a-file`, `not-private`, `not-a-key`, `no-permission`, `io`
 */
export async function readKey(path: string): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new FileError('not-a-file', path);
      if (process.platform !== 'win32' && (stats.mode & OTHERS) !== 0)
        throw new FileError('not-private', path);
      if (stats.size > MAX_FILE_BYTES) throw new FileError('not-a-key', path);
      const text = await file.readFile('latin1');
      if (!FORM.test(text)) throw new FileError('not-a-key', path);
      return Buffer.from(text.slice(0, 2 * KEY_BYTES), 'hex');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * Makes a new key, in a file that only its owner may read; whatever has that name already stays as it is.
 * @throws FileError `exists`, `not-found`, `not-a-folder`, `no-permission`, `disk-full`, `io`
 */
export async function createKey(path: string): Promise<void> {
  let file;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isThere ? new FileError('exists', path, { cause: error }) : fileError(error, path);
  }
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
    await file.sync();
  } catch (error) {
    // Half a key is none.
    await unlink(path).catch(passFileError);
    throw fileError(error, path);
  } finally {
    await file.close();
  }
}
