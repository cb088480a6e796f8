import xterm, { type IBufferCell } from '@xterm/headless';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import type { Piece } from './window-drawing.ts';

const PATIENCE_MS = 20_000;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A peer of this build on a pseudo-terminal of its own (util-linux's `script`), and what stands on its screen. */
export class DrawnScreen {
  readonly #xterm: xterm.Terminal;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(home: string, command: string, { columns, rows }: Size) {
    this.#xterm = new xterm.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
    const line = `stty cols ${columns} rows ${rows}; exec "${process.execPath}" "${PROGRAM}" ${command}`;
    const env = { ...process.env, NO_COLOR: '', TERM: 'xterm-256color', SHELL: '/bin/sh' };
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], {
      cwd: home,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (data: Buffer) => this.#xterm.write(data));
    this.#exit = once(this.#child, 'exit');
  }

  /** Types a line as a person does, and waits until the screen shows that text so many times. */
  async type(line: string, text: string, times = 1): Promise<void> {
    this.#child.stdin?.write(`${line}\r`);
    await this.until(text, times);
  }

  async until(text: string, times = 1): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.texts().join('\n').split(text).length <= times) {
      if (performance.now() > deadline) throw new Error(`no "${text}" in\n${this.texts().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Keys as they are, without Enter. */
  press(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Waits until the rows in view are as asked. */
  async untilRows(condition: (rows: string[]) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition(this.view().map((row) => row.map(({ text }) => text).join('')))) {
      if (performance.now() > deadline) throw new Error(`not so:\n${this.texts().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits until the status row has come up with what was printed. */
  async untilFresh(): Promise<void> {
    await this.untilRows((rows) => {
      const printed = rows.flatMap((row) => /^=> Atualizando relogio para (\d+)/.exec(row)?.[1] ?? []);
      const told = rows.flatMap((row) => /│ relógio (\d+) │/.exec(row)?.[1] ?? []);
      return printed.length === 0 || told.at(-1) === printed.at(-1);
    });
  }

  /** What is in view now, as far as there is anything. */
  view(): Piece[][] {
    const { active } = this.#xterm.buffer;
    const rows = this.drawn(active.baseY, active.baseY + this.#xterm.rows);
    return rows.slice(0, rows.findLastIndex((row) => row.length > 0) + 1);
  }

  /** Everything on the screen, scrolled away or not. */
  texts(): string[] {
    const { active } = this.#xterm.buffer;
    return Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? '',
    );
  }

  /** The rows of that range in pieces of one colour each. */
  drawn(from: number, to: number): Piece[][] {
    const { active } = this.#xterm.buffer;
    return Array.from({ length: to - from }, (_, i) => {
      const line = active.getLine(from + i);
      const pieces: Piece[] = [];
      for (let column = 0; column < (line?.translateToString(true).length ?? 0); column++) {
        const cell = line?.getCell(column);
        if (cell === undefined || cell.getWidth() === 0) continue;
        const style = styleOf(cell);
        const last = pieces.at(-1);
        const text = cell.getChars() || ' ';
        if (last?.style === style) pieces[pieces.length - 1] = { ...last, text: last.text + text };
        else pieces.push({ column, style, text });
      }
      return pieces;
    });
  }

  async end(): Promise<void> {
    this.#child.stdin?.write('9\r');
    await this.#exit;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The classes of a cell in the drawing: `c0` to `c15` for its colour, `bold`, `dim`, `inverse`. */
function styleOf(cell: IBufferCell): string {
  const color = cell.isFgPalette() ? `c${cell.getFgColor()}` : '';
  const inverse = cell.isInverse() ? 'inverse' : '';
  return [color, cell.isBold() ? 'bold' : '', cell.isDim() ? 'dim' : '', inverse]
    .filter((word) => word !== '')
    .join(' ');
}
