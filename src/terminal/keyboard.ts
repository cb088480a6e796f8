import { createInterface, type Interface } from 'node:readline';
import { Transform, Writable, type Readable, type TransformCallback } from 'node:stream';
import { commonStart, type Completion } from './completion.ts';
import { escape } from './escape.ts';

export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };

/** Characters of a line that a person types; further keys are ignored. */
const MAX_TYPED_CHARS = 2_000;
/** A process that is to stop and still runs after this was not stopped. */
const UNSTOPPED_AFTER_MS = 100;
/** Below this the keys are commands to readline, and so is DEL. */
const FIRST_PRINTABLE = ' ';
const DEL = '\x7f';
const CTRL_L = '\f';
const ESC = '\x1b';
const NEWLINE = '\r\n';

export interface KeyboardOptions {
  readonly input: Input;
  /** Raw mode: keys come one by one and edit a line, which is drawn here. Without, the lines come as they are. */
  readonly surface?: Surface | undefined;
  /** Enter below a prompt that is seen, the cursor at the end of the line: what is drawn there is left to the callee. */
  readonly onEnter: (line: string) => void;
  /** Enter, or the end of the input, before the line is handed over: in the very turn in which it was typed. */
  readonly onLine: () => void;
  /** Ctrl-C in raw mode. */
  readonly onInterrupt: () => void;
  /** Ctrl-L in raw mode: the screen is to be cleared. */
  readonly onClear: () => void;
  /** Tab in raw mode: what could stand behind the line up to the cursor. */
  readonly complete: (line: string) => Completion;
  /** Tab where several things could, that have no more in common. */
  readonly onChoices: (choices: readonly string[]) => void;
  /** Ctrl-Z in raw mode: what is drawn is to be taken away, the shell writes here. */
  readonly onSuspend: () => void;
  /** The program goes on after it was stopped; nothing on the screen is where it was. */
  readonly onContinue: () => void;
}

/** Where the line being typed is drawn. */
export interface Surface {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/**
 * The keys of a terminal in raw mode, one at a time. What readline gets in one piece it takes for pasted text and
 * puts it at the end of the line, wherever the cursor stands: text pasted into the middle, or typed faster than it
 * is read, would land in the wrong place. What cannot be shown as it stands is no key here.
 */
class Keys extends Transform {
  readonly isTTY = true;
  readonly #input: Input;
  readonly #decoder = new TextDecoder();
  readonly #room: () => number;
  readonly #onClear: () => void;
  /** The keys that follow belong to an arrow or the like. */
  #isSequence = false;

  /** @param room characters that the line may still take */
  constructor(input: Input, room: () => number, onClear: () => void) {
    super();
    this.#room = room;
    this.#onClear = onClear;
    this.#input = input;
    // A terminal that was closed answers reads with EIO: no key comes any more.
    input.on('error', () => this.end());
    input.pipe(this);
  }

  /** Called by readline. */
  setRawMode(isRaw: boolean): this {
    this.#input.setRawMode?.(isRaw);
    return this;
  }

  /** A stopped process that goes on has to begin reading anew, or Ctrl-C and the end of input go unnoticed. */
  restart(): void {
    this.#input.pause();
    this.#input.resume();
  }

  /** Leaves the input as it was found. */
  release(): void {
    this.#input.unpipe(this);
    this.#input.pause();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let room = this.#room();
    for (const key of this.#decoder.decode(chunk, { stream: true })) {
      const isCommand = key < FIRST_PRINTABLE || key === DEL || this.#isSequence;
      this.#isSequence = key === ESC || (this.#isSequence && /[[O\d;]/.test(key));
      // readline would leave out what stands above the prompt.
      if (key === CTRL_L) this.#onClear();
      if (key === '\r' || key === '\n') room = MAX_TYPED_CHARS;
      if (key === CTRL_L || (!isCommand && (escape(key) !== key || room-- <= 0))) continue;
      this.push(key);
    }
    done();
  }
}

/** What readline draws on: the screen while a question is open, nothing while none is. */
class Canvas extends Writable {
  readonly isTTY = true;
  /** Whether what is drawn is seen. */
  isOpen = false;
  /** Of the screen, when the line was drawn. */
  columns: number;
  readonly #surface: Surface;
  readonly #onNewline: () => void;
  #collected: string | undefined;

  /** @param onNewline instead of the newline that readline writes at Enter */
  constructor(surface: Surface, onNewline: () => void) {
    super({ decodeStrings: false });
    this.#surface = surface;
    this.#onNewline = onNewline;
    this.columns = surface.columns;
  }

  /** Follows a screen that has got another width. */
  fit(): void {
    this.columns = this.#surface.columns;
  }

