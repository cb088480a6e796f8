import { columnsOf } from '../../src/terminal/layout.ts';

/** Text of one style, from a column on. */
export interface Piece {
  readonly column: number;
  /** Classes of the drawing, separated by spaces. */
  readonly style: string;
  readonly text: string;
}

export interface Window {
  readonly title: string;
  readonly rows: readonly (readonly Piece[])[];
}

/** Pixels. Each piece gets its place and length, so that the columns stand whatever font the reader has. */
const CELL = { width: 7.25, height: 17 };
const PADDING = 12;
const TITLE = 26;
const GAP = 12;

const STYLE = `
  text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d8dee9 }
  .window { fill: #1b1f27; stroke: #3b4252 } .title { fill: #8b95a7 } .bold { font-weight: bold } .dim { opacity: .65 }
  .back, .inverse { fill: #d8dee9 } text.inverse { fill: #1b1f27 }
  .c1 { fill: #e07a82 } .c2 { fill: #9ccc7e } .c3 { fill: #e6c67a } .c4 { fill: #7aa9e6 } .c5 { fill: #c99bd6 } .c6 { fill: #7cc8d4 }
  .c8 { fill: #8b95a7 } .c9 { fill: #ff9aa2 } .c10 { fill: #b5e39a } .c11 { fill: #ffe19a } .c12 { fill: #9cc4ff }
  .c13 { fill: #e2b8ee } .c14 { fill: #9be3ee }
`;

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character);

function drawPiece({ column, style, text }: Piece, y: number): string {
  if (text.trim() === '') return '';
  const x = PADDING + column * CELL.width;
  const length = columnsOf(text) * CELL.width;
  const box = `x="${x}" y="${y + 4 - CELL.height}" width="${length}" height="${CELL.height}"`;
  const back = style.includes('inverse') ? `<rect class="back" ${box}/>\n` : '';
  return `${back}<text class="${style}" x="${x}" y="${y}" textLength="${length}" xml:space="preserve">${escaped(text)}</text>\n`;
}

/** Terminal windows below each other as one SVG. */
export function drawWindows(windows: readonly Window[], columns: number): string {
  const width = Math.ceil(columns * CELL.width + 2 * PADDING);
  let body = '';
  let top = 1;
  for (const { title, rows } of windows) {
    const height = TITLE + rows.length * CELL.height + PADDING;
    body += `<rect class="window" x="1" y="${top}" width="${width - 2}" height="${height}" rx="6"/>\n`;
    body += `<text class="title" x="${PADDING}" y="${top + 17}">${escaped(title)}</text>\n`;
    rows.forEach((row, i) => {
      const y = top + TITLE + (i + 1) * CELL.height - 4;
      body += row.map((piece) => drawPiece(piece, y)).join('');
    });
    top += height + GAP;
  }
  const size = `width="${width}" height="${top - GAP + 1}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${top - GAP + 1}">\n<style>${STYLE}</style>\n${body}</svg>\n`;
}
