import {
  line as lineOf,
  symbol,
  symbolCircle,
  symbolDiamond2,
  symbolSquare,
  symbolTriangle,
  type SymbolType,
} from 'd3-shape';
import { COLORS, escaped } from '../diagram/svg.ts';
import { CHAR, type Scale } from './scales.ts';

/** One measured value, and the interval that holds it, where one is known. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  /** A curve of comparison: thin, without marks. */
  readonly isReference?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

export interface Plot {
  readonly title: string;
  /** With their units. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly panels: readonly Panel[];
  /** Panels in a row, where so many fit. */
  readonly columns: number;
  readonly x: (range: readonly [number, number]) => Scale;
  /** Of all panels, so that they can be compared. */
  readonly y: (range: readonly [number, number]) => Scale;
}

const PANEL_WIDTH = 250;
const PANEL_HEIGHT = 230;
const MOST_COLUMNS = 3;
/** Around the field of a panel: for its title, for the labels and the title of its axes. */
const TOP = 26;
const LEFT = 76;
const RIGHT = 22;
const BOTTOM = 48;
const HEADER = 34;
const LEGEND_LINE = 20;
const LEGEND_GAP = 22;
const LEGEND_SIGN = 34;
/** Curves stand so far beside each other that their error bars can be told apart. */
const DODGE = 5;
const CAP = 3;
const MARK_AREA = 46;

/**
 * What tells the curves apart: a colour (Okabe and Ito's, as in the diagram), and in grey the mark and the dashes. Those of
 * one colour have other dashes.
 */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const MARKS: readonly SymbolType[] = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond2];
const DASHES = ['', '6 3', '2 3', '8 3 2 3', '12 4'];

const STYLE = `${COLORS}
text{font:11px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:var(--texto)}
.titulo{font-size:13px;font-weight:700}.painel{font-weight:700}
.eixo{stroke:var(--linha);stroke-width:1;fill:none}.grade{stroke:var(--fraco);stroke-width:.5;opacity:.35}
.curva{fill:none;stroke-width:1.6}.erro{fill:none;stroke-width:1.1}.marca{stroke:var(--fundo);stroke-width:.8}
.referencia{fill:none;stroke:var(--linha);stroke-width:1.2;stroke-dasharray:1 3}`;

const round = (value: number): string => String(Math.round(value * 10) / 10);

interface Look {
  readonly colour: string;
  readonly dashes: string;
  readonly mark: string;
}

function lookOf(index: number): Look {
  const mark = symbol(MARKS[index % MARKS.length], MARK_AREA)() ?? '';
  return { colour: COLOURS[index % COLOURS.length]!, dashes: DASHES[index % DASHES.length]!, mark };
}

