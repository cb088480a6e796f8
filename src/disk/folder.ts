import { constants, existsSync, type BigIntStats } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { FileError } from '../errors.ts';
import { bytesFromName, nameFromBytes } from '../protocol/names.ts';
import { fileError, passFileError } from './file-error.ts';

/** A regular file of the shared folder, at the moment when it was looked at. */
export interface ListedFile {
  /** Its real path. */
  readonly path: Buffer;
  /** What the user would look at. */
  readonly shown: string;
  readonly stats: BigIntStats;
}

// Windows has neither flag. Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
const UNFOLLOWED = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Flags for a file that we expect to be regular and no link. */
export const READ_FLAGS = constants.O_RDONLY | UNFOLLOWED;
export const UPDATE_FLAGS = constants.O_RDWR | UNFOLLOWED;

/** Where Linux tells the path of an open descriptor. */
const DESCRIPTORS = '/proc/self/fd';

/** Equal for two looks at a file that was neither replaced nor written to in between. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

/** Whether an entry of this name may be listed at all; whatever could be a path is not. */
export function isVisible(name: string, platform: NodeJS.Platform = process.platform): boolean {
  if (name === '' || name.startsWith('.') || name.includes('/') || name.includes('\0')) return false;
  return platform !== 'win32' || !/[\\:]/.test(name);
}

/**
 * The shared folder on the disk: its path as the user wrote it, for errors; its real path in bytes, for the system,
 * because a name that is no UTF-8 has no path that is a string.
 *
 * Nothing outside of it is ever opened for others. Between a look at a path and its opening a local user may exchange a
 * folder on the way for a link, so it is the open descriptor that must lie inside. Where the system does not tell the path
 * of a descriptor, a link is followed only to a file that stands in the shared folder itself.
 */
export class Folder {
  readonly shown: string;
  readonly real: Buffer;
  readonly #prefix: Buffer;
  readonly #tellsPaths: boolean;

  /** @param tellsPaths whether the system tells the path of an open descriptor */
  constructor(shown: string, real: Buffer, tellsPaths = existsSync(DESCRIPTORS)) {
    this.shown = shown;
    this.real = real;
    this.#tellsPaths = tellsPaths;
    const separator = Buffer.from(sep);
    const isRoot = real.subarray(-separator.length).equals(separator);
    this.#prefix = isRoot ? real : Buffer.concat([real, separator]);
  }

  /** The path of an entry, in bytes. The name was checked to be a name, not a path. */
  entry(name: string): Buffer {
    return Buffer.concat([this.#prefix, bytesFromName(name)]);
  }

  /** The path of an entry as the user would look for it. */
  shownEntry(name: string): string {
    return join(this.shown, name);
  }

  /**
   * The file that an entry is, undefined where it is none that we list: a folder, a device, a pipe, a link that leads
   * outside, to a hidden file or nowhere, an entry that has vanished.
   * @throws FileError where the entry cannot be looked at
   */
  async look(name: string): Promise<ListedFile | undefined> {
    const path = this.entry(name);
    const shown = this.shownEntry(name);
    let stats: BigIntStats;
    try {
      stats = await lstat(path, { bigint: true });
    } catch (error) {
      const problem = fileError(error, shown);
      if (problem.code === 'not-found') return undefined;
      throw problem;
    }
    if (stats.isFile()) return { path, shown, stats };
    return stats.isSymbolicLink() ? this.#follow(path, shown) : undefined;
  }

  /**
   * Opens a regular file of the folder and keeps it open only if it is the expected one.
   * @throws FileError `changed` where it is another one, or lies outside of the folder by now
   * @throws the error of the system where it cannot be opened
   */
  async open(
    { path, shown }: Pick<ListedFile, 'path' | 'shown'>,
    isExpected: (stats: BigIntStats) => boolean,
  ): Promise<{ handle: FileHandle; stats: BigIntStats }> {
    const handle = await open(path, READ_FLAGS);
    try {
      const stats = await handle.stat({ bigint: true });
      const isRight = stats.isFile() && isExpected(stats) && (await this.#isInside(handle));
      if (!isRight) throw new FileError('changed', shown);
      return { handle, stats };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #follow(link: Buffer, shown: string): Promise<ListedFile | undefined> {
    try {
      const path = await realpath(link, { encoding: 'buffer' });
      const depth = this.#depthOf(path);
      if (depth === undefined || (depth > 1 && !this.#tellsPaths)) return undefined;
      // A device is not even opened.
      if (!(await lstat(path)).isFile()) return undefined;
      const { handle, stats } = await this.open({ path, shown }, () => true);
      await handle.close();
      return { path, shown, stats };
    } catch (error) {
      // A link that cannot be followed, for whatever reason, shares nothing.
      passFileError(error);
      return undefined;
    }
  }

  async #isInside({ fd }: FileHandle): Promise<boolean> {
    if (!this.#tellsPaths) return true;
    return this.#depthOf(await readlink(`${DESCRIPTORS}/${fd}`, { encoding: 'buffer' })) !== undefined;
  }

  /** How many names lead from this folder to a real path; undefined where one is hidden or the path lies outside. */
  #depthOf(real: Buffer): number | undefined {
    if (!real.subarray(0, this.#prefix.length).equals(this.#prefix)) return undefined;
    const names = nameFromBytes(real.subarray(this.#prefix.length)).split(sep);
    return names.some((name) => name.startsWith('.')) ? undefined : names.length;
  }
}

/**
 * Fills `bytes` with what stands in the file from `position` on.
 * @throws FileError `changed` where the file ends before
 * @throws the error of the system where it cannot be read
 */
export async function readFully(
  handle: FileHandle,
  bytes: Buffer,
  position: number,
  shown: string,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new FileError('changed', shown);
    at += bytesRead;
  }
}
