import { readdir, stat } from 'node:fs/promises';
import { MAX_LISTED_FILES } from '../../limits.ts';
import type { SharedFile } from '../../handlers.ts';
import { nameFromBytes } from '../../protocol/names.ts';
import { fileError } from '../file-error.ts';
import { isVisible, type Folder } from '../folder.ts';

/** Entries that are looked at together: the thread pool works on four, the others keep it fed. */
const STAT_PARALLELISM = 32;

/** A list of a folder that did not change is given again for this long: a file may have grown meanwhile. */
export const LIST_FRESH_MS = 250;

/**
 * The times of a folder move in steps of up to 10 ms (the tick of a Linux kernel): what happened to it more recently may be
 * followed by a change that leaves no trace.
 */
const CLOCK_TICK_MS = 20;

interface Stamp {
  /** The same as long as no entry comes, goes or is renamed. */
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

interface Listed {
  readonly files: readonly SharedFile[];
  readonly sizes: ReadonlyMap<string, number>;
  /** Undefined where the folder had changed just before. */
  readonly stamp: string | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

/**
 * The files of the folder, by walking through it. One walk runs at a time: it may have passed by what has changed since it
 * began, so all who come meanwhile share the next one.
 *
 * A file system that folds case or Unicode forms opens `A.txt` for `a.txt`, and some keep the wrong spelling even in
 * `realpath`: only the folder itself knows the name letter by letter. Reading it costs its length, so the names that were
 * read are believed for as long as the folder's own times stand still.
 */
export class Listing {
  readonly #folder: Folder;
  readonly #walks: Turns<readonly SharedFile[]>;
  readonly #readings: Turns<readonly string[]>;
  #names: ReadonlySet<string> = new Set();
  #namesStamp = '';
  #listed: Listed = { files: [], sizes: new Map(), stamp: undefined, at: -Infinity };

  constructor(folder: Folder) {
    this.#folder = folder;
    this.#walks = new Turns(() => this.#orFileError(() => this.#walk()));
    this.#readings = new Turns(() => this.#orFileError(() => this.#readNames()));
  }

  /**
   * The files as they are on disk now, by name; at most MAX_LISTED_FILES. The same array again where nothing has changed.
   * @throws FileError where the folder or an entry cannot be read
   */
  list(): Promise<readonly SharedFile[]> {
    return this.#walks.take();
  }

  /** Size in bytes of a file of the last list. */
  sizeOf(name: string): number | undefined {
    return this.#listed.sizes.get(name);
  }

  /**
   * Whether there is an entry of exactly this name.
   * @throws FileError where the folder cannot be read
   */
  async has(name: string): Promise<boolean> {
    const isKnown = this.#names.has(name);
    if (isKnown && (await this.#orFileError(() => this.#stamp())).text === this.#namesStamp) return true;
    // A "no" is never taken from memory: two changes within one tick of the file system's clock look like one.
    await this.#readings.take();
    return this.#names.has(name);
  }

  async #walk(): Promise<readonly SharedFile[]> {
    const before = this.#listed;
    const { text, changedAt } = await this.#stamp();
    if (text === before.stamp && performance.now() - before.at < LIST_FRESH_MS) return before.files;
    const at = performance.now();
    const isSettled = Math.abs(Date.now() - changedAt) > CLOCK_TICK_MS;
    const looks = await mapParallel(await this.#readNames(), async (name) => {
      const file = await this.#folder.look(name);
      return file === undefined ? undefined : { name, size: Number(file.stats.size) };
    });
    const files = looks.filter((file) => file !== undefined);
    const stamp = isSettled ? text : undefined;
    this.#listed = isSame(files, before.files)
      ? { ...before, stamp, at }
      : { files, sizes: new Map(files.map(({ name, size }) => [name, size])), stamp, at };
    return this.#listed.files;
  }

  async #readNames(): Promise<readonly string[]> {
    // Before the names: a change of the folder meanwhile makes this stamp an old one.
    const { text } = await this.#stamp();
    const entries = await readdir(this.#folder.real, { encoding: 'buffer' });
    const visible = entries.map(nameFromBytes).filter((name) => isVisible(name));
    const names = visible.sort().slice(0, MAX_LISTED_FILES);
    this.#names = new Set(names);
    this.#namesStamp = text;
    return names;
  }

  async #stamp(): Promise<Stamp> {
    const { dev, ino, mtimeNs, ctimeNs, ctimeMs } = await stat(this.#folder.real, { bigint: true });
    return { text: `${dev}:${ino}:${mtimeNs}:${ctimeNs}`, changedAt: Number(ctimeMs) };
  }

  async #orFileError<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(error, this.#folder.shown);
    }
  }
}

function isSame(files: readonly SharedFile[], others: readonly SharedFile[]): boolean {
  return (
    files.length === others.length &&
    files.every(({ name, size }, index) => name === others[index]?.name && size === others[index].size)
  );
}

/** Work that all can share who ask before it begins: one turn runs, and one waits for it. */
class Turns<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  take(): Promise<T> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin();
    const begin = () => {
      this.#next = undefined;
      return this.#begin();
    };
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<T> {
    const turn = this.#work().finally(() => {
      if (this.#running === turn) this.#running = undefined;
    });
    this.#running = turn;
    return turn;
  }
}

/** Like `Promise.all(items.map(work))`, with few items at work at the same time; after a failure no new one is begun. */
async function mapParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  // One iterator for all workers: each takes the next item that no other has.
  const queue = items.entries();
  let hasFailed = false;
  async function worker(): Promise<void> {
    for (const [index, item] of queue) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(STAT_PARALLELISM, items.length) }, worker));
  return results;
}
