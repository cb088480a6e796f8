import { MAX_OPEN_FILES, OPEN_FILE_IDLE_MS, RECHECK_FILE_MS } from '../../limits.ts';
import type { ListedFile } from './listed-file.ts';
import { ReadAhead } from './read-ahead.ts';
import { ServedFile } from './served-file.ts';

interface Entry {
  readonly file: Promise<ServedFile>;
  /** When the look at the folder began, in milliseconds of `performance.now()`. */
  readonly checkedAt: number;
  /** What was open before that look, until its result is there. */
  opened: ServedFile | undefined;
  /** The result of the look. */
  checked: ServedFile | undefined;
  /** A larger number is a later question. */
  askedAt: number;
}

/**
 * The files that are served now, at most MAX_OPEN_FILES: the least recently asked for goes. A chunk of 256 bytes must
 * not cost a walk through the folder: within RECHECK_FILE_MS a name is only a look into a Map. All who ask for a name
 * meanwhile share one opening, or one comparison with the folder.
 */
export class OpenFiles {
  readonly #find: (name: string) => Promise<ListedFile>;
  readonly #entries = new Map<string, Entry>();
  readonly #ahead = new ReadAhead();
  #questions = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param find looks at a name in the folder, and throws FileError `not-found` for what is not listed */
  constructor(find: (name: string) => Promise<ListedFile>) {
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
        askedAt: 0,
      };
      this.#entries.set(name, entry);
      void this.#follow(name, entry);
      this.#makeRoom(entry);
    }
    entry.askedAt = ++this.#questions;
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
    entry.askedAt = ++this.#questions;
    file.touch(now);
    return file;
  }

  /** Size in bytes of a file that is open now. */
  sizeOf(name: string): number | undefined {
    return this.#entries.get(name)?.opened?.size;
  }

  /** Closes all that is open, after the reads under way. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all([...this.#entries].map(([name, { file }]) => this.#drop(name, file)));
  }

  async #load(name: string, former: Promise<ServedFile> | undefined): Promise<ServedFile> {
    const open = await former?.catch(() => undefined);
    try {
      const found = await this.#find(name);
      if (open?.isSameAs(found) === true) return open;
      void open?.retire();
      return await ServedFile.open(found, this.#ahead);
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
      // Whoever asked for the file gets the error; here it only means that there is nothing to keep.
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    }
  }

  #makeRoom(newest: Entry): void {
    if (this.#entries.size <= MAX_OPEN_FILES) return;
    let oldest: [name: string, entry: Entry] | undefined;
    for (const [name, entry] of this.#entries) {
      if (entry !== newest && entry.askedAt < (oldest?.[1].askedAt ?? Infinity)) oldest = [name, entry];
    }
    if (oldest !== undefined) void this.#drop(oldest[0], oldest[1].file);
  }

  async #drop(name: string, file: Promise<ServedFile>): Promise<void> {
    this.#entries.delete(name);
    const open = await file.catch(() => undefined);
    await open?.retire();
  }

  #scheduleSweep(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#sweep(), delayMs).unref();
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const [name, { file, opened }] of this.#entries) {
      const idleSince = Math.min(opened?.usedAt ?? now, now);
      if (now - idleSince >= OPEN_FILE_IDLE_MS) void this.#drop(name, file);
      else next = Math.min(next, idleSince + OPEN_FILE_IDLE_MS - now);
    }
    if (next !== Infinity) this.#scheduleSweep(Math.ceil(next));
  }
}
