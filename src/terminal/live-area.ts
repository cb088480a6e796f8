import { columnsOf, graphemes } from './layout.ts';

/**
 * The last rows of the screen, which are not history yet: the line being typed, or a progress line. They are
 * erased, something is printed above, and they are drawn again; all in one write, so that nobody sees a gap.
 *
 * Rows are broken here and not by the screen, one column before its edge: no terminal has to be asked, or
 * guessed, how it wraps, and where the cursor stands is known by arithmetic.
 */
export interface Area {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

/** The area of a line being typed, with the cursor between `before` and `after`; no more rows than `maxRows`. */
export function typedArea(before: string, after: string, columns: number, maxRows: number): Area {
  const room = Math.max(columns - 1, 1);
  const rows: string[] = [];
  let row = '';
  let used = 0;
  const add = (grapheme: string) => {
    const width = columnsOf(grapheme);
    if (used + width > room && row !== '') {
      rows.push(row);
      row = '';
      used = 0;
    }
    row += grapheme;
    used += width;
  };
  graphemes(before).forEach(add);
  let cursorRow = rows.length;
  const cursorColumn = used;
  graphemes(after).forEach(add);
  rows.push(row);
  // A cursor cannot move up beyond the screen: of a longer text, the part around the cursor is shown.
  const first = Math.max(0, Math.min(cursorRow, rows.length - maxRows));
  cursorRow -= first;
  return { rows: rows.slice(first, first + maxRows), cursorRow, cursorColumn };
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : '';
}

/** What draws the area from the start of an empty row. */
export function drawArea({ rows, cursorRow, cursorColumn }: Area): string {
  const right = cursorColumn > 0 ? `\x1b[${cursorColumn}C` : '';
  return `${rows.join('\r\n')}\r${up(rows.length - 1 - cursorRow)}${right}`;
}

/**
 * What takes the area away again and leaves the cursor where it began. `columns` may have changed since: terminals
 * then break the rows above the cursor anew. Its own row some break and some cut, so it counts as one: a remnant of
 * it may stay, but nothing that was printed is lost.
 */
export function eraseArea({ rows, cursorRow }: Area, columns: number): string {
  const above = rows.slice(0, cursorRow).map((row) => Math.max(Math.ceil(columnsOf(row) / columns), 1));
  return `\r${up(above.reduce((sum, own) => sum + own, 0))}\x1b[J`;
}
