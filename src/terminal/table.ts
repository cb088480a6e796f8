import Table from 'cli-table3';
import { columnsOf, shortenMiddle, wrap } from './layout.ts';

/**
 * One table: `Head | Head` over a rule, then the rows, without a frame: readable, and easy for a script to split.
 * It fits a width by wrapping its cells; a cell that would need more than MAX_CELL_LINES lines is shortened.
 *
 * cli-table3 counts the width of some scripts and emoji wrongly, so it never sees them: it gets lines of known
 * width (`Disguise`) and does what it is good at, rows of several lines and alignment.
 */
export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Shrinks before the columns that are not. */
  readonly flexible: boolean;
  readonly cells: readonly Cell[];
}

/** Text that was escaped before. What a list leaves out is counted; `label` stands in front of the first line. */
export type Cell =
  string | { readonly label: string; readonly text: string } | { readonly list: readonly string[] };

const MAX_CELL_LINES = 12;
/** Columns of the screen; a name or an address that is cut into smaller pieces can hardly be read. */
const FLEXIBLE_FLOOR = 10;
/** Where even this is too wide, rows are wider than the screen. */
const FLOOR = 3;
/** cli-table3 takes quadratic time: 100 000 rows in one piece would take minutes. */
const ROWS_PER_PIECE = 20;
const BETWEEN = ' | ';
const STYLE = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
const CHARS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', 'left-mid': '', right: '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', 'right-mid': '' },
  ...{ mid: '-', 'mid-mid': '-+-', middle: BETWEEN },
};
const FIRST_STAND_IN = 0xf0000;
const STAND_INS = /[\u{F0000}-\u{FFFFD}]\uE000*/gu;

/** Stands in for lines that are not ASCII: private characters, one column each, which `escape` lets through nowhere. */
class Disguise {
  readonly #lines: string[] = [];

  hide(lines: readonly string[]): string {
    return lines.map((line) => (/^[ -~]*$/.test(line) ? line : this.#standIn(line))).join('\n');
  }

  reveal(text: string): string {
    return text.replace(
      STAND_INS,
      (found) => this.#lines[(found.codePointAt(0) ?? 0) - FIRST_STAND_IN] ?? found,
    );
  }

  #standIn(line: string): string {
    this.#lines.push(line);
    const first = String.fromCodePoint(FIRST_STAND_IN + this.#lines.length - 1);
    return first + '\uE000'.repeat(Math.max(columnsOf(line) - 1, 0));
  }
}

function wholeText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return 'list' in cell ? cell.list.join(', ') : cell.label + cell.text;
}

function listLines(list: readonly string[], columns: number): string[] {
  const all = wrap(list.join(', '), columns);
  if (all.length <= MAX_CELL_LINES) return all;
  // An item takes a column at least, so no more than this many can be tried in vain.
  for (let shown = Math.min(list.length - 1, MAX_CELL_LINES * columns); shown >= 1; shown -= 1) {
    const lines = wrap(`${list.slice(0, shown).join(', ')} e mais ${list.length - shown}`, columns);
    if (lines.length <= MAX_CELL_LINES) return lines;
  }
  return textLines(list.join(', '), columns);
}

function textLines(text: string, columns: number): string[] {
  const lines = wrap(text, columns);
  // A wide character leaves a column of its line unused, so the shorter text may not fill every line to its end.
  return lines.length <= MAX_CELL_LINES
    ? lines
    : wrap(shortenMiddle(text, MAX_CELL_LINES * (columns - 1)), columns);
}

function cellLines(cell: Cell, columns: number): string[] {
  if (typeof cell === 'string') return wrap(cell, columns);
  if ('list' in cell) return listLines(cell.list, columns);
  const indent = columnsOf(cell.label);
  if (columns - indent < FLOOR) return textLines(cell.label + cell.text, columns);
  return textLines(cell.text, columns - indent).map(
    (line, row) => (row === 0 ? cell.label : ' '.repeat(indent)) + line,
  );
}

/** Takes from the widest columns, one by one, until all have room: from the flexible ones first. */
function fit(columns: readonly Column[], width: number): number[] {
  const widths = columns.map(({ head, cells }) =>
    cells.reduce((widest, cell) => Math.max(widest, columnsOf(wholeText(cell))), columnsOf(head)),
  );
  let excess = widths.reduce((sum, own) => sum + own, BETWEEN.length * (columns.length - 1)) - width;
  const floors = [
    columns.map(({ flexible }) => (flexible ? FLEXIBLE_FLOOR : Infinity)),
    columns.map(() => FLOOR),
  ];
  for (const floor of floors) {
    while (excess > 0) {
      const spare = widths.map((own, index) => (own > (floor[index] ?? own) ? own : 0));
      const widest = Math.max(...spare);
      if (widest === 0) break;
      widths[spare.indexOf(widest)] = widest - 1;
      excess -= 1;
    }
  }
  return widths;
}

/** The lines of a table at most `width` columns wide; with Infinity every row is one line, however long. */
export function tableLines(columns: readonly Column[], width: number): string[] {
  const widths = fit(columns, width);
  const draw = (cells: readonly Cell[], disguise: Disguise) =>
    cells.map((cell, index) => disguise.hide(cellLines(cell, widths[index] ?? FLOOR)));
  const rows = Math.max(...columns.map(({ cells }) => cells.length));
  const lines: string[] = [];
  for (let first = 0; first === 0 || first < rows; first += ROWS_PER_PIECE) {
    const disguise = new Disguise();
    const head = draw(
      columns.map((column) => column.head),
      disguise,
    );
    const colAligns = columns.map(({ align }) => align);
    const table = new Table({ head, colAligns, colWidths: widths, chars: CHARS, style: STYLE });
    for (let row = first; row < Math.min(first + ROWS_PER_PIECE, rows); row += 1) {
      table.push(
        draw(
          columns.map(({ cells }) => cells[row] ?? ''),
          disguise,
        ),
      );
    }
    const drawn = disguise.reveal(table.toString()).split('\n');
    // Every piece has the head, so that cli-table3 rules off the same in all of them; it is shown once.
    const headLines = Math.max(...head.map((text) => text.split('\n').length)) + 1;
    lines.push(...drawn.slice(first === 0 ? 0 : headLines).map((line) => line.trimEnd()));
  }
  return lines;
}
