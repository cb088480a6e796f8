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
  const events =
    format === 'html' || format === 'shiviz' ? model.events.length : model.events.length - inBands;
  const hasVectors = model.vectors.length === model.events.length;
  const needsVectors = format === 'shiviz' || (format === 'html' && !isWhole);
  const isTooLarge = events > 2 * MOST_MESSAGES[format] || (needsVectors && !hasVectors);
  const hint = 'Grande demais para um diagrama; restrinja com --de, --ate, --tipos ou --peers.';
  if (format === 'html') {
    const data = pageData(title, names, narrowing);
    return htmlPage(
      isTooLarge ? { ...data, summary: [...lines, hint] } : { ...data, model: packed(model, isWhole) },
      false,
    );
  }
  if (isTooLarge) {
    if (format === 'svg') return textAsSvg([...lines, hint]);
    const comment = format === 'mermaid' ? '%% ' : '';
    return [...lines, hint].map((line) => `${comment}${line}\n`).join('');
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

export function pageData(title: string, names: ReadonlyMap<string, string>, narrowing: Narrowing): PageData {
  const given = Object.entries(narrowing).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { title, names: [...names], model: undefined, summary: [], narrowing: Object.fromEntries(given) };
}

function textAsSvg(lines: readonly string[]): string {
  const rows = lines.map(
    (line, index) =>
      `<text x="16" y="${28 + index * 18}" font-family="monospace" font-size="13">${line.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="${lines.length * 18 + 32}">${rows.join('')}</svg>\n`;
}
