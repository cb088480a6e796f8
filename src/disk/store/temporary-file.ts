import { randomBytes } from 'node:crypto';
import { link, lstat, open, rename, rm, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import type { SinkPlan } from '../../download/file-sink.ts';
import { passFileError, systemCode } from '../file-error.ts';
import { UPDATE_FLAGS, type Folder } from '../folder.ts';
import { encodeNote, type ResumeNote } from './resume-note.ts';

/** The bytes of a download under way; the note about them; the next note, until it is whole. */
export type TemporaryKind = 'parte' | 'nota' | 'nota.nova';

const PATTERN = /^\.eachare-([0-9a-f]{12})\.(parte|nota|nota\.nova)$/;

/** From a file system that knows no second name for a file, such as exFAT. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** The path of a file of a download under way: hidden, so that it is neither listed nor served. */
export function temporaryPath(folder: Folder, id: string, kind: TemporaryKind): Buffer {
  return folder.entry(`.eachare-${id}.${kind}`);
}

/** What the name of a temporary file says; undefined for a name that is none of ours. */
export function parseTemporaryName(name: string): { id: string; kind: TemporaryKind } | undefined {
  const [, id, kind] = PATTERN.exec(name) ?? [];
  return id === undefined || kind === undefined ? undefined : { id, kind: kind as TemporaryKind };
}

/**
 * The hidden files of one download beside its final place: its bytes, and the note about them. The id in their names
 * belongs to one download for ever.
 */
export class TemporaryFile {
  readonly handle: FileHandle;
  readonly #folder: Folder;
  readonly #id: string;

  private constructor(folder: Folder, id: string, handle: FileHandle) {
    this.#folder = folder;
    this.#id = id;
    this.handle = handle;
  }

  /**
   * An empty one. Its note is there first: bytes without one, left by a process that was killed, could not be told from a
   * download under way. It is not worth a wait for the disk, for after a power cut there is nothing to go on with.
   * @throws the error of the system
   */
  static async create(folder: Folder, { name, size, sha256 }: SinkPlan): Promise<TemporaryFile> {
    const id = newId();
    const note = encodeNote({ name, size, sha256, ranges: [], isFree: false });
    try {
      await writeFile(temporaryPath(folder, id, 'nota'), note, { flag: 'wx' });
      return new TemporaryFile(folder, id, await open(temporaryPath(folder, id, 'parte'), 'wx+', 0o666));
    } catch (error) {
      await removeTemporary(folder, id);
      throw error;
    }
  }

  /**
   * Claims the bytes of another download by renaming them: of many who try, one succeeds. The new note is there first, so
   * that at every moment a whole pair is.
   * @param isSound is asked whether a file of this many bytes will do
   * @throws the error of the system where there is nothing left to claim; then nothing has changed
   */
  static async claim(
    folder: Folder,
    formerId: string,
    note: ResumeNote,
    isSound: (size: number) => boolean,
  ): Promise<TemporaryFile | undefined> {
    const former = temporaryPath(folder, formerId, 'parte');
    const file = new TemporaryFile(folder, newId(), await open(former, UPDATE_FLAGS));
    try {
      const stats = await file.handle.stat();
      if (stats.isFile() && isSound(stats.size)) {
        await file.writeNote(note);
        await rename(former, file.#path('parte'));
        await removeTemporary(folder, formerId);
        return file;
      }
    } catch (error) {
      await file.remove();
      throw error;
    }
    await file.remove();
    return undefined;
  }

  /** Replaces the note at one stroke, safe from a power cut. @throws the error of the system */
  async writeNote(note: ResumeNote): Promise<void> {
    const next = this.#path('nota.nova');
    const file = await open(next, 'w', 0o666);
    try {
      await file.writeFile(encodeNote(note));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path('nota'));
  }

  /** Shows that the download goes on. @throws the error of the system, `ENOENT` where another process has claimed the bytes */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(this.#path('nota'), now, now);
  }

  /** Gives the bytes their name, whoever has it; the handle is closed by then. @throws the error of the system */
  async place(name: string): Promise<void> {
    await rename(this.#path('parte'), this.#folder.entry(name));
    // The file is there, whatever becomes of its note: a note without bytes is swept away later.
    await removeTemporary(this.#folder, this.#id);
  }

  /**
   * Gives the bytes their name unless something has it; false then.
   * @throws the error of the system
   */
  async placeIfFree(name: string): Promise<boolean> {
    try {
      // A rename would replace what came there after a look; a second name does not.
      await link(this.#path('parte'), this.#folder.entry(name));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') return false;
      if (code === undefined || !NO_LINKS.includes(code)) throw error;
      if (await isTaken(this.#folder.entry(name))) return false;
      await rename(this.#path('parte'), this.#folder.entry(name));
    }
    await removeTemporary(this.#folder, this.#id);
    return true;
  }

  /** Closes and removes all. What is thrown away needs no success: never throws. */
  async remove(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await removeTemporary(this.#folder, this.#id);
  }

  #path(kind: TemporaryKind): Buffer {
    return temporaryPath(this.#folder, this.#id, kind);
  }
}

/**
 * Removes all files of a download, the large one first: a note alone is swept away soon, bytes alone only after a week.
 * Never throws.
 */
export async function removeTemporary(folder: Folder, id: string): Promise<void> {
  for (const kind of ['parte', 'nota', 'nota.nova'] as const) {
    try {
      await rm(temporaryPath(folder, id, kind), { force: true });
    } catch (error) {
      // Not ours to remove, or the folder has gone: it is only tidying up.
      passFileError(error);
    }
  }
}

async function isTaken(path: Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function newId(): string {
  return randomBytes(6).toString('hex');
}
