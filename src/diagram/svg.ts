import { LANE } from './labels.ts';
import type { Arrow, Picture } from './layout.ts';

/** Height of the names above and below the picture. */
export const HEADER = 34;

/** What a shape is besides itself, as class names: its colour for past, future, chosen. */
export interface Paint {
  readonly event: (index: number) => string;
  /** Of the arrow and the label, by the event that they stand at. */
  readonly message: (index: number) => string;
  readonly band: (index: number) => string;
}

const PLAIN: Paint = { event: () => '', message: () => '', band: () => '' };

/** The colours of a picture that stands by itself; the page has the same names. Okabe and Ito's, safe for the colour-blind. */
export const COLORS = `
svg{--fundo:#fff;--texto:#1a1a1a;--fraco:#8a8a8a;--linha:#444;--erro:#c4001a;--faixa:#0072b2}
@media (prefers-color-scheme:dark){svg{--fundo:#16181c;--texto:#ececec;--fraco:#8f949c;--linha:#b5b9c0;--erro:#ff6b6b;--faixa:#56b4e9}}`;

/** How the shapes look; the same rules in a picture of its own, in the page, and on paper. */
export const SHAPES = `
text{font:11px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:var(--texto)}
.nome{font-weight:700}.estranho{font-style:italic}
.vida{stroke:var(--fraco);stroke-width:1.5}.vida.estranho{stroke-dasharray:5 5}
.tique{fill:var(--fraco);font-size:10px}.guia{stroke:var(--fraco);stroke-width:.5;opacity:.25}
.seta{stroke:var(--linha);stroke-width:1.2;stroke-opacity:.75;fill:none}.ponta{fill:var(--linha);stroke:none}
.seta.aberta{stroke-dasharray:4 3}.cruz{stroke:var(--erro);stroke-width:2.2;fill:none}
.ponto{fill:var(--texto);stroke:var(--fundo);stroke-width:1}.ponto.fantasma{fill:var(--fundo);stroke:var(--texto);stroke-dasharray:2 1.5}
.relogio{font-size:10px;font-weight:700}
.rotulo{paint-order:stroke;stroke:var(--fundo);stroke-width:3px;stroke-linejoin:round}
.faixa rect{fill:var(--faixa);fill-opacity:.13;stroke:var(--faixa);stroke-width:1.2}
.faixa .rotulo{font-weight:700}
.errado.seta,.errado .seta{stroke:var(--erro);stroke-width:2.4}.errado .ponta,.errado.ponta{fill:var(--erro)}
.errado.rotulo{fill:var(--erro);font-weight:700}.errado.ponto{fill:var(--erro)}`;

/** Text that stays text in HTML and SVG, also between quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** The shapes of a picture between two heights, without the names above. */
export function shapes(
  picture: Picture,
  isGhost: (event: number) => boolean,
  paint = PLAIN,
  from = -Infinity,
  to = Infinity,
): string {
  const { columns, ticks, boxes, arrows, dots, labels, width, height } = picture;
  const isInside = (top: number, bottom: number) => bottom >= from && top <= to;
  const [y1, y2] = [round(Math.max(0, from)), round(Math.min(height, to))];
  let out = '';
  for (const { x, hasLog } of columns) {
    out += `<line class="vida${hasLog ? '' : ' estranho'}" x1="${round(x)}" x2="${round(x)}" y1="${y1}" y2="${y2}"/>`;
  }
  for (const { y, text } of ticks) {
    if (!isInside(y, y)) continue;
    out += `<line class="guia" x1="86" x2="${round(width)}" y1="${round(y)}" y2="${round(y)}"/>`;
    out += `<text class="tique" x="80" y="${round(y + 3)}" text-anchor="end">${escaped(text)}</text>`;
  }
  for (const { band, x, y, width: wide, height: high } of boxes) {
    if (!isInside(y, y + high)) continue;
    out += `<g class="faixa ${paint.band(band)}" data-b="${band}"><rect x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(high)}" rx="4"/></g>`;
  }
  for (const arrow of arrows) {
    if (isInside(Math.min(arrow.y1, arrow.y2), Math.max(arrow.y1, arrow.y2)))
      out += arrowShape(arrow, paint.message(arrow.event));
  }
  for (const { event, band, text, x, y, isWrong } of labels) {
    if (!isInside(y - LANE, y)) continue;
    const about = band >= 0 ? `data-b="${band}"` : `data-e="${event}"`;
    const classes = `rotulo ${isWrong ? 'errado' : ''} ${band >= 0 ? paint.band(band) : `${paint.message(event)} ${paint.event(event).includes('achado') ? 'achado' : ''}`}`;
    const shape = `<text class="${classes}" ${about} x="${round(x)}" y="${round(y)}">${escaped(text)}</text>`;
    out += band >= 0 ? `<g class="faixa">${shape}</g>` : shape;
  }
  for (const { event, x, y, text, side } of dots) {
    if (!isInside(y - LANE, y + LANE)) continue;
    const classes = `ponto ${isGhost(event) ? 'fantasma' : ''} ${paint.event(event)}`;
    out += mark(classes, event, x, y);
    const anchor = side < 0 ? 'end' : 'start';
    out += `<text class="relogio rotulo" data-e="${event}" x="${round(x + side * 8)}" y="${round(y + 4)}" text-anchor="${anchor}">${escaped(text)}</text>`;
  }
  return out;
}

