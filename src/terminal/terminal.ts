import { colorLevel } from './colors.ts';
import { escape } from './escape.ts';
import { Keyboard, type Input, type Surface } from './keyboard.ts';
import { shortenEnd } from './layout.ts';
import { Outlet, type Output } from './outlet.ts';

/** What a screen of unknown size is taken for. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export interface TerminalOptions {
  readonly input?: Input;
  readonly output?: Output;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** No colour, whatever the streams are. */
  readonly noColor?: boolean;
  /** False leaves the input alone: nobody will ask. */
  readonly readInput?: boolean;
}

/**
 * The streams of a person or a script. Three kinds of use follow from what the streams are:
 *
 * - both are terminals (`isInteractive`): raw mode; readline draws the prompt and the line being typed as the last rows
 *   of the screen. They are erased, something is printed above, and they are drawn again, all in one write: what is
 *   printed never tears the line, and what is typed while nothing is asked stays unseen until the next question.
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
  readonly #outlet: Outlet;
  readonly #keyboard: Keyboard | undefined;
  /** A waiting question in cooked mode is repeated below what is printed; a script needs no second prompt. */
  readonly #repeatsPrompt: boolean;
  /** What the last rows of the screen are, which are not history yet. */
  #drawn: 'prompt' | 'status' | undefined;
  #prompt: string | undefined;
  #status: string | undefined;
  /** Not on such a screen: the last write was a prompt, without a newline. */
  #midLine = false;
  #onInterrupt: (() => void) | undefined;

  constructor(options: TerminalOptions = {}) {
    const { input = process.stdin, output = process.stdout, env = process.env, readInput = true } = options;
    this.#output = output;
    this.#outlet = new Outlet(output, () => this.#write(''));
    this.isLive = output.isTTY === true && env['TERM'] !== 'dumb';
    this.isInteractive = this.isLive && input.isTTY === true && readInput;
    this.colorLevel = colorLevel(this.isLive, env, options.noColor === true);
    this.#repeatsPrompt = input.isTTY === true;
    if (this.isLive) output.on('resize', this.#redraw);
    if (!readInput) return;
    this.#keyboard = new Keyboard({
      input,
      surface: this.isInteractive ? this.#surface() : undefined,
      onLine: () => this.#lineTyped(),
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

  /**
   * Prints whole lines above the line being typed; the last newline is added. Where nobody has read the output for long,
   * lines are left out, and counted in a line of their own once there is room again.
   */
  print(text: string): void {
    if (this.#outlet.checkRoom()) this.#write(`${text}\n`);
    else this.#outlet.leaveOut(text);
  }

  /** Rows of the screen; 0 where there is none. */
  get height(): number {
    return this.isLive ? this.#output.rows || DEFAULT_ROWS : 0;
  }

  /** Shows lines below all others until the next call, on a screen only; undefined takes them away. */
  status(lines: string | undefined): void {
    if (!this.isLive || lines === this.#status) return;
    this.#status = lines;
    if (this.#outlet.checkRoom()) this.#redraw();
  }

  /**
   * Prints the text, waits behind its last line, and gives the next line of the input; undefined once there is none.
   * @throws Error if the former question has no answer yet.
   */
  async ask(text: string): Promise<string | undefined> {
    if (this.#prompt !== undefined) throw new Error('the former question has no answer yet');
    const lastLine = text.lastIndexOf('\n') + 1;
    if (lastLine > 0) this.print(text.slice(0, lastLine - 1));
    const prompt = text.slice(lastLine);
    if (!this.isInteractive && this.#outlet.checkRoom()) {
      this.#outlet.write(this.#leave() + prompt);
      this.#midLine = true;
    }
    this.#prompt = prompt;
    // A line that waits already needs not be seen while it is typed.
    const isAhead = this.#keyboard?.isAhead === true;
    if (!isAhead) this.#redraw();
    const line = await this.#keyboard?.next();
    this.#settle(line);
    return line;
  }

  /** Called at each Ctrl-C in raw mode. Elsewhere Ctrl-C is the signal SIGINT, which is not the terminal's. */
  onInterrupt(callback: () => void): void {
    this.#onInterrupt = callback;
  }

  /** Called once when nobody reads the output any more; what is printed from then on is dropped. */
  onOutputClosed(callback: (error: Error) => void): void {
    this.#outlet.onClosed(callback);
  }

  /** Gives the input back as it was found; a waiting question gets undefined. Printing goes on. */
  close(): void {
    this.status(undefined);
    this.#keyboard?.close();
    this.#settle(undefined);
    this.#output.off('resize', this.#redraw);
  }

  #surface(): Surface {
    const output = this.#output;
    return {
      get columns() {
        return output.columns || DEFAULT_COLUMNS;
      },
      get rows() {
        return output.rows || DEFAULT_ROWS;
      },
      write: (text: string) => this.#outlet.write(text),
    };
  }

  /** What brings the cursor to the start of an empty line, at the end of all that was printed. */
  #leave(): string {
    const drawn = this.#drawn;
    this.#drawn = undefined;
    if (drawn !== undefined) {
      const rows = drawn === 'prompt' ? (this.#keyboard?.rowsAboveCursor() ?? 0) : 0;
      return `\r${rows > 0 ? `\x1b[${rows}A` : ''}\x1b[J`;
    }
    const open = this.#midLine;
    this.#midLine = false;
    return open ? '\n' : '';
  }

  /** What brings back the last rows, or the prompt where there are none. */
  #enter(): string {
    const prompt = this.#prompt;
    if (prompt !== undefined && !this.isInteractive) {
      this.#midLine = this.#repeatsPrompt;
      return this.#repeatsPrompt ? prompt : '';
    }
    if (prompt !== undefined) {
      this.#drawn = 'prompt';
      return this.#keyboard?.show(prompt) ?? '';
    }
    this.#keyboard?.hide();
    if (this.#status === undefined) return '';
    this.#drawn = 'status';
    const lines = this.#status.split('\n').map((line) => shortenEnd(line, this.width - 1));
    // The cursor in front of all: there it stays on its row when the screen becomes narrower.
    return `${lines.join('\n')}\r${lines.length > 1 ? `\x1b[${lines.length - 1}A` : ''}`;
  }

  /** The line typed below its prompt has become part of what was printed: readline has gone to the next row. */
  #lineTyped(): void {
    const isSeen = this.#drawn === 'prompt';
    this.#keyboard?.hide();
    if (isSeen || !this.isInteractive) this.#prompt = undefined;
    if (isSeen) this.#drawn = undefined;
    // The terminal itself has shown the newline that was typed.
    if (!this.isInteractive && this.#repeatsPrompt) this.#midLine = false;
    if (isSeen && this.#status !== undefined) this.#redraw();
  }

  /** Answers a question that is still open; below its prompt nothing is typed any more. */
  #settle(line: string | undefined): void {
    const prompt = this.#prompt;
    if (prompt === undefined) return;
    this.#prompt = undefined;
    if (this.isInteractive) this.print(prompt + escape(line ?? this.#keyboard?.line ?? ''));
  }

  readonly #redraw = (): void => {
    const isPlainPrompt = this.#prompt !== undefined && !this.isInteractive;
    const isNothing = this.#prompt === undefined && this.#status === undefined && this.#drawn === undefined;
    if (!isPlainPrompt && !isNothing) this.#write('');
  };

  #write(text: string): void {
    this.#outlet.write(this.#leave() + this.#outlet.takeOmission() + text + this.#enter());
  }
}
