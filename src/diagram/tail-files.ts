import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { unreadable } from './read-files.ts';
import { LineSplitter } from './split-lines.ts';

/** The event log is written every 50 ms; a person sees no difference between that and this. */
const LOOK_MS = 100;
const READ_BYTES = 256 * 1024;

/** Lines of one file that follow each other. */
export interface Piece {
  /** Index of the file. */
  readonly file: number;
  /** Number of the first line, from 1. */
  readonly row: number;
  readonly lines: readonly string[];
}

/**
 * The lines of growing files as they come, each file read once from its beginning; one that is not there yet is waited
 * for. Ends when `signal` is aborted.
 * @throws UsageError for a file that cannot be read
 */
export async function* follow(paths: readonly string[], signal: AbortSignal): AsyncGenerator<Piece> {
  const buffer = Buffer.alloc(READ_BYTES);
  const files = paths.map((path, index) => new GrowingFile(path, index));
  try {
    while (!signal.aborted) {
      let isQuiet = true;
      for (const file of files) {
        const piece = await file.read(buffer);
        if (piece === undefined) continue;
        isQuiet = false;
        if (piece.lines.length > 0) yield piece;
      }
      if (isQuiet) await after(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

class GrowingFile {
  readonly #path: string;
  readonly #index: number;
  readonly #splitter: LineSplitter;
  #handle: FileHandle | undefined;
  #position = 0;
  #row = 1;

  constructor(path: string, index: number) {
    this.#path = path;
    this.#index = index;
    this.#splitter = new LineSplitter(path);
  }

  /** What has been added since; undefined where nothing was. */
  async read(buffer: Buffer): Promise<Piece | undefined> {
    this.#handle ??= await this.#open();
    if (this.#handle === undefined) return undefined;
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#position);
    if (bytesRead === 0) {
      await this.#turnPage();
      return undefined;
    }
    this.#position += bytesRead;
    const lines = this.#splitter.push(buffer.subarray(0, bytesRead));
    const row = this.#row;
    this.#row += lines.length;
    return { file: this.#index, row, lines };
  }

  /** A log that has grown too large was renamed and begun anew; its lines are counted on, so that each has its own number. */
  async #turnPage(): Promise<void> {
    const [own, there] = await Promise.all([this.#handle?.stat(), stat(this.#path).catch(() => undefined)]);
    if (there === undefined || there.ino === own?.ino) return;
    await this.#handle?.close();
    this.#handle = undefined;
    this.#position = 0;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#path, 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw unreadable(this.#path, error);
    }
  }
}
