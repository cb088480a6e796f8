import { constants } from 'node:fs';
import { open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { fileError } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';
import { thisProcess } from './owner.ts';
import { encodeNote, type ResumeNote } from './resume-note.ts';
import type { SinkPlan } from './sink.ts';
import { newTemporaryId, temporaryName, type TemporaryKind } from './temporary-name.ts';

// Windows lacks both flags. A link or a pipe that took the file's place is none of ours.
const ADOPT_FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The hidden files of one download beside its final place: its bytes, and the note about them. */
export class TemporaryFile {
  readonly handle: FileHandle;
  readonly #folder: FolderPath;
  readonly #id: string;

  private constructor(folder: FolderPath, id: string, handle: FileHandle) {
    this.#folder = folder;
    this.#id = id;
    this.handle = handle;
  }

  /**
   * An empty one. Its note is there first: nobody could tell bytes without one, left by a process that was killed, from a
   * download under way. It is not worth a wait for the disk, for after a power cut there is nothing to go on with.
   * Rejects with the error of the system.
   */
  static async create(
    folder: FolderPath,
    { name, size, chunkSize, sha256 }: SinkPlan,
  ): Promise<TemporaryFile> {
    const id = newTemporaryId();
    const note = encodeNote({ name, size, chunkSize, sha256, ranges: [], owner: await thisProcess() });
    try {
      await writeFile(path(folder, id, 'nota'), note, { flag: 'wx' });
      return new TemporaryFile(folder, id, await open(path(folder, id, 'parte'), 'wx+', 0o666));
    } catch (error) {
      await removeTemporary(folder, id);
      throw error;
    }
  }

  /**
   * Takes over the bytes of another download under a new name: a name belongs to one owner for ever, and of many who try
   * only one can rename it. The new note is there first, so that at every moment a whole pair is.
   * Rejects with the error of the system where there is nothing left to take; then nothing has changed.
   * @param isSound is asked whether a file of this many bytes will do
   */
  static async adopt(
    folder: FolderPath,
    formerId: string,
    note: ResumeNote,
    isSound: (size: number) => boolean,
  ): Promise<TemporaryFile | undefined> {
    const former = path(folder, formerId, 'parte');
    const file = new TemporaryFile(folder, newTemporaryId(), await open(former, ADOPT_FLAGS));
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

  /** Replaces the note at one stroke, safe from a power cut. Rejects with the error of the system. */
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

  /** Gives the bytes their name; the handle is closed by then. Rejects with the error of the system. */
  async place(name: string): Promise<void> {
    await rename(this.#path('parte'), this.#folder.entry(name));
    // The file is there, whatever becomes of its note: a note without bytes is swept away later.
    await removeTemporary(this.#folder, this.#id);
  }

  /** Closes and removes all. What is thrown away needs no success: never throws. */
  async remove(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await removeTemporary(this.#folder, this.#id);
  }

  #path(kind: TemporaryKind): Buffer {
    return path(this.#folder, this.#id, kind);
  }
}

/**
 * Removes all files of a download, the large one first: a note alone is swept away soon, bytes alone only after a week.
 * Never throws.
 */
export async function removeTemporary(folder: FolderPath, id: string): Promise<void> {
  for (const kind of ['parte', 'nota', 'nota.nova'] as const) {
    try {
      await rm(path(folder, id, kind), { force: true });
    } catch (error) {
      // Not ours to remove, or the folder has gone: it is only tidying up.
      fileError(error, folder.shown);
    }
  }
}

const path = (folder: FolderPath, id: string, kind: TemporaryKind): Buffer =>
  folder.entry(temporaryName(id, kind));
