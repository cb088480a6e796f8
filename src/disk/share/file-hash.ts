import { createHash } from 'node:crypto';
import { FileError } from '../../errors.ts';
import { HASH_PIECE_BYTES } from '../../limits.ts';
import { fileError } from '../file-error.ts';
import { identityOf, type ListedFile } from './listed-file.ts';
import { openIf, readFully } from './open-handle.ts';

/**
 * The SHA-256, in lower-case hexadecimal digits, of a file that was just looked at. One piece is in memory, and between
 * two of them everybody else has his turn.
 * @throws FileError `changed` where it is another file by now or ends early, `not-found`, `no-permission`, `io`, which also
 *   is the answer once the signal is aborted
 */
export async function hashFile(file: ListedFile, signal: AbortSignal): Promise<string> {
  const identity = identityOf(file.stats);
  try {
    const { handle } = await openIf(file, (stats) => identityOf(stats) === identity);
    try {
      const size = Number(file.stats.size);
      const hash = createHash('sha256');
      const piece = Buffer.allocUnsafe(Math.min(HASH_PIECE_BYTES, size));
      for (let at = 0; at < size; at += piece.length) {
        const bytes = piece.subarray(0, size - at);
        await readFully(handle, bytes, at, file.shown);
        if (signal.aborted) throw new FileError('io', file.shown);
        hash.update(bytes);
      }
      return hash.digest('hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, file.shown);
  }
}
