import { readdir, stat } from 'node:fs/promises';
import { MAX_LISTED_FILES } from '../../limits.ts';
import { nameFromBytes } from '../../protocol/name-bytes.ts';
import { fileError } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';

/** Whether an entry of this name may be listed at all; whatever could be a path is not. */
export function isVisible(name: string, platform: NodeJS.Platform = process.platform): boolean {
  if (name === '' || name.startsWith('.') || name.includes('/') || name.includes('\0')) return false;
  return platform !== 'win32' || !/[\\:]/.test(name);
}

/**
 * The names of the folder, letter by letter. A file system that folds case or Unicode forms opens `A.txt` for
 * `a.txt`, and some keep the wrong spelling even in `realpath`: only the directory itself knows the name.
 * Reading it costs its length, so what was read is believed for as long as the folder's own times stand still.
 */
export class EntryNames {
  readonly #folder: FolderPath;
  #names: ReadonlySet<string> = new Set();
  #stamp = '';

  constructor(folder: FolderPath) {
    this.#folder = folder;
  }

  /**
   * The visible names in order, as they are on disk now, at most MAX_LISTED_FILES.
   * @throws FileError where the folder cannot be read
   */
  async read(): Promise<readonly string[]> {
    try {
      // Before the names: whoever changes the folder meanwhile makes this stamp an old one.
      const stamp = await this.#stampNow();
      const entries = await readdir(this.#folder.real, { encoding: 'buffer' });
      const names = entries
        .map(nameFromBytes)
        .filter((name) => isVisible(name))
        .sort()
        .slice(0, MAX_LISTED_FILES);
      this.#names = new Set(names);
      this.#stamp = stamp;
      return names;
    } catch (error) {
      throw fileError(error, this.#folder.shown);
    }
  }

  /**
   * Whether there is an entry of exactly this name.
   * @throws FileError where the folder cannot be read
   */
  async has(name: string): Promise<boolean> {
    try {
      if (this.#names.has(name) && (await this.#stampNow()) === this.#stamp) return true;
    } catch (error) {
      throw fileError(error, this.#folder.shown);
    }
    // A "no" is never taken from memory: two changes within one tick of the file system's clock look like one.
    await this.read();
    return this.#names.has(name);
  }

  async #stampNow(): Promise<string> {
    const { dev, ino, mtimeNs, ctimeNs } = await stat(this.#folder.real, { bigint: true });
    return `${dev}:${ino}:${mtimeNs}:${ctimeNs}`;
  }
}
