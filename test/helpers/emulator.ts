import { Terminal as Xterm } from '@xterm/headless';
import { Writable } from 'node:stream';

/**
 * A screen in memory: takes the bytes that a program writes and tells what a person would see.
 * It is an output stream with the properties of a terminal, and can also be fed from a real one.
 */
export class Emulator extends Writable {
  readonly isTTY = true;
  /** All bytes so far. */
  bytes = '';
  readonly #xterm: Xterm;

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    // A terminal in raw mode still turns \n into \r\n (ONLCR), as libuv sets it up.
    this.#xterm = new Xterm({
      cols: columns,
      rows,
      scrollback: 1000,
      allowProposedApi: true,
      convertEol: true,
    });
  }

  get columns(): number {
    return this.#xterm.cols;
  }

  get rows(): number {
    return this.#xterm.rows;
  }

  resize(columns: number, rows = this.#xterm.rows): void {
    this.#xterm.resize(columns, rows);
    this.emit('resize');
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.toString();
    this.#xterm.write(chunk);
    done();
  }

  /** Everything seen so far, scrolled away or not, a row of the screen each, without spaces and empty rows at the end. */
  async seen(): Promise<string[]> {
    await this.#parsed();
    const { active } = this.#xterm.buffer;
    const rows = Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString() ?? '',
    );
    const trimmed = rows.map((row) => row.trimEnd());
    return trimmed.slice(0, trimmed.findLastIndex((row) => row !== '') + 1);
  }

  /** Where the row of `seen` is drawn inversely: its text there, and the text that is not. */
  async inverse(row: number): Promise<{ inverse: string; plain: string }> {
    const pieces = await this.pieces(row);
    const text = (isInverse: boolean) =>
      pieces
        .filter(([style]) => style.includes('inverse') === isInverse)
        .map(([, part]) => part)
        .join('');
    return { inverse: text(true), plain: text(false) };
  }

  /** The row of `seen` in pieces of one style each, such as `c2` (green), `bold` or `inverse`; '' for none. */
  async pieces(row: number): Promise<[style: string, text: string][]> {
    await this.#parsed();
    const line = this.#xterm.buffer.active.getLine(row);
    const pieces: [string, string][] = [];
    for (let column = 0; column < (line?.translateToString(true).length ?? 0); column += 1) {
      const cell = line?.getCell(column);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const color = cell.isFgPalette() ? `c${cell.getFgColor()}` : '';
      const words = [color, cell.isBold() !== 0 ? 'bold' : '', cell.isInverse() !== 0 ? 'inverse' : ''];
      const style = words.filter((word) => word !== '').join(' ');
      const last = pieces.at(-1);
      if (last?.[0] === style) last[1] += cell.getChars() || ' ';
      else pieces.push([style, cell.getChars() || ' ']);
    }
    return pieces;
  }

  /** The row of `seen` in which the cursor stands, and its column. */
  async cursor(): Promise<{ row: number; column: number }> {
    await this.#parsed();
    const { active } = this.#xterm.buffer;
    return { row: active.baseY + active.cursorY, column: active.cursorX };
  }

  /** The emulator takes bytes at its own pace. */
  async #parsed(): Promise<void> {
    await new Promise<void>((resolve) => this.#xterm.write('', resolve));
  }
}
