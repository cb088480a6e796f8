import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import type { FileSink, SinkPlan } from '../../download/file-sink.ts';
import { FileError } from '../../errors.ts';
import type { InterruptedDownload, Reporter } from '../../events.ts';
import type { OpenFile, SharedFile } from '../../handlers.ts';
import { fileError, passFileError } from '../file-error.ts';
import { Folder, isVisible, type ListedFile } from '../folder.ts';
import { listInterrupted, removeStaleFiles } from '../store/leftovers.ts';
import { PartialFile, type ResumeTiming } from '../store/partial-file.ts';
import { Digests, type FileDigest } from './digests.ts';
import { Listing } from './listing.ts';
import { OpenFiles } from './open-files.ts';

export interface SharedFolderOptions {
  /** Gets events about what goes wrong without ending anything. */
  readonly reporter?: Reporter;
  readonly timing?: ResumeTiming;
}

/** A file of ours with the name of one that is offered. */
export interface OwnFile {
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
  /** Whether it has the content that is offered, as far as that is known. */
  readonly isSame: boolean;
}

/** The folder whose files we offer, and where downloads land. What is not listed is not served. */
export class SharedFolder {
  readonly #folder: Folder;
  readonly #options: SharedFolderOptions;
  readonly #listing: Listing;
  readonly #files: OpenFiles;
  readonly #digests: Digests;

  private constructor(folder: Folder, options: SharedFolderOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#listing = new Listing(folder);
    this.#files = new OpenFiles(folder, (name) => this.#find(name));
    this.#digests = new Digests(folder, (name) => this.#find(name));
  }

  /** @throws FileError `not-found`, `not-a-folder`, `no-permission`, `io` */
  static async open(path: string, options: SharedFolderOptions = {}): Promise<SharedFolder> {
    try {
      const real = await realpath(path, { encoding: 'buffer' });
      if (!(await stat(real)).isDirectory()) throw new FileError('not-a-folder', path);
      await access(real, constants.R_OK | constants.X_OK);
      return new SharedFolder(new Folder(path, real), options);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /**
   * The files that we share at this moment, by name (protocol, section 3); the same array again where nothing has changed.
   * @throws FileError where the folder cannot be read
   */
  list(): Promise<readonly SharedFile[]> {
    return this.#listing.list();
  }

  /**
   * The file that `list` lists under exactly this name.
   * @throws FileError `not-found`, `no-permission`, `changed` where it was replaced while it was opened, `io`
   */
  open(name: string): Promise<OpenFile> {
    return this.#files.get(name);
  }

  /** The same file where it is open and was compared with the folder within RECHECK_FILE_MS; undefined otherwise. */
  openNow(name: string): OpenFile | undefined {
    return this.#files.getNow(name);
  }

  /**
   * Size and SHA-256 of the file that `list` lists under exactly this name; reads all of it, unless it is known.
   * @throws FileError `not-found`, `changed` where it changed while it was read, `busy` where too many files wait to be
   *   read, `no-permission`, `io`, also once this is closed
   */
  digest(name: string): Promise<FileDigest> {
    return this.#digests.get(name);
  }

  /** Remembers the SHA-256, in lower-case hexadecimal digits, of a file that was just checked. */
  noteDigest(name: string, sha256: string): Promise<void> {
    return this.#digests.note(name, sha256);
  }

  /**
   * Our file of the same name, undefined where there is none: it is the same where the size is, and the SHA-256 where
   * that of the other is known. One that cannot be read is not the same.
   */
  async own({
    name,
    size,
    sha256,
  }: Pick<SinkPlan, 'name' | 'size' | 'sha256'>): Promise<OwnFile | undefined> {
    try {
      const { stats } = await this.#find(name);
      const own = { size: Number(stats.size), modified: stats.mtime };
      if (own.size !== size || sha256 === undefined) return { ...own, isSame: own.size === size };
      const isSame = await this.#digests.get(name).then((digest) => digest.sha256 === sha256, passFileError);
      return { ...own, isSame: isSame === true };
    } catch (error) {
      passFileError(error);
      return undefined;
    }
  }

  /** Size in bytes of a file that is open or was in the last list, without a look at the disk. */
  sizeOf(name: string): number | undefined {
    return this.#files.sizeOf(name) ?? this.#listing.sizeOf(name);
  }

  /**
   * Begins a file, or goes on with what an interrupted download of it has left; it has its name once committed.
   * @throws FileError `unsafe-name`, `not-a-file`, `name-twin`, `not-found`, `no-permission`, `disk-full`, `io`
   */
  createSink(plan: SinkPlan): Promise<FileSink> {
    const { reporter, timing = {} } = this.#options;
    const onNotNoted = ({ code }: FileError) =>
      reporter?.report({ event: 'resume-note-not-written', name: plan.name, code });
    return PartialFile.create(this.#folder, plan, { timing, onNotNoted });
  }

  /** Removes what interrupted downloads left and no download will go on with; returns how many they were. */
  removeStale(): Promise<number> {
    return removeStaleFiles(this.#folder);
  }

  /** The downloads that an earlier run has left unfinished, by name. */
  interrupted(): Promise<readonly InterruptedDownload[]> {
    return listInterrupted(this.#folder);
  }

  /** When a file that we share was written to last, in milliseconds since 1970; undefined where there is none. */
  async modifiedAt(name: string): Promise<number | undefined> {
    try {
      return Number((await this.#find(name)).stats.mtimeMs);
    } catch (error) {
      passFileError(error);
      return undefined;
    }
  }

  /** Closes the files that are served, after the reads under way, and gives up the digests that are not there yet. */
  async close(): Promise<void> {
    await Promise.all([this.#files.close(), this.#digests.close()]);
  }

  async #find(name: string): Promise<ListedFile> {
    // The cheap look first: a name that does not exist must not cost the reading of a large folder.
    const file = isVisible(name) ? await this.#folder.look(name) : undefined;
    if (file === undefined || !(await this.#listing.has(name))) throw new FileError('not-found', name);
    return file;
  }
}
