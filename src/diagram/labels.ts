import type { Band } from './fold.ts';
import type { Model } from './model.ts';
import { CHAR, columns, cut, label } from './words.ts';

/** Pixels from one lane of labels to the next. */
export const LANE = 13;
const LABEL_CHARS = 46;

export interface Label {
  /** Event or band that it names. */
  readonly event: number;
  readonly band: number;
  readonly text: string;
  readonly x: number;
  /** Base line of the text. */
  readonly y: number;
  readonly width: number;
  readonly isWrong: boolean;
}

export interface Wish {
  readonly event: number;
  readonly band: number;
  readonly text: string;
  /** Left edge that it would like to have. */
  readonly x: number;
  readonly width: number;
  readonly isWrong: boolean;
}

function wish(
  text: string,
  from: number,
  towards: -1 | 1,
  about: Pick<Wish, 'event' | 'band' | 'isWrong'>,
): Wish {
  const width = columns(text) * CHAR;
  return { ...about, text, width, x: towards > 0 ? from + 8 : from - 8 - width };
}

export function bandWish(band: Band, index: number, x: (line: number) => number): Wish {
  return wish(band.label, x(band.a), 1, { event: -1, band: index, isWrong: false });
}

/** The label of a message stands at its sending, or at the receipt of one that nobody is known to have sent. */
export function eventWishes({ events }: Model, index: number, x: (line: number) => number): Wish[] {
  const { sent, line, other, type, args, fate, wrong, partner } = events[index]!;
  const towards = other < line && other >= 0 ? -1 : 1;
  const about = { event: index, band: -1 };
  const wishes: Wish[] = [];
  const broken =
    wrong ?? (fate === 'unsent' ? 'ninguém enviou' : fate === 'twice' ? 'recebida outra vez' : undefined);
  if (broken !== undefined) wishes.push(wish(`✗ ${broken}`, x(line), towards, { ...about, isWrong: true }));
  if (sent || partner < 0) {
    const text = cut(label(type, args), LABEL_CHARS) + (fate === 'lost' ? ' (perdida)' : '');
    wishes.push(wish(text, x(line), towards, { ...about, isWrong: broken !== undefined }));
  }
  return wishes;
}

/** First fit: each label into the lowest lane in which it meets no other. */
export function pack(
  wishes: readonly Wish[],
  left: number,
  right: number,
): (Wish & { readonly lane: number })[] {
  const lanes: [number, number][][] = [];
  return wishes.map((each) => {
    const most = Math.floor((right - left) / CHAR);
    const text = cut(each.text, most);
    const width = columns(text) * CHAR;
    const x = Math.max(left, Math.min(right - width, each.x));
    let lane = 0;
    while (lanes[lane]?.some(([from, to]) => x < to + CHAR && from < x + width + CHAR) === true) lane += 1;
    (lanes[lane] ??= []).push([x, x + width]);
    return { ...each, text, x, width, lane };
  });
}
