import { fold } from './fold.ts';
import { htmlPage } from './html.ts';
import { layout } from './layout.ts';
import { mermaid } from './mermaid.ts';
import type { Model } from './model.ts';
import type { Narrowing } from './narrow.ts';
import { packed, type PageData } from './page-data.ts';
import { shiviz } from './shiviz.ts';
import { summary } from './summary.ts';
import { svgFile } from './svg.ts';
import { textDiagram } from './text.ts';
import { thinned } from './thin.ts';

export const FORMATS = ['html', 'svg', 'texto', 'mermaid', 'shiviz'] as const;
export type Format = (typeof FORMATS)[number];
/**
 * Messages of the largest picture: what a browser opens within two seconds and scrolls; what Mermaid and a reader of text
 * can bear, what ShiViz loads.
 */
export const MOST_MESSAGES: Readonly<Record<Format, number>> = {
  html: 50_000,
  svg: 10_000,
  texto: 50_000,
  mermaid: 10_000,
  shiviz: 100_000,
};
const HINT = 'Grande demais para um diagrama; restrinja com --de, --ate, --tipos ou --peers.';

export interface Drawing {
  readonly format: Format;
  readonly names: ReadonlyMap<string, string>;
  readonly narrowing: Narrowing;
  readonly isWhole: boolean;
  readonly isFolded: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The picture, or in its place a summary where it would be too large to be of use. */
export function drawn(model: Model, { format, names, narrowing, isWhole, isFolded, width }: Drawing): string {
  const lines = summary(model);
  const title = `eachare: diagrama de ${lines[0] ?? ''}`;
  const bands = isFolded ? fold(model, () => true) : [];
  const inBands = bands.reduce((sum, { events }) => sum + events.length, 0);
  if (format === 'html') return drawnPage(model, pageData(title, names, narrowing, !isFolded), isWhole);
  const events = format === 'shiviz' ? model.events.length : model.events.length - inBands;
  const isTooLarge =
    events > 2 * MOST_MESSAGES[format] || (format === 'shiviz' && model.vectors.length < model.events.length);
  if (isTooLarge) {
    if (format === 'svg') return textAsSvg([...lines, HINT]);
    const comment = format === 'mermaid' ? '%% ' : '';
    return [...lines, HINT].map((line) => `${comment}${line}\n`).join('');
  }
  switch (format) {
    case 'svg':
      return svgFile(
        layout(model, { axis: 'relogio', isShown: () => true, bands }),
        (index) => model.events[index]?.ghost === true,
        title,
      );
    case 'texto':
      return textDiagram(model, bands, width);
    case 'mermaid':
      return mermaid(model, bands);
    case 'shiviz':
      return shiviz(model);
  }
}

/** The page of a run; where it is too long, without the middle of its downloads, and at last only with a summary. */
function drawnPage(model: Model, data: PageData, isWhole: boolean): string {
  const most = 2 * MOST_MESSAGES.html;
  const hasVectors = model.vectors.length === model.events.length;
  if (model.events.length <= most && (isWhole || hasVectors)) {
    return htmlPage({ ...data, model: packed(model, isWhole) }, false);
  }
  const lines = summary(model);
  const bands = fold(model, () => true);
  const short = hasVectors ? thinned(model, bands) : undefined;
  if (short !== undefined && short.events.length <= most) {
    const labels = bands.map(({ key, label }) => [key, label] as const);
    const note =
      'Do meio dos downloads longos só estão aqui os números; restrinja com --de e --ate para ver as mensagens.';
    return htmlPage({ ...data, model: packed(short, false), labels, summary: [...lines, note] }, false);
  }
  return htmlPage({ ...data, summary: [...lines, HINT] }, false);
}

/** What every page is given; a page without a model and without a summary follows the logs. */
export function pageData(
  title: string,
  names: ReadonlyMap<string, string>,
  narrowing: Narrowing,
  isOpen: boolean,
): PageData {
  const given = Object.entries(narrowing).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const common = { model: undefined, summary: [], labels: [], isOpen };
  return { ...common, title, names: [...names], narrowing: Object.fromEntries(given) };
}

function textAsSvg(lines: readonly string[]): string {
  const rows = lines.map(
    (line, index) =>
      `<text x="16" y="${28 + index * 18}" font-family="monospace" font-size="13">${line.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="${lines.length * 18 + 32}">${rows.join('')}</svg>\n`;
}
