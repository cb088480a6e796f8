import type CliTable from 'cli-table3';
import { createRequire } from 'node:module';
import { columnsOf, shortenMiddle, wrap } from './layout.ts';

/**
 * One table: `Head | Head` over a rule, then the rows, without a frame: readable, and easy for a script to split.
 * It fits a width by wrapping its cells; a cell that would need more than MAX_CELL_LINES lines is shortened.
 *
 * cli-table3 draws what it measures rightly: ASCII, in tables of a size for which its time does not count. It takes Thai, Arabic,
 * Indic scripts and newer emoji for wider or narrower than they are, and quadratic time; such rows are padded here.
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

/** More of one name, or of one list of peers, would push the other rows off the screen. */
const MAX_CELL_LINES = 3;
/** Columns of the screen; a name or an address that is cut into smaller pieces can hardly be read. */
const FLEXIBLE_FLOOR = 10;
/** Where even this is too wide, rows are wider than the screen. */
const FLOOR = 3;
const BETWEEN = ' | ';

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

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(width - columnsOf(text), 0));
  return align === 'left' ? text + space : space + text;
}

const STYLE = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
const CHARS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', 'left-mid': '', right: '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', 'right-mid': '' },
  ...{ mid: '-', 'mid-mid': '-+-', middle: BETWEEN },
};
/** Loaded for the first table: the first prompt does not wait for it. */
const require = createRequire(import.meta.url);

/** Up to so many rows its time does not count. */
const MAX_LIBRARY_ROWS = 50;

/** Rows of cells, each cell of one line or several; the first row is the head. */
type Drawn = readonly (readonly (readonly string[])[])[];

function drawByLibrary([head = [], ...rows]: Drawn, columns: readonly Column[], widths: number[]): string[] {
  const Table = require('cli-table3') as typeof CliTable;
  const colAligns = columns.map(({ align }) => align);
  const cells = (row: Drawn[number]) => row.map((lines) => lines.join('\n'));
  const table = new Table({ head: cells(head), colAligns, colWidths: widths, chars: CHARS, style: STYLE });
  for (const row of rows) table.push(cells(row));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function drawByHand([head = [], ...rows]: Drawn, columns: readonly Column[], widths: number[]): string[] {
  const draw = (row: Drawn[number]): string[] => {
    const height = Math.max(...row.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      columns
        .map(({ align }, at) => pad(row[at]?.[line] ?? '', widths[at] ?? FLOOR, align))
        .join(BETWEEN)
        .trimEnd(),
    );
  };
  const rule = widths.map((own) => '-'.repeat(own)).join('-+-');
  return [...draw(head), ...(rows.length > 0 ? [rule] : []), ...rows.flatMap(draw)];
}

/** The lines of a table at most `width` columns wide; with Infinity every row is one line, however long. */
export function tableLines(columns: readonly Column[], width: number): string[] {
  const widths = fit(columns, width);
  const wrapped = (cells: readonly Cell[]) => cells.map((cell, at) => cellLines(cell, widths[at] ?? FLOOR));
  const rows = Math.max(...columns.map(({ cells }) => cells.length));
  const drawn = [
    wrapped(columns.map(({ head }) => head)),
    ...Array.from({ length: rows }, (_, at) => wrapped(columns.map(({ cells }) => cells[at] ?? ''))),
  ];
  const isPlain = drawn.length <= MAX_LIBRARY_ROWS && drawn.flat(2).every((line) => /^[ -~]*$/.test(line));
  return isPlain ? drawByLibrary(drawn, columns, widths) : drawByHand(drawn, columns, widths);
}
