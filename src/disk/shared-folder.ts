import { constants } from 'node:fs';
import { access, lstat, readdir, realpath, rm, stat } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import { STALE_AFTER_MS, STAT_PARALLELISM } from '../limits.ts';
import { EntryNames, isVisible } from './entry-names.ts';
import { fileError } from './file-error.ts';
import { FolderPath } from './folder-path.ts';
import { lookAt, type ListedFile } from './listed-file.ts';
import { mapParallel } from './map-parallel.ts';
import { OpenFiles } from './open-files.ts';
import { PartialFile, type Sink } from './partial-file.ts';
import type { OpenFile } from './served-file.ts';
import { isTemporaryName } from './temporary-name.ts';

export interface SharedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** The folder whose files we offer, and where downloads land. What is not listed is not served. */
export class SharedFolder {
  readonly #folder: FolderPath;
  readonly #names: EntryNames;
  readonly #files: OpenFiles;
  #sizes: ReadonlyMap<string, number> = new Map();

  private constructor(folder: FolderPath) {
    this.#folder = folder;
    this.#names = new EntryNames(folder);
    this.#files = new OpenFiles((name) => this.#find(name));
  }

  /** @throws FileError `not-found`, `not-a-folder`, `no-permission`, `io` */
  static async open(path: string): Promise<SharedFolder> {
    try {
      const real = await realpath(path, { encoding: 'buffer' });
      if (!(await stat(real)).isDirectory()) throw new FileError('not-a-folder', path);
      await access(real, constants.R_OK | constants.X_OK);
      return new SharedFolder(new FolderPath(path, real));
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /**
   * The files that we share at this moment, by name (protocol, section 3).
   * @throws FileError where the folder cannot be read
   */
  async list(): Promise<readonly SharedFile[]> {
    const names = await this.#names.read();
    const looks = await mapParallel(names, STAT_PARALLELISM, async (name) => {
      const file = await lookAt(this.#folder, name);
      return file === undefined ? undefined : { name, size: Number(file.stats.size) };
    });
    const files = looks.filter((file) => file !== undefined);
    this.#sizes = new Map(files.map(({ name, size }) => [name, size]));
    return files;
  }

  /**
   * The file that `list` lists under exactly this name.
   * @throws FileError `not-found`, `no-permission`, `changed` where it was replaced while it was opened, `io`
   */
  open(name: string): Promise<OpenFile> {
    return this.#files.get(name);
  }

  /** Size in bytes of a file that is open or was in the last list, without a look at the disk. */
  sizeOf(name: string): number | undefined {
    return this.#files.sizeOf(name) ?? this.#sizes.get(name);
  }

  /**
   * Begins a file of `size` bytes that will come in pieces of `chunkSize` bytes; it has its name once committed.
   * @throws FileError `unsafe-name`, `not-a-file`, `name-twin`, `not-found`, `no-permission`, `disk-full`, `io`
   */
  createSink(name: string, size: number, chunkSize: number): Promise<Sink> {
    return PartialFile.create(this.#folder, name, size, chunkSize);
  }

  /**
   * Removes what downloads have left behind whose program was killed, and returns how many there were. A download under
   * way, perhaps of another peer in the same folder, writes all the time and is not as old.
   */
  async removeStale(): Promise<number> {
    const names = await readdir(this.#folder.real).catch(() => []);
    const removed = await mapParallel(names.filter(isTemporaryName), STAT_PARALLELISM, async (name) => {
      const path = this.#folder.entry(name);
      try {
        const { mtimeMs } = await lstat(path);
        if (Date.now() - mtimeMs < STALE_AFTER_MS) return 0;
        await rm(path);
        return 1;
      } catch {
        // Gone meanwhile, or not ours to remove: it is only tidying up.
        return 0;
      }
    });
    return removed.reduce<number>((sum, one) => sum + one, 0);
  }

  /** Closes the files that are served, after the reads under way. */
  close(): Promise<void> {
    return this.#files.close();
  }

  async #find(name: string): Promise<ListedFile> {
    // The cheap look first: a name that nobody has must not cost the reading of a large folder.
    const file = isVisible(name) ? await lookAt(this.#folder, name) : undefined;
    if (file === undefined || !(await this.#names.has(name))) throw new FileError('not-found', name);
    return file;
  }
}
