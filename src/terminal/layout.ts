import stringWidth from 'string-width';
import { escape } from './escape.ts';

/** How text falls on a screen: columns, not characters. CJK and emoji are two wide, combining accents none. */

const SEGMENTER = new Intl.Segmenter();
const PLAIN = /^[ -~]*$/;

/** What a person sees as one character each; never split between two lines. */
export function graphemes(text: string): readonly string[] {
  return PLAIN.test(text) ? text.split('') : Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** Columns that the text takes. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The first of `parts` that fit together. */
function fitting(parts: readonly string[], columns: number): string[] {
  let used = 0;
  const end = parts.findIndex((part) => {
    used += columnsOf(part);
    return used > columns;
  });
  return end < 0 ? [...parts] : parts.slice(0, end);
}

/** Shortens to `columns` with `…` at the end; the text itself where it fits. */
export function shortenEnd(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  return columns < 1 ? '' : `${fitting(graphemes(text), columns - 1).join('')}…`;
}

/** Shortens to `columns` with `…` in the middle: the end of a file name is its extension and tells its kind. */
export function shortenMiddle(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const parts = graphemes(text);
  const tail = fitting(parts.toReversed(), Math.floor((columns - 1) / 2))
    .reverse()
    .join('');
  return shortenEnd(text, columns - columnsOf(tail)) + tail;
}

/** Breaks into lines of at most `columns`: after a space where one is near enough, else between any two characters. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const width = columnsOf(grapheme);
    if (used + width > columns && line !== '') {
      const word = line.slice(line.lastIndexOf(' ') + 1);
      // A long word is broken rather than moved, so that no line stays half empty.
      const moved = columnsOf(word) + width;
      const rest =
        grapheme === ' ' || word === line || moved > columns || moved * 2 > columns + 2 ? '' : word;
      lines.push(line.slice(0, line.length - rest.length).trimEnd());
      line = rest;
      used = columnsOf(rest);
      if (grapheme === ' ') continue;
    }
    line += grapheme;
    used += width;
  }
  return [...lines, line];
}

/** Breaks a sentence that is too long for the screen, the further lines indented by two columns more than the first. */
export function wrapSentence(sentence: string, columns: number): string[] {
  if (columnsOf(sentence) <= columns) return [sentence];
  const [first = ''] = wrap(sentence, columns);
  const indent = ' '.repeat(sentence.search(/[^ ]|$/) + 2);
  const rest = wrap(sentence.slice(first.length).trimStart(), Math.max(columns - indent.length, 1));
  return [first, ...rest.map((line) => indent + line)];
}

/** A name inside a sentence: on a screen of so many columns it takes no more than half a row, and keeps its extension. */
export function nameWithin(name: string, columns: number): string {
  const shown = escape(name);
  return columns < Infinity ? shortenMiddle(shown, Math.max(Math.floor(columns / 2), 12)) : shown;
}
