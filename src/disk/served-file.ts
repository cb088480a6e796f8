import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import { fileError } from './file-error.ts';
import { identityOf, type ListedFile } from './listed-file.ts';

/** A file of the shared folder, open for whoever asks for parts of it. */
export interface OpenFile {
  /** Bytes, when it was opened. */
  readonly size: number;
  /**
   * Exactly these bytes, and only these are read from the disk.
   * @throws FileError `out-of-range`, `changed` where the file became another one or shorter, `io`
   */
  read(offset: number, length: number): Promise<Buffer>;
}

// Windows has neither flag. Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * One file with its handle. Once retired it keeps no handle: the last reader closes it, and a reader who comes
 * later opens the file for that one read, provided that it is still the same file.
 */
export class ServedFile implements OpenFile {
  readonly size: number;
  readonly #identity: string;
  readonly #path: Buffer;
  readonly #shown: string;
  #handle: Promise<FileHandle> | undefined;
  #readers = 0;
  #retired = false;
  #usedAt = performance.now();

  private constructor(file: ListedFile, handle: FileHandle) {
    this.size = Number(file.stats.size);
    this.#identity = identityOf(file.stats);
    this.#path = file.path;
    this.#shown = file.shown;
    this.#handle = Promise.resolve(handle);
  }

  /**
   * Opens a file that was just looked at.
   * @throws FileError `not-found`, `changed` where another file took its place since, `no-permission`, `io`
   */
  static async open(file: ListedFile): Promise<ServedFile> {
    try {
      const { handle, stats } = await openIf(
        file,
        ({ dev, ino }) => dev === file.stats.dev && ino === file.stats.ino,
      );
      return new ServedFile({ ...file, stats }, handle);
    } catch (error) {
      throw fileError(error, file.shown);
    }
  }

  /** Time of the last use, in milliseconds of `performance.now()`; Infinity while a read is under way. */
  get usedAt(): number {
    return this.#readers > 0 ? Infinity : this.#usedAt;
  }

  /** Whether this is the file that was just looked at, unchanged. */
  isSameAs(file: ListedFile): boolean {
    return identityOf(file.stats) === this.#identity;
  }

  touch(): void {
    this.#usedAt = performance.now();
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!inside || offset + length > this.size) throw new FileError('out-of-range', this.#shown);
    this.#readers += 1;
    try {
      this.#handle ??= this.#reopen();
      const handle = await this.#handle;
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
        if (bytesRead === 0) throw new FileError('changed', this.#shown);
        at += bytesRead;
      }
      return bytes;
    } catch (error) {
      throw fileError(error, this.#shown);
    } finally {
      this.#readers -= 1;
      this.touch();
      if (this.#retired) await this.#closeUnlessRead();
    }
  }

  /** Closes the handle, at once or after the reads under way. Never throws. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#closeUnlessRead();
  }

  async #closeUnlessRead(): Promise<void> {
    if (this.#readers > 0) return;
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await (await handle)?.close();
    } catch (error) {
      // Nothing was written through it, so nothing is lost; a reopening that failed has told its reader.
      fileError(error, this.#shown);
    }
  }

  async #reopen(): Promise<FileHandle> {
    try {
      const place = { path: this.#path, shown: this.#shown };
      return (await openIf(place, (stats) => identityOf(stats) === this.#identity)).handle;
    } catch (error) {
      this.#handle = undefined;
      const problem = fileError(error, this.#shown);
      throw problem.code === 'not-found'
        ? new FileError('changed', this.#shown, { cause: problem })
        : problem;
    }
  }
}

/** Opens a regular file and keeps it open only if it is the expected one, else throws FileError `changed`. */
async function openIf(
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
