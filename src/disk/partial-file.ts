import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import { WRITE_BLOCK_BYTES } from '../limits.ts';
import { BlockBuffers } from './block-buffers.ts';
import { fileError } from './file-error.ts';
import { checkPlace, syncFolder } from './final-place.ts';
import type { FolderPath } from './folder-path.ts';
import { checkName } from './safe-name.ts';
import { temporaryName } from './temporary-name.ts';
import { WriteQueue } from './write-queue.ts';

/** Where the chunks of one download land. */
export interface Sink {
  /**
   * Takes a chunk, in any order, each byte of the file once; the buffer belongs to the sink from then on.
   * Resolves at once unless the disk lags behind.
   * @throws FileError `disk-full`, `no-permission`, `out-of-range`, `io`; from then on every call throws it again
   */
  write(offset: number, data: Buffer): Promise<void>;
  /**
   * All chunks are there: the file takes its name, in place of an older one.
   * @throws FileError as `write`, `not-a-file` where a folder has that name, `not-found` where the shared folder has gone,
   *   `name-twin` where the file system takes the name for another file's
   */
  commit(): Promise<void>;
  /** Forgets the download; nothing happens after a commit. Never throws. */
  discard(): Promise<void>;
}

/**
 * A download on its way: a hidden temporary file beside its final place, so that the last step is a rename and nobody
 * ever sees half a file. Memory is bounded by BlockBuffers and WriteQueue, whatever the size of the file.
 * Whoever created it must end it with `commit` or `discard`; a failure removes the temporary file by itself.
 */
export class PartialFile implements Sink {
  readonly #folder: FolderPath;
  readonly #name: string;
  readonly #shown: string;
  readonly #size: number;
  readonly #temporary: Buffer;
  readonly #handle: FileHandle;
  readonly #queue: WriteQueue;
  /** Undefined where chunks are large enough as they come. */
  readonly #blocks: BlockBuffers | undefined;
  #received = 0;
  #failure: FileError | undefined;
  #discarded = false;
  #committed: Promise<void> | undefined;
  #removed: Promise<void> | undefined;

  private constructor(
    folder: FolderPath,
    name: string,
    size: number,
    chunkSize: number,
    temporary: Buffer,
    handle: FileHandle,
  ) {
    this.#folder = folder;
    this.#name = name;
    this.#shown = folder.shownEntry(name);
    this.#size = size;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#queue = new WriteQueue(handle, this.#shown);
    this.#blocks = chunkSize < WRITE_BLOCK_BYTES ? new BlockBuffers(size) : undefined;
  }

  /**
   * @param size bytes of the whole file
   * @param chunkSize bytes of each chunk but the last
   * @throws FileError `unsafe-name`, `not-a-file`, `name-twin`, `not-found`, `no-permission`, `disk-full`, `io`
   */
  static async create(
    folder: FolderPath,
    name: string,
    size: number,
    chunkSize: number,
  ): Promise<PartialFile> {
    checkName(name);
    try {
      // It is checked again before the rename; here it spares a download that could not end well.
      await checkPlace(folder, name);
      const temporary = folder.entry(temporaryName());
      const handle = await open(temporary, 'wx', 0o666);
      return new PartialFile(folder, name, size, chunkSize, temporary, handle);
    } catch (error) {
      throw fileError(error, folder.shownEntry(name));
    }
  }

  async write(offset: number, data: Buffer): Promise<void> {
    // A chunk that was on its way when the download was given up.
    if (this.#discarded) return;
    try {
      this.#checkHealth();
      const inside = offset >= 0 && offset + data.length <= this.#size;
      if (!inside || !Number.isSafeInteger(offset)) throw new FileError('out-of-range', this.#shown);
      this.#received += data.length;
      const writes = this.#blocks?.put(offset, data) ?? [{ position: offset, bytes: data }];
      for (const write of writes) this.#queue.push(write);
      if (this.#queue.congested) await this.#queue.settled();
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  commit(): Promise<void> {
    this.#committed ??= this.#commit();
    return this.#committed;
  }

  async discard(): Promise<void> {
    this.#discarded = true;
    const committed = await this.#committed?.then(
      () => true,
      () => false,
    );
    if (committed !== true) await this.#remove();
  }

  async #commit(): Promise<void> {
    try {
      this.#checkHealth();
      for (const write of this.#blocks?.drain() ?? []) this.#queue.push(write);
      await this.#queue.settled();
      await this.#checkComplete();
      await this.#handle.sync();
      await this.#handle.close();
      await checkPlace(this.#folder, this.#name);
      if (this.#discarded) throw new FileError('io', this.#shown, { cause: new Error('discarded') });
      await rename(this.#temporary, this.#folder.entry(this.#name));
    } catch (error) {
      throw await this.#fail(error);
    }
    await syncFolder(this.#folder);
  }

  async #checkComplete(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size === this.#size && this.#received === this.#size) return;
    const cause = new Error(`${this.#received} bytes received, ${size} on disk, ${this.#size} due`);
    throw new FileError('io', this.#shown, { cause });
  }

  #checkHealth(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#queue.check();
  }

  async #fail(error: unknown): Promise<FileError> {
    try {
      this.#failure ??= fileError(error, this.#shown);
      return this.#failure;
    } finally {
      await this.#remove();
    }
  }

  #remove(): Promise<void> {
    this.#removed ??= this.#removeOnce();
    return this.#removed;
  }

  async #removeOnce(): Promise<void> {
    await this.#queue.stop();
    this.#blocks?.drain();
    // What is thrown away needs no success: a full disk or a folder that has gone was told before.
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