  override _write(text: string, _encoding: BufferEncoding, done: () => void): void {
    if (this.#collected !== undefined) this.#collected += text;
    else if (this.isOpen && text === NEWLINE) this.#onNewline();
    else if (this.isOpen) this.#surface.write(text);
    done();
  }

  /** What is drawn meanwhile, instead of drawing it. */
  collect(work: () => void): string {
    this.#collected = '';
    work();
    const text = this.#collected;
    this.#collected = undefined;
    return text;
  }
}

/** readline cannot scroll a line that is larger than the screen, and a wide character takes two columns. */
function longestLine({ columns, rows }: Surface): number {
  return Math.min(Math.floor((columns * (rows - 1)) / 2), MAX_TYPED_CHARS);
}

/** Lines from a person or a pipe, all of them, from the first moment on. In raw mode readline edits and draws them. */
export class Keyboard {
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #keys: Keys | undefined;
  readonly #canvas: Canvas | undefined;
  #waiting = 0;
  #isAsked = false;
  #isClosed = false;
  readonly #onContinue: (() => void) | undefined;
  readonly #options: KeyboardOptions;

  constructor(options: KeyboardOptions) {
    this.#options = options;
    const { input, surface, onEnter, onLine, onInterrupt } = options;
    const canvas = surface && new Canvas(surface, () => onEnter(this.#reader.line));
    const keys =
      surface && new Keys(input, () => longestLine(surface) - this.#reader.line.length, options.onClear);
    const reader = createInterface({
      input: keys ?? input,
      ...(canvas === undefined ? {} : { output: canvas }),
      terminal: canvas !== undefined,
      // Without one a tab would be a character like any.
      completer: (line: string) => this.#complete(line),
      // However late the \n of a \r\n comes, it ends no second line.
      crlfDelay: Infinity,
    });
    this.#keys = keys;
    this.#canvas = canvas;
    this.#reader = reader;
    // Taken at once: what `question()` is not there for is lost (nodejs/node#56608).
    this.#lines = reader[Symbol.asyncIterator]();
    reader.on('line', () => {
      if (!this.#isAsked) this.#waiting += 1;
      this.#isAsked = false;
      onLine();
    });
    if (keys === undefined) return;
    reader.on('SIGINT', onInterrupt);
    let isSuspended = false;
    this.#onContinue = () => {
      isSuspended = false;
      this.hide();
      keys.setRawMode(true);
      keys.restart();
      options.onContinue();
    };
    process.on('SIGCONT', this.#onContinue);
    reader.on('SIGTSTP', () => {
      isSuspended = true;
      this.hide();
      options.onSuspend();
      keys.setRawMode(false);
      process.kill(process.pid, 'SIGTSTP');
      // Without a shell that could let us go on the system does not stop us, and no SIGCONT comes.
      const goOn = () => isSuspended && !this.#isClosed && this.#onContinue?.();
      setTimeout(() => setImmediate(goOn), UNSTOPPED_AFTER_MS).unref();
    });
  }

  /** The line being typed. */
  get line(): string {
    return this.#reader.line;
  }

  /** Whether a line was typed before it was asked for. */
  get isAhead(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Rows of the screen from the beginning of the prompt to the cursor. When the width changes, some terminals break a long
   * line anew and some do not: the smaller number may leave a remnant of it, but nothing that was printed is lost.
   */
  rowsAboveCursor(): number {
    const drawn = this.#reader.getCursorPos().rows;
    this.#canvas?.fit();
    return Math.min(drawn, this.#reader.getCursorPos().rows);
  }

  /** What draws the prompt and the line being typed from the start of an empty row; from then on keys are seen. */
  show(prompt: string): string {
    const canvas = this.#canvas;
    if (canvas === undefined) return '';
    canvas.isOpen = true;
    canvas.fit();
    this.#reader.setPrompt(prompt);
    // readline first goes up to where it has drawn before, which is gone.
    return canvas.collect(() => this.#reader.prompt(true)).replace(/^\x1b\[\d+A/, '');
  }

  /** In the shape that readline wants: it draws nothing but what is to be inserted. */
  #complete(line: string): [string[], string] {
    if (this.#canvas?.isOpen !== true) return [[], line];
    const { stem, candidates } = this.#options.complete(line);
    const start = commonStart(candidates);
    if (candidates.length > 1 && start === stem) this.#options.onChoices(candidates);
    return start.length > stem.length ? [[start], stem] : [[], stem];
  }

  /** From now on keys are not seen. */
  hide(): void {
    if (this.#canvas !== undefined) this.#canvas.isOpen = false;
  }

  /** The next line; undefined at the end, or where the input fails: then no line comes any more either. */
  async next(): Promise<string | undefined> {
    if (this.#waiting > 0) this.#waiting -= 1;
    else this.#isAsked = true;
    const next = await this.#lines.next().catch(() => undefined);
    return this.#isClosed || next === undefined || next.done === true ? undefined : next.value;
  }

  /** Ends raw mode and reading; what waits is thrown away. */
  close(): void {
    this.#isClosed = true;
    if (this.#onContinue !== undefined) process.off('SIGCONT', this.#onContinue);
    this.#reader.close();
    this.#keys?.release();
  }
}