/** A whole plot as a file of its own: panels side by side, one legend above them. */
export function plotSvg(plot: Plot): string {
  const { panels, title } = plot;
  const columns = Math.min(MOST_COLUMNS, plot.columns);
  const [cell, row] = [LEFT + PANEL_WIDTH + RIGHT, TOP + PANEL_HEIGHT + BOTTOM];
  const width = Math.max(columns * cell, Math.ceil(title.length * 8.1) + 24);
  const names = [...new Set(panels.flatMap(({ curves }) => curves.map(({ name }) => name)))];
  const looks = new Map(names.map((name, index) => [name, lookOf(index)]));
  const references = new Set(
    panels.flatMap(({ curves }) => curves.filter((each) => each.isReference).map(({ name }) => name)),
  );
  const legend = legendOf(looks, references, width);
  const above = HEADER + legend.height;
  const height = above + Math.ceil(panels.length / columns) * row + 4;
  const drawn = panels.map((panel, index) => {
    const [x, y] = [(index % columns) * cell + LEFT, above + Math.floor(index / columns) * row + TOP];
    return `<g transform="translate(${x} ${y})">${panelOf(panel, plot, looks)}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">` +
    `<title>${escaped(title)}</title><style>${STYLE}</style>` +
    `<rect width="${width}" height="${height}" style="fill:var(--fundo)"/>` +
    `<text class="titulo" x="12" y="22">${escaped(title)}</text>${legend.shapes}${drawn.join('')}</svg>\n`
  );
}

function legendOf(
  looks: ReadonlyMap<string, Look>,
  references: ReadonlySet<string>,
  width: number,
): { shapes: string; height: number } {
  let [x, y] = [12, HEADER + 10];
  let shapes = '';
  for (const [name, look] of looks) {
    const wide = LEGEND_SIGN + name.length * CHAR;
    if (x > 12 && x + wide > width - 12) [x, y] = [12, y + LEGEND_LINE];
    const path = `M${x} ${y - 4}h26`;
    shapes += references.has(name)
      ? `<path class="referencia" d="${path}"/>`
      : curvePath(path, look) + markAt(x + 13, y - 4, look);
    shapes += `<text x="${round(x + LEGEND_SIGN)}" y="${y}">${escaped(name)}</text>`;
    x += wide + LEGEND_GAP;
  }
  return { shapes, height: y - HEADER + 10 };
}

function panelOf({ title, curves }: Panel, plot: Plot, looks: ReadonlyMap<string, Look>): string {
  const x = plot.x([0, PANEL_WIDTH]);
  const y = plot.y([PANEL_HEIGHT, 0]);
  let out = `<text class="painel" x="${PANEL_WIDTH / 2}" y="-8" text-anchor="middle">${escaped(title)}</text>`;
  for (const { value, label } of y.ticks) {
    const at = round(y(value));
    out += `<path class="grade" d="M0 ${at}H${PANEL_WIDTH}"/><path class="eixo" d="M-4 ${at}h4"/>`;
    out += `<text x="-8" y="${round(y(value) + 4)}" text-anchor="end">${escaped(label)}</text>`;
  }
  for (const { value, label } of x.ticks) {
    const at = round(x(value));
    out += `<path class="grade" d="M${at} 0V${PANEL_HEIGHT}"/><path class="eixo" d="M${at} ${PANEL_HEIGHT}v4"/>`;
    out += `<text x="${at}" y="${PANEL_HEIGHT + 17}" text-anchor="middle">${escaped(label)}</text>`;
  }
  out += `<path class="eixo" d="M0 0V${PANEL_HEIGHT}H${PANEL_WIDTH}"/>`;
  out += `<text x="${PANEL_WIDTH / 2}" y="${PANEL_HEIGHT + 36}" text-anchor="middle">${escaped(plot.xTitle)}</text>`;
  const middle = PANEL_HEIGHT / 2;
  out += `<text transform="translate(-63 ${middle}) rotate(-90)" text-anchor="middle">${escaped(plot.yTitle)}</text>`;
  // Only error bars hide each other.
  const measured = curves.filter(({ points }) => points.some(({ low }) => low !== undefined));
  for (const curve of curves) {
    const place = measured.indexOf(curve);
    const aside = place === -1 ? 0 : (place - (measured.length - 1) / 2) * DODGE;
    out += curveOf(curve, looks.get(curve.name)!, (value) => x(value) + aside, y);
  }
  return out;
}

function curveOf({ points, isReference }: Curve, look: Look, x: (value: number) => number, y: Scale): string {
  const path =
    lineOf<Point>(
      (point) => x(point.x),
      (point) => y(point.y),
    ).digits(1)(points) ?? '';
  if (isReference === true) return `<path class="referencia" d="${path}"/>`;
  let out = curvePath(path, look);
  for (const point of points) {
    const { low, high } = point;
    if (low !== undefined && high !== undefined) out += errorBar(x(point.x), low, high, look, y);
    out += markAt(x(point.x), y(point.y), look);
  }
  return out;
}

/** What leaves the axis ends at its border, without a cap: an interval may reach below 0, where no logarithm is. */
function errorBar(x: number, low: number, high: number, { colour }: Look, y: Scale): string {
  const [least, most] = y.domain;
  const [bottom, top] = [y(Math.max(low, least)), y(Math.min(high, most))];
  const cap = (at: number) => `M${round(x - CAP)} ${round(at)}h${2 * CAP}`;
  const caps = (low >= least ? cap(bottom) : '') + (high <= most ? cap(top) : '');
  return `<path class="erro" stroke="${colour}" d="M${round(x)} ${round(bottom)}V${round(top)}${caps}"/>`;
}

function curvePath(path: string, { colour, dashes }: Look): string {
  return `<path class="curva" stroke="${colour}" stroke-dasharray="${dashes || 'none'}" d="${path}"/>`;
}

function markAt(x: number, y: number, { mark, colour }: Look): string {
  return `<path class="marca" fill="${colour}" transform="translate(${round(x)} ${round(y)})" d="${mark}"/>`;
}
