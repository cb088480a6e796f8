import type { Band } from './fold.ts';
import type { Model } from './model.ts';

/** What a picture in lines shows from top to bottom. */
export type Item =
  | { readonly kind: 'band'; readonly band: Band }
  /** A message whose receipt may be told in the same line: its receiver has nothing to tell in between. */
  | { readonly kind: 'message'; readonly send: number; readonly receipt: number }
  | { readonly kind: 'send'; readonly send: number }
  | { readonly kind: 'receipt'; readonly receipt: number };

/** The events in the causal order, each closed band once, where it begins. */
export function itemsOf({ events, order, lines }: Model, bands: readonly Band[]): Item[] {
  const bandOf = new Map<number, Band>();
  for (const band of bands) for (const index of band.events) bandOf.set(index, band);
  const waiting = lines.map(() => [] as number[]);
  for (const index of order) waiting[events[index]!.line]!.push(index);
  const next = lines.map(() => 0);
  const told = new Set<number>();
  const begun = new Set<Band>();
  const items: Item[] = [];
  /** Whether the receiver has told all that came before that receipt. */
  const isNext = (line: number, receipt: number): boolean => {
    const list = waiting[line]!;
    let place = next[line]!;
    while (place < list.length && (told.has(list[place]!) || bandOf.has(list[place]!))) place += 1;
    next[line] = place;
    return list[place] === receipt;
  };
  for (const index of order) {
    if (told.has(index)) continue;
    const band = bandOf.get(index);
    if (band !== undefined) {
      if (!begun.has(band)) items.push({ kind: 'band', band });
      begun.add(band);
      continue;
    }
    told.add(index);
    const { sent, partner } = events[index]!;
    if (!sent) {
      items.push({ kind: 'receipt', receipt: index });
    } else if (partner >= 0 && isNext(events[partner]!.line, partner)) {
      told.add(partner);
      items.push({ kind: 'message', send: index, receipt: partner });
    } else {
      items.push({ kind: 'send', send: index });
    }
  }
  return items;
}
