import type { FileHandle } from 'node:fs/promises';
import { FileError } from '../../errors.ts';
import type { OpenFile } from '../../handlers.ts';
import { fileError, passFileError } from '../file-error.ts';
import { identityOf, readFully, type Folder, type ListedFile } from '../folder.ts';
import { FileBlocks, LARGEST_CHUNK_READ_AHEAD, type ReadAhead } from './read-ahead.ts';

/**
 * One file with its handle. Once retired it keeps no handle: the last reader closes it, and a reader who comes
 * later opens the file for that one read, provided that it is still the same file. Its blocks go at once.
 */
export class ServedFile implements OpenFile {
  readonly size: number;
  readonly #folder: Folder;
  readonly #identity: string;
  readonly #path: Buffer;
  readonly #shown: string;
  readonly #blocks: FileBlocks;
  #handle: Promise<FileHandle> | undefined;
  #readers = 0;
  #retired = false;
  #usedAt = performance.now();

  private constructor(folder: Folder, file: ListedFile, handle: FileHandle, ahead: ReadAhead) {
    this.#folder = folder;
    this.size = Number(file.stats.size);
    this.#identity = identityOf(file.stats);
    this.#path = file.path;
    this.#shown = file.shown;
    this.#handle = Promise.resolve(handle);
    this.#blocks = new FileBlocks(this.size, ahead, (offset, length) => this.#load(offset, length));
  }

  /**
   * Opens a file that was just looked at; its blocks are among those of `ahead`.
   * @throws FileError `not-found`, `changed` where another file took its place since, `no-permission`, `io`
   */
  static async open(folder: Folder, file: ListedFile, ahead: ReadAhead): Promise<ServedFile> {
    try {
      const { handle, stats } = await folder.open(
        file,
        ({ dev, ino }) => dev === file.stats.dev && ino === file.stats.ino,
      );
      return new ServedFile(folder, { ...file, stats }, handle, ahead);
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

  /** @param now milliseconds of `performance.now()` */
  touch(now: number): void {
    this.#usedAt = now;
  }

  /** As OpenFile says; up to LARGEST_CHUNK_READ_AHEAD out of blocks that are read ahead. */
  async read(offset: number, length: number): Promise<Buffer> {
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!inside || offset + length > this.size) throw new FileError('out-of-range', this.#shown);
    return length <= LARGEST_CHUNK_READ_AHEAD
      ? this.#blocks.read(offset, length)
      : this.#load(offset, length);
  }

  /** As OpenFile says; what is read that way is read once, in order, and not remembered. */
  async readInto(bytes: Buffer, offset: number): Promise<void> {
    const inside = Number.isSafeInteger(offset) && offset >= 0;
    if (!inside || offset + bytes.length > this.size) throw new FileError('out-of-range', this.#shown);
    await this.#fillFrom(bytes, offset);
  }

  /** The bytes never change, and hold on to a whole block: for use at once, as the file may have changed as well. */
  readNow(offset: number, length: number): Buffer | undefined {
    return this.#blocks.get(offset, length);
  }

  /** Forgets what was read ahead at once, and closes the handle after the reads under way. Never throws. */
  async retire(): Promise<void> {
    this.#retired = true;
    this.#blocks.drop();
    await this.#closeUnlessRead();
  }

  async #load(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    await this.#fillFrom(bytes, offset);
    return bytes;
  }

  async #fillFrom(bytes: Buffer, offset: number): Promise<void> {
    this.#readers += 1;
    try {
      this.#handle ??= this.#reopen();
      const handle = await this.#handle;
      await readFully(handle, bytes, offset, this.#shown);
    } catch (error) {
      throw fileError(error, this.#shown);
    } finally {
      this.#readers -= 1;
      this.touch(performance.now());
      if (this.#retired) await this.#closeUnlessRead();
    }
  }

  async #closeUnlessRead(): Promise<void> {
    if (this.#readers > 0) return;
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await (await handle)?.close();
    } catch (error) {
      // Nothing was written through it, so nothing is lost; the reader of a failed reopening has got the error.
      passFileError(error);
    }
  }

  async #reopen(): Promise<FileHandle> {
    try {
      const place = { path: this.#path, shown: this.#shown };
      return (await this.#folder.open(place, (stats) => identityOf(stats) === this.#identity)).handle;
    } catch (error) {
      this.#handle = undefined;
      const problem = fileError(error, this.#shown);
      throw problem.code === 'not-found'
        ? new FileError('changed', this.#shown, { cause: problem })
        : problem;
    }
  }
}
