import { escape } from './escape.ts';
import { Keyboard } from './keyboard.ts';
import { shortenEnd } from './layout.ts';
import { drawArea, eraseArea, typedArea, type Area } from './live-area.ts';
import { inspectStreams, type Output, type StreamOptions } from './streams.ts';

/** What a screen of unknown size is taken for. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/**
 * The streams of a person or a script. Three kinds of use follow from what the streams are:
 *
 * - both are terminals (`isInteractive`): raw mode; the line being typed is drawn here as a live area below all
 *   that is printed. So text printed meanwhile never tears it, and what is typed while nothing is asked stays
 *   unseen until the next question.
 * - only the output is (`isLive`): no editing, but a status line.
 * - a pipe or a file: plain text. Printing behind an open prompt begins a new line first, so every text but the
 *   prompt stands at the start of a line.
 */
export class Terminal {
  /** Whether a person types here, with the screen in view. */
  readonly isInteractive: boolean;
  /** Whether the output is a screen, whose last line can change. */
  readonly isLive: boolean;
  /** For chalk. */
  readonly colorLevel: 0 | 1;
  readonly #output: Output;
  readonly #keyboard: Keyboard | undefined;
  /** A waiting question in cooked mode is repeated below what is printed; a script needs no second prompt. */
  readonly #repeatsPrompt: boolean;
  #drawn: Area | undefined;
  #prompt: string | undefined;
  #status: string | undefined;
  /** Outside a live area: the last write was a prompt, without a newline. */
  #midLine = false;
  #outputError: Error | undefined;
  #onInterrupt: (() => void) | undefined;
  #onOutputClosed: ((error: Error) => void) | undefined;

  constructor(options: StreamOptions = {}) {
    const { input, output, readInput, isLive, isInteractive, colorLevel } = inspectStreams(options);
    this.#output = output;
    this.isLive = isLive;
    this.isInteractive = isInteractive;
    this.colorLevel = colorLevel;
    this.#repeatsPrompt = input.isTTY === true;
    output.on('error', (error: Error) => {
      if (this.#outputError !== undefined) return;
      this.#outputError = error;
      this.#onOutputClosed?.(error);
    });
    if (isLive) output.on('resize', this.#redraw);
    if (!readInput) return;
    this.#keyboard = new Keyboard({
      input,
      raw: isInteractive,
      onTyped: () => this.#prompt !== undefined && this.#redraw(),
      onInterrupt: () => this.#onInterrupt?.(),
      onContinue: () => {
        this.#drawn = undefined;
        this.#redraw();
      },
    });
  }

  /** Columns of the screen; Infinity on a pipe, where nothing has to fit. */
  get width(): number {
    return this.#output.isTTY === true ? this.#output.columns || DEFAULT_COLUMNS : Infinity;
  }

  /** Prints whole lines above the line being typed; the last newline is added. */
  print(text: string): void {
    this.#write(`${this.#leave()}${text}\n${this.#enter()}`);
  }

  /** Shows a line below all others until the next call, on a screen only; undefined takes it away. */
  status(line: string | undefined): void {
    if (!this.isLive || line === this.#status) return;
    this.#status = line;
    this.#redraw();
  }

  /**
   * Prints the text, waits behind its last line, and gives the next line of the input; undefined once there is none.
   * @throws Error if the former question has no answer yet.
   */
  ask(text: string): Promise<string | undefined> {
    const lastLine = text.lastIndexOf('\n') + 1;
    if (lastLine > 0) this.print(text.slice(0, lastLine - 1));
    const prompt = text.slice(lastLine);
    if (!this.isInteractive) {
      this.#write(this.#leave() + prompt);
      this.#midLine = true;
    }
    this.#prompt = prompt;
    return new Promise((resolve) => {
      const settle = (line: string | undefined) => {
        this.#settle(prompt, line);
        resolve(line);
      };
      if (this.#keyboard === undefined) settle(undefined);
      else this.#keyboard.take(settle);
      // Still open: the line did not wait already, so it has to be seen while it is typed.
      if (this.#prompt !== undefined) this.#redraw();
    });
  }

  /** Called at each Ctrl-C in raw mode. Elsewhere Ctrl-C is the signal SIGINT, which is not the terminal's. */
  onInterrupt(callback: () => void): void {
    this.#onInterrupt = callback;
  }

  /** Called once when nobody reads the output any more; what is printed from then on is dropped. */
  onOutputClosed(callback: (error: Error) => void): void {
    this.#onOutputClosed = callback;
    if (this.#outputError !== undefined) callback(this.#outputError);
  }

  /** Gives the input back as it was found; a waiting question gets undefined. Printing goes on. */
  close(): void {
    this.status(undefined);
    this.#keyboard?.close();
    this.#output.off('resize', this.#redraw);
  }

  /** What brings the cursor to the start of an empty line, at the end of all that was printed. */
  #leave(): string {
    const area = this.#drawn;
    this.#drawn = undefined;
    if (area !== undefined) return eraseArea(area, this.width);
    const open = this.#midLine;
    this.#midLine = false;
    return open ? '\n' : '';
  }

  /** What brings back the live area, or the prompt where there is none. */
  #enter(): string {
    const prompt = this.#prompt;
    if (prompt !== undefined && !this.isInteractive) {
      this.#midLine = this.#repeatsPrompt;
      return this.#repeatsPrompt ? prompt : '';
    }
    this.#drawn = this.#liveArea();
    return this.#drawn === undefined ? '' : drawArea(this.#drawn);
  }

  #liveArea(): Area | undefined {
    const columns = this.width;
    const rows = this.#output.rows || DEFAULT_ROWS;
    if (this.#prompt !== undefined) {
      const before = this.#prompt + escape(this.#keyboard?.before ?? '');
      return typedArea(before, escape(this.#keyboard?.after ?? ''), columns, Math.max(rows - 1, 1));
    }
    if (this.#status === undefined) return undefined;
    // The cursor in front: there it stays on this row when the screen becomes narrower.
    return typedArea('', shortenEnd(this.#status, columns - 1), columns, 1);
  }

  /** Makes an answered prompt part of what was printed. */
  #settle(prompt: string, line: string | undefined): void {
    this.#prompt = undefined;
    if (this.isInteractive) {
      const typed = line ?? `${this.#keyboard?.before ?? ''}${this.#keyboard?.after ?? ''}`;
      this.print(prompt + escape(typed));
    } else if (line !== undefined && this.#repeatsPrompt) {
      // The terminal itself has shown the newline that was typed.
      this.#midLine = false;
    }
  }

  readonly #redraw = (): void => {
    const isPlainPrompt = this.#prompt !== undefined && !this.isInteractive;
    const isNothing = this.#prompt === undefined && this.#status === undefined && this.#drawn === undefined;
    if (!isPlainPrompt && !isNothing) this.#write(this.#leave() + this.#enter());
  };

  #write(text: string): void {
    if (this.#outputError === undefined) this.#output.write(text);
  }
}
