import type { Writable } from 'node:stream';
import { count } from './formats.ts';

export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/**
 * Characters that wait for the reader of the output, some 40,000 lines: a slow one gets all that a class can produce, and one
 * that never comes costs us no more. Once so many wait, further lines are counted instead, until half of them are gone.
 */
export const MAX_UNREAD_CHARS = 4 * 1024 * 1024;

/** Node keeps a terminal in blocking mode, undocumented: a screen that is stopped (Ctrl-S, a lost link) would stop us too. */
function unblock(output: Output & { _handle?: { setBlocking?: (isBlocking: boolean) => unknown } }): void {
  if (output.isTTY === true && process.platform !== 'win32') output._handle?.setBlocking?.(false);
}

/** The output, and what becomes of text that nobody reads: it waits up to a bound, then only its lines are counted. */
export class Outlet {
  readonly #output: Output;
  #leftOut = 0;
  #isFull = false;
  #error: Error | undefined;
  #onClosed: ((error: Error) => void) | undefined;

  /** @param onRoom all that waited is read, after lines were left out */
  constructor(output: Output, onRoom: () => void) {
    this.#output = output;
    unblock(output);
    output.on('error', (error: Error) => {
      if (this.#error !== undefined) return;
      this.#error = error;
      this.#onClosed?.(error);
    });
    output.on('drain', () => {
      if (this.#leftOut > 0) onRoom();
    });
  }

  /** Whether more text may wait: once not, then not until half of what waits is gone. */
  checkRoom(): boolean {
    const { writableLength } = this.#output;
    this.#isFull = this.#isFull ? writableLength > MAX_UNREAD_CHARS / 2 : writableLength >= MAX_UNREAD_CHARS;
    return !this.#isFull;
  }

  /** Counts the lines of a text that finds no room. */
  leaveOut(text: string): void {
    let lines = 1;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
    this.#leftOut += lines;
  }

  /** A line that tells how many were left out, with its newline; nothing where none were. To be written at once. */
  takeOmission(): string {
    const lines = this.#leftOut;
    this.#leftOut = 0;
    if (lines === 0) return '';
    return `(${count(lines, 'linha omitida', 'linhas omitidas')}: ninguém lia a saída)\n`;
  }

  write(text: string): void {
    if (this.#error === undefined && text !== '') this.#output.write(text);
  }

  /** Called once when nobody can read the output any more; what is written from then on is dropped. */
  onClosed(callback: (error: Error) => void): void {
    this.#onClosed = callback;
    if (this.#error !== undefined) callback(this.#error);
  }
}
