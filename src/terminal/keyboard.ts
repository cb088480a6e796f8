import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { KeyByKey } from './key-by-key.ts';
import { LineQueue, type Taker } from './line-queue.ts';
import type { Input } from './streams.ts';

export interface KeyboardOptions {
  readonly input: Input;
  /** Raw mode: keys come one by one and edit a line; else the lines come as they are. */
  readonly raw: boolean;
  /** The line being typed changed, or the screen has to be drawn anew. */
  readonly onTyped: () => void;
  /** Ctrl-C in raw mode. */
  readonly onInterrupt: () => void;
  /** The program goes on after Ctrl-Z; nothing on the screen is where it was. */
  readonly onContinue: () => void;
}

/**
 * Lines from a person or a pipe, all of them, from the first moment on.
 *
 * readline edits, but its drawing goes nowhere: Terminal draws the line itself from `before` and `after`. And its
 * lines go into an own queue: `question()` loses those that come while nothing is asked (nodejs/node#56608).
 */
export class Keyboard {
  /** Undefined where lines come as they are. */
  readonly #keys: KeyByKey | undefined;
  readonly #reader: Interface;
  readonly #lines: LineQueue;
  readonly #onTyped: () => void;
  #told = false;

  constructor({ input, raw, onTyped, onInterrupt, onContinue }: KeyboardOptions) {
    this.#onTyped = onTyped;
    const keys = raw ? new KeyByKey(input, () => this.#reader.line.length) : undefined;
    this.#keys = keys;
    const nowhere = new Writable({
      write(_chunk, _encoding, done) {
        done();
      },
    });
    const reader = createInterface({
      input: keys ?? input,
      ...(raw && { output: nowhere }),
      terminal: raw,
      historySize: 0,
      // However late the \n of a \r\n comes, it ends no second line.
      crlfDelay: Infinity,
    });
    this.#reader = reader;
    this.#lines = new LineQueue(reader);
    reader.on('line', (line) => this.#lines.push(line));
    reader.on('close', () => this.#lines.end());
    // An input that fails has no more lines; readline passes its error on.
    reader.on('error', () => this.#lines.end());
    if (keys === undefined) return;
    reader.on('SIGINT', onInterrupt);
    reader.on('SIGCONT', () => {
      keys.restart();
      reader.resume();
      onContinue();
    });
    keys.on('keypress', this.#onKey);
  }

  /** What stands before the cursor in the line being typed. */
  get before(): string {
    return this.#reader.line.slice(0, this.#reader.cursor);
  }

  /** What stands behind it. */
  get after(): string {
    return this.#reader.line.slice(this.#reader.cursor);
  }

  /** Hands over the next line, see LineQueue. */
  take(taker: Taker): void {
    this.#lines.take(taker);
  }

  /** Ends raw mode and reading; what waits is thrown away. */
  close(): void {
    this.#lines.close();
    this.#reader.close();
    this.#keys?.release();
  }

  /** Text that is pasted comes as many keys in one turn, and is told once. */
  readonly #onKey = (): void => {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      this.#onTyped();
    });
  };
}
