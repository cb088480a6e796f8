import { columnsOf, shortenEnd } from './layout.ts';

/** The status row follows what happens no faster: a flood of messages must not become a flood of drawings. */
export const BAR_INTERVAL_MS = 100;

/** On a lower screen the status row would leave too little for what it is about. */
const LEAST_ROWS = 6;

type Environment = Readonly<Record<string, string | undefined>>;

/** What these terminals put into the environment of their programs; they break long rows anew when their width changes. */
const REFLOWING = [
  'TMUX',
  'VTE_VERSION',
  'KITTY_WINDOW_ID',
  'ALACRITTY_WINDOW_ID',
  'KONSOLE_VERSION',
  'WT_SESSION',
  'TERM_PROGRAM',
] as const;

/**
 * Whether rows that are longer than a screen that has become narrower go on in the next row. Where that is not known, a
 * remnant of them may stay, but nothing that was printed is lost.
 */
export function reflows(env: Environment): boolean {
  return REFLOWING.some((name) => (env[name] ?? '') !== '');
}

/** Rows of the screen that a line takes which was drawn when it fitted into one. */
export function rowsOf(line: string, columns: number, isReflowing: boolean): number {
  return isReflowing ? Math.max(Math.ceil(columnsOf(line) / columns), 1) : 1;
}

/** Makes the text of the status row, with its colours, in at most so many columns; '' for no row. */
export type MakeBar = (columns: number) => string;

/**
 * What stands below all that is printed: the lines of what is under way, while nothing is asked, and the status row. The row
 * is made anew at most once an interval; between, the former one is drawn again.
 */
export class Footer {
  status: string | undefined;
  readonly #onDue: () => void;
  #make: MakeBar | undefined;
  #bar = '';
  #madeAt = -Infinity;
  #madeFor = 0;
  #isStale = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue the status row is to be drawn again */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Undefined takes the status row away. */
  set bar(make: MakeBar | undefined) {
    this.#make = make;
    this.expire();
  }

  /** What the status row tells has changed. Called for every message of a flood. */
  touch(): void {
    this.#isStale = true;
    if (this.#timer !== undefined || this.#make === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onDue();
    }, BAR_INTERVAL_MS);
    this.#timer.unref();
  }

  /** The status row is made anew the next time, however soon that is. */
  expire(): void {
    this.#isStale = true;
    this.#madeAt = -Infinity;
  }

  /** The lines for a screen of that size, each shorter than its rows: a full one would leave the cursor in doubt. */
  lines(columns: number, rows: number, isAsking: boolean): string[] {
    const status = isAsking || this.status === undefined ? [] : this.status.split('\n');
    const lines = status.map((line) => shortenEnd(line, columns - 1));
    const bar = rows < LEAST_ROWS ? '' : this.#barFor(columns - 1);
    return bar === '' ? lines : [...lines, bar];
  }

  close(): void {
    this.status = undefined;
    this.bar = undefined;
    clearTimeout(this.#timer);
  }

  #barFor(columns: number): string {
    const now = performance.now();
    const isDue = this.#isStale && now - this.#madeAt >= BAR_INTERVAL_MS;
    if (isDue || columns !== this.#madeFor) {
      this.#bar = this.#make?.(columns) ?? '';
      this.#madeAt = now;
      this.#madeFor = columns;
      this.#isStale = false;
    }
    return this.#bar;
  }
}
