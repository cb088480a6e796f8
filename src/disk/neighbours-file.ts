import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import { MAX_NEIGHBOURS_FILE_BYTES } from '../limits.ts';
import { fileError } from './file-error.ts';

export interface NeighboursLine {
  /** From 1, as editors count. */
  readonly line: number;
  readonly text: string;
}

const NEWLINE = 0x0a;
// A pipe of that name must not hang the program while it finds out that it is none of ours; Windows lacks the flag.
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/**
 * The user's list of neighbours, `host:port` a line (protocol, section 3). Only ever appended to: one write with the
 * whole line, where the end of the file is then, so that several peers of one machine may share it.
 */
export class NeighboursFile {
  readonly path: string;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws FileError `not-found`, `not-a-file`, `no-permission`, `too-large`, `io` */
  static async open(path: string): Promise<NeighboursFile> {
    const file = new NeighboursFile(path);
    await file.read();
    return file;
  }

  /**
   * The lines that say something: without blank lines and comments.
   * @throws FileError `not-found`, `not-a-file`, `no-permission`, `too-large`, `io`
   */
  async read(): Promise<readonly NeighboursLine[]> {
    return parse(await this.#with(constants.O_RDONLY, (file) => this.#bytes(file)));
  }

  /**
   * Adds a line unless the file has it, here or by another process.
   * @throws FileError `not-found`, `not-a-file`, `no-permission`, `too-large`, `disk-full`, `io`
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
    return file.readFile();
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
