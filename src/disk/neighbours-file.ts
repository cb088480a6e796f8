import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import type { AppEvent, Reporter } from '../events.ts';
import type { Address } from '../protocol/address.ts';
import { fileError } from './file-error.ts';

/** A file of 1000 host names is below 300 kB; something larger is another file. */
export const MAX_NEIGHBOURS_FILE_BYTES = 1024 * 1024;

export interface NeighboursLine {
  /** From 1, as editors count. */
  readonly line: number;
  readonly text: string;
}

interface Look {
  readonly bytes: Buffer;
  readonly mode: number;
}

/** Others append a line now and then; between two looks of ours it takes bad luck. */
const FORGET_TRIES = 5;

/** What stands between two ends of lines. */
const LINE = /[^\r\n]+/g;
const NEWLINE = 0x0a;
/** Control characters that no editor puts into a text; accents in another encoding are no reason to refuse it. */
const BINARY = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;
// A pipe of that name must not hang the program while it finds out that it is none of ours; Windows lacks the flag.
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/**
 * The user's list of neighbours, `host:port` a line (protocol, section 3). Appended to by one write with the whole line,
 * where the end of the file is then, so that several peers of one machine may share it. What the user forgets becomes a
 * comment, and no other byte changes: a file of the same bytes takes its place at once, or none does.
 */
export class NeighboursFile {
  readonly path: string;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws FileError `not-found`, `not-a-file`, `not-text`, `no-permission`, `too-large`, `io` */
  static async open(path: string): Promise<NeighboursFile> {
    const file = new NeighboursFile(path);
    await file.read();
    return file;
  }

  /**
   * The lines that say something: without blank lines and comments.
   * @throws FileError `not-found`, `not-a-file`, `not-text`, `no-permission`, `too-large`, `io`
   */
  async read(): Promise<readonly NeighboursLine[]> {
    return parse(await this.#with(constants.O_RDONLY, (file) => this.#bytes(file)));
  }

  /**
   * Adds a line unless the file has it, here or by another process.
   * @throws FileError `not-found`, `not-a-file`, `not-text`, `no-permission`, `too-large`, `disk-full`, `io`
   */
  append(address: string): Promise<void> {
    const done = this.#tail.then(() => this.#append(address));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  #append(address: string): Promise<void> {
    return this.#with(constants.O_RDWR | constants.O_APPEND, async (file) => {
      const bytes = await this.#bytes(file);
      if (parse(bytes).some(({ text }) => text === address)) return;
      // Without it two addresses would melt into one. Twice, by two processes, it is a blank line and does no harm.
      const gap = bytes.length > 0 && bytes.at(-1) !== NEWLINE ? '\n' : '';
      const line = Buffer.from(`${gap}${address}\n`);
      const { bytesWritten } = await file.write(line);
      // A disk file takes less than it is given only where there is no room for more.
      if (bytesWritten < line.length) throw new FileError('disk-full', this.path);
    });
  }

  /**
   * Makes comments of the lines that hold this address.
   * @throws FileError `not-found`, `not-a-file`, `not-text`, `no-permission`, `too-large`, `disk-full`, `io`, and
   *   `changed` where others write to it without a pause
   */
  forget(address: string): Promise<void> {
    const done = this.#tail.then(() => this.#forget(address));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #forget(address: string): Promise<void> {
    for (let tries = 0; tries < FORGET_TRIES; tries += 1) {
      const before = await this.#look();
      const text = before.bytes.toString('latin1');
      const commented = text.replace(LINE, (line) =>
        withoutComment(Buffer.from(line, 'latin1').toString()) === address ? `# ${line}` : line,
      );
      if (commented === text) return;
      if (await this.#replace(before, Buffer.from(commented, 'latin1'))) return;
    }
    throw new FileError('changed', this.path);
  }

  /** Whether the new bytes have taken the place of those; not where others have written meanwhile. */
  async #replace(before: Look, bytes: Buffer): Promise<boolean> {
    try {
      // A link stays one.
      const path = await realpath(this.path);
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        const file = await open(temporary, 'wx', before.mode & 0o777);
        try {
          await file.chmod(before.mode & 0o777);
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        const now = await this.#look();
        if (!now.bytes.equals(before.bytes)) return false;
        await rename(temporary, path);
        return true;
      } finally {
        await rm(temporary, { force: true });
      }
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  #look(): Promise<Look> {
    return this.#with(constants.O_RDONLY, async (file) => ({
      bytes: await this.#bytes(file),
      mode: (await file.stat()).mode,
    }));
  }

  async #with<T>(flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
    try {
      const file = await open(this.path, flags | NONBLOCK);
      try {
        return await work(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  async #bytes(file: FileHandle): Promise<Buffer> {
    const stats = await file.stat();
    if (!stats.isFile()) throw new FileError('not-a-file', this.path);
    if (stats.size > MAX_NEIGHBOURS_FILE_BYTES) throw new FileError('too-large', this.path);
    const bytes = await file.readFile();
    // A file that became binary is the user's all the same: nothing is read out of it, and nothing written into it.
    if (BINARY.test(bytes.toString('latin1'))) throw new FileError('not-text', this.path);
    return bytes;
  }
}

/** Writes every new neighbour to the neighbours file, in the order in which they became known, and forgets as the user does. */
export class NeighboursKeeper implements Reporter {
  readonly #file: NeighboursFile;
  readonly #inFile: Set<Address>;
  readonly #reporter: Reporter;
  #last: Promise<void> = Promise.resolve();
  #failing = false;

  /**
   * @param inFile what the file holds already
   * @param reporter gets an event where the file cannot be written, once until it can again
   */
  constructor(file: NeighboursFile, inFile: Iterable<Address>, reporter: Reporter) {
    this.#file = file;
    this.#inFile = new Set(inFile);
    this.#reporter = reporter;
  }

  report(event: AppEvent): void {
    if (event.event === 'neighbour-forgotten') {
      const { neighbour } = event;
      this.#inFile.delete(neighbour);
      this.#last = this.#last.then(() => this.#write(() => this.#file.forget(neighbour)));
    }
    if (event.event !== 'neighbour-added' || this.#inFile.has(event.neighbour)) return;
    const { neighbour } = event;
    this.#last = this.#last.then(() => this.#write(() => this.#file.append(neighbour)));
  }

  /** Resolves when all that was reported so far is written, or has failed and was reported. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #write(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing = false;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (this.#failing) return;
      this.#failing = true;
      this.#reporter.report({
        event: 'neighbours-file-not-written',
        path: this.#file.path,
        code: error.code,
      });
    }
  }
}

function parse(bytes: Buffer): NeighboursLine[] {
  return bytes
    .toString('utf8')
    .split(/\r\n?|\n/)
    .map((text, index) => ({ line: index + 1, text: withoutComment(text) }))
    .filter(({ text }) => text !== '');
}

/** `trim` takes the byte order mark as well, which some editors put in front of the first line. */
function withoutComment(text: string): string {
  return text
    .trim()
    .replace(/(^|\s)#.*$/, '')
    .trim();
}
