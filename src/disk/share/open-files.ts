import { LRUCache } from 'lru-cache';
import type { Folder, ListedFile } from '../folder.ts';
import { ReadAhead } from './read-ahead.ts';
import { ServedFile } from './served-file.ts';

/** A served file stays open this long after its last use, and no more than MAX_OPEN_FILES at once. */
export const OPEN_FILE_IDLE_MS = 2_000;
export const MAX_OPEN_FILES = 64;

/** An open file is compared with the folder again after this long. */
export const RECHECK_FILE_MS = 250;

interface Entry {
  readonly file: Promise<ServedFile>;
  /** When the look at the folder began, in milliseconds of `performance.now()`. */
  readonly checkedAt: number;
  /** What was open before that look, until its result is there. */
  opened: ServedFile | undefined;
  /** The result of the look. */
  checked: ServedFile | undefined;
}

/**
 * The files that are served now, at most MAX_OPEN_FILES: the least recently asked for goes. A chunk of 256 bytes must
 * not cost a walk through the folder: within RECHECK_FILE_MS a name is only a look into a Map. All who ask for a name
 * meanwhile share one opening, or one comparison with the folder.
 */
export class OpenFiles {
  readonly #folder: Folder;
  readonly #find: (name: string) => Promise<ListedFile>;
  readonly #entries = new LRUCache<string, Entry>({
    max: MAX_OPEN_FILES,
    dispose: ({ file }) => void retire(file),
    // The next look at a name goes on with the file of the former one.
    noDisposeOnSet: true,
  });
  readonly #ahead = new ReadAhead();
  #timer: NodeJS.Timeout | undefined;

  /** @param find looks at a name in the folder, and throws FileError `not-found` for what is not listed */
  constructor(folder: Folder, find: (name: string) => Promise<ListedFile>) {
    this.#folder = folder;
    this.#find = find;
  }

  /** @throws FileError whatever `find` or the opening throws */
  get(name: string): Promise<ServedFile> {
    const now = performance.now();
    let entry = this.#entries.get(name);
    if (entry === undefined || now - entry.checkedAt >= RECHECK_FILE_MS) {
      entry = {
        file: this.#load(name, entry?.file),
        checkedAt: now,
        opened: entry?.opened,
        checked: undefined,
      };
      this.#entries.set(name, entry);
      void this.#follow(name, entry);
    }
    entry.opened?.touch(now);
    return entry.file;
  }

  /** The same where it is there at once: open, and compared with the folder within RECHECK_FILE_MS. */
  getNow(name: string): ServedFile | undefined {
    const entry = this.#entries.get(name);
    const file = entry?.checked;
    if (entry === undefined || file === undefined) return undefined;
    const now = performance.now();
    if (now - entry.checkedAt >= RECHECK_FILE_MS) return undefined;
    file.touch(now);
    return file;
  }

  /** Size in bytes of a file that is open now. */
  sizeOf(name: string): number | undefined {
    return this.#entries.peek(name)?.opened?.size;
  }

  /** Closes all that is open, after the reads under way. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const files = [...this.#entries.values()].map(({ file }) => file);
    this.#entries.clear();
    await Promise.all(files.map(retire));
  }

  async #load(name: string, former: Promise<ServedFile> | undefined): Promise<ServedFile> {
    const open = await former?.catch(() => undefined);
    try {
      const found = await this.#find(name);
      if (open?.isSameAs(found) === true) return open;
      void open?.retire();
      return await ServedFile.open(this.#folder, found, this.#ahead);
    } catch (error) {
      void open?.retire();
      throw error;
    }
  }

  async #follow(name: string, entry: Entry): Promise<void> {
    try {
      entry.checked = await entry.file;
      entry.opened = entry.checked;
      this.#scheduleSweep(OPEN_FILE_IDLE_MS);
    } catch {
      // The callers of `get` have the error; here it only means that there is nothing to keep.
      if (this.#entries.peek(name) === entry) this.#entries.delete(name);
    }
  }

  #scheduleSweep(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#sweep(), delayMs).unref();
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const [name, { opened }] of [...this.#entries.entries()]) {
      const idleSince = Math.min(opened?.usedAt ?? now, now);
      if (now - idleSince >= OPEN_FILE_IDLE_MS) this.#entries.delete(name);
      else next = Math.min(next, idleSince + OPEN_FILE_IDLE_MS - now);
    }
    if (next !== Infinity) this.#scheduleSweep(Math.ceil(next));
  }
}

async function retire(file: Promise<ServedFile>): Promise<void> {
  const open = await file.catch(() => undefined);
  await open?.retire();
}