/** A dot; past and future have shapes of their own, so that colour is not all that tells them apart. */
function mark(classes: string, event: number, x: number, y: number): string {
  const about = `class="${classes}" data-e="${event}"`;
  if (/\bpassado\b/.test(classes)) {
    return `<rect ${about} x="${round(x - 4)}" y="${round(y - 4)}" width="8" height="8"/>`;
  }
  if (/\bfuturo\b/.test(classes)) {
    return `<path ${about} d="M${round(x)} ${round(y - 6)}l6 6l-6 6l-6-6Z"/>`;
  }
  return `<circle ${about} cx="${round(x)}" cy="${round(y)}" r="4.5"/>`;
}

function arrowShape({ event, x1, y1, x2, y2, end, isWrong }: Arrow, paint: string): string {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const stop = end === 'arrow' ? 5 : 0;
  const [tx, ty] = [x2 - dx * stop, y2 - dy * stop];
  const [bx, by] = [tx - dx * 8, ty - dy * 8];
  const line = `<path class="seta ${end === 'arrow' ? '' : 'aberta'}" d="M${round(x1)} ${round(y1)}L${round(end === 'cross' ? x2 : bx)} ${round(end === 'cross' ? y2 : by)}"/>`;
  const head =
    end === 'cross'
      ? `<path class="cruz" d="M${round(x2 - 5)} ${round(y2 - 5)}l10 10m0-10l-10 10"/>`
      : `<path class="ponta" d="M${round(tx)} ${round(ty)}L${round(bx - dy * 3.5)} ${round(by + dx * 3.5)}L${round(bx + dy * 3.5)} ${round(by - dx * 3.5)}Z"/>`;
  return `<g class="mensagem ${isWrong ? 'errado' : ''} ${paint}" data-e="${event}">${line}${head}</g>`;
}

/** The names above the lifelines. */
export function header({ columns }: Picture, y = 22): string {
  let out = '';
  for (const { x, name, hasLog } of columns) {
    out += `<text class="nome${hasLog ? '' : ' estranho'}" x="${round(x)}" y="${y}" text-anchor="middle">${escaped(name)}</text>`;
  }
  return out;
}

/** A whole picture as a file of its own. */
export function svgFile(picture: Picture, isGhost: (event: number) => boolean, title: string): string {
  const [width, height] = [Math.ceil(picture.width), Math.ceil(picture.height)];
  const box = `0 ${-HEADER} ${width} ${height + 2 * HEADER}`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${width}" height="${height + 2 * HEADER}" role="img">` +
    `<title>${escaped(title)}</title><style>${COLORS}${SHAPES}</style>` +
    `<rect y="${-HEADER}" width="${width}" height="${height + 2 * HEADER}" style="fill:var(--fundo)"/>` +
    `${header(picture, -12)}<text class="tique" x="80" y="-12" text-anchor="end">relógio</text>` +
    `${shapes(picture, isGhost)}${header(picture, height + 20)}</svg>\n`
  );
}
