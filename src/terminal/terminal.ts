import { colorLevel } from './colors.ts';
import type { Completion } from './completion.ts';
import { escape } from './escape.ts';
import { Footer, reflows, rowsOf, type MakeBar } from './footer.ts';
import { Keyboard, type Input, type Surface } from './keyboard.ts';
import { count } from './formats.ts';
import { shortenMiddle, wrap } from './layout.ts';
import { Outlet, type Output } from './outlet.ts';

/** What a screen of unknown size is taken for. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** Of what the Tab key finds; more can be told apart by a further letter. */
const MAX_CHOICES = 40;

/** Tells what could stand behind a line. */
type Complete = (line: string) => Completion;

function choicesText(choices: readonly string[], width: number): string {
  const shown = choices.slice(0, MAX_CHOICES).map((choice) => shortenMiddle(choice, width - 1));
  const more = choices.length - shown.length;
  const all = [...shown, ...(more > 0 ? [`… e mais ${count(more, 'opção', 'opções')}`] : [])];
  return wrap(all.join('   '), width).join('\n');
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : '';
}

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
 *   of the screen, below the status row. They are erased, something is printed above, and they are drawn again, all in one
 *   write: what is printed never tears the line, and what is typed while nothing is asked stays unseen until the next question.
 * - only the output is (`isLive`): no editing, but status lines.
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
  readonly #footer = new Footer(() => this.#drawChanged());
  readonly #isReflowing: boolean;
  /** The last rows of the screen, which are not history yet: the footer, and below it the prompt where one is open. */
  #drawn: { readonly footer: readonly string[]; readonly isPrompt: boolean } | undefined;
  #prompt: string | undefined;
  /** Not on such a screen: the last write was a prompt, without a newline. */
  #midLine = false;
  #onInterrupt: (() => void) | undefined;
  /** For the question that is open. */
  #complete: Complete | undefined;

  constructor(options: TerminalOptions = {}) {
    const { input = process.stdin, output = process.stdout, env = process.env, readInput = true } = options;
    this.#output = output;
    this.#outlet = new Outlet(output, () => this.#write(''));
    this.isLive = output.isTTY === true && env['TERM'] !== 'dumb';
    this.isInteractive = this.isLive && input.isTTY === true && readInput;
    this.#isReflowing = reflows(env);
    this.colorLevel = colorLevel(this.isLive, env, options.noColor === true);
    this.#repeatsPrompt = input.isTTY === true;
    if (this.isLive) output.on('resize', this.#redraw);
    if (!readInput) return;
    this.#keyboard = new Keyboard({
      input,
      surface: this.isInteractive ? this.#surface() : undefined,
      onEnter: (line) => this.#entered(line),
      onLine: () => this.#lineTyped(),
      onInterrupt: () => this.#onInterrupt?.(),
      onClear: () => {
        this.#drawn = undefined;
        this.#write(CLEAR_SCREEN);
      },
      complete: (line) => this.#complete?.(line) ?? { stem: line, candidates: [] },
      onChoices: (choices) => this.print(choicesText(choices, this.width)),
      onSuspend: () => this.#outlet.write(this.#leave()),
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
    if (!this.isLive || lines === this.#footer.status) return;
    this.#footer.status = lines;
    if (this.#outlet.checkRoom()) this.#redraw();
  }

  /** From now on the last row above the prompt is a status row, on a screen where nothing but prompts of ours is typed. */
  bar(make: MakeBar): void {
    if (!this.isInteractive && (this.#keyboard !== undefined || !this.isLive)) return;
    this.#footer.bar = make;
    if (this.#outlet.checkRoom()) this.#redraw();
  }

  /** What the status row tells has changed: it is drawn again soon. */
  touchBar(): void {
    this.#footer.touch();
  }

  /**
   * Prints the text, waits behind its last line, and gives the next line of the input; undefined once there is none.
   * @param complete what the Tab key finds
   * @throws Error if the former question has no answer yet.
   */
  async ask(text: string, complete?: Complete): Promise<string | undefined> {
    if (this.#prompt !== undefined) throw new Error('the former question has no answer yet');
    // The person looks at it now.
    this.#footer.expire();
    const lastLine = text.lastIndexOf('\n') + 1;
    if (lastLine > 0) this.print(text.slice(0, lastLine - 1));
    const prompt = text.slice(lastLine);
    if (!this.isInteractive && this.#outlet.checkRoom()) {
      this.#outlet.write(this.#leave() + prompt);
      this.#midLine = true;
    }
    this.#prompt = prompt;
    this.#complete = complete;
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
    const isSeen = this.#drawn !== undefined;
    this.#footer.close();
    this.#keyboard?.close();
    this.#settle(undefined);
    if (isSeen) this.#redraw();
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
      // Where nothing is asked the cursor stands in front of all.
      const rows = drawn.isPrompt ? this.#rowsAboveCursor(drawn.footer) : 0;
      return `\r${up(rows)}\x1b[J`;
    }
    const open = this.#midLine;
    this.#midLine = false;
    return open ? '\n' : '';
  }

  #rowsAboveCursor(footer: readonly string[]): number {
    const prompt = this.#keyboard?.rowsAboveCursor() ?? 0;
    const { width } = this;
    return footer.reduce((rows, line) => rows + rowsOf(line, width, this.#isReflowing), prompt);
  }

  /** What brings back the last rows, or the prompt where there are none. */
  #enter(): string {
    const prompt = this.#prompt;
    if (prompt !== undefined && !this.isInteractive) {
      this.#midLine = this.#repeatsPrompt;
      return this.#repeatsPrompt ? prompt : '';
    }
    const footer = this.#footerLines();
    if (prompt !== undefined) {
      this.#drawn = { footer, isPrompt: true };
      return footer.map((line) => `${line}\n`).join('') + (this.#keyboard?.show(prompt) ?? '');
    }
    this.#keyboard?.hide();
    if (footer.length === 0) return '';
    this.#drawn = { footer, isPrompt: false };
    // In front of all the cursor stays on its row when the screen becomes narrower.
    return `${footer.join('\n')}\r${up(footer.length - 1)}`;
  }

  #footerLines(): string[] {
    return this.isLive ? this.#footer.lines(this.width, this.height, this.#prompt !== undefined) : [];
  }

  /** Enter below a prompt that is seen: the prompt and its line become part of what was printed, without the status row. */
  #entered(line: string): void {
    const prompt = this.#prompt ?? '';
    const before = this.#leave();
    this.#prompt = undefined;
    this.#outlet.write(`${before}${this.#outlet.takeOmission()}${prompt}${line}\n${this.#enter()}`);
  }

  #lineTyped(): void {
    this.#keyboard?.hide();
    if (this.isInteractive) return;
    this.#prompt = undefined;
    // The terminal itself has shown the newline that was typed.
    if (this.#repeatsPrompt) this.#midLine = false;
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
    if (!isPlainPrompt) this.#write('');
  };

  /** Draws the last rows again where they have changed, and somebody reads them. */
  #drawChanged(): void {
    const drawn = this.#drawn;
    if (drawn === undefined || !this.#outlet.checkRoom()) return;
    const lines = this.#footerLines();
    const isSame =
      lines.length === drawn.footer.length && lines.every((line, at) => line === drawn.footer[at]);
    if (!isSame) this.#redraw();
  }

  #write(text: string): void {
    this.#outlet.write(this.#leave() + this.#outlet.takeOmission() + text + this.#enter());
  }
}
