import type { Band } from './fold.ts';
import type { DiagramEvent, Model } from './model.ts';
import { keysOf, type Axis } from './axis.ts';
import { bandWish, eventWishes, LANE, pack, type Label } from './labels.ts';
import { CHAR, cut, visible } from './words.ts';

/**
 * Where everything stands, in pixels: one column a lifeline, one row a value of the axis. No label hides another: the dots
 * of a row stand on its base line with their clocks, and above it there are as many lanes as its labels need.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly Column[];
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  readonly dots: readonly Dot[];
  readonly arrows: readonly Arrow[];
  readonly labels: readonly Label[];
  readonly boxes: readonly Box[];
}

export interface Column {
  readonly x: number;
  readonly name: string;
  readonly hasLog: boolean;
}

export interface Dot {
  readonly event: number;
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** The side of the lifeline on which the clock stands: where the message does not go. */
  readonly side: -1 | 1;
}

/** A message; `end` tells how it is drawn where it arrives. */
export interface Arrow {
  readonly event: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly end: 'arrow' | 'cross' | 'open';
  readonly isWrong: boolean;
}

/** A band. */
export interface Box {
  readonly band: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface View {
  readonly axis: Axis;
  readonly isShown: (event: number) => boolean;
  /** Bands that are closed. */
  readonly bands: readonly Band[];
  /** Least pixels from one lifeline to the next. */
  readonly spacing?: number;
}

const BASE = 16;
const TOP = 8;
/** Left of it the values of the axis: a time with milliseconds is the longest. */
const GUTTER = 92;
const MARGIN = 64;
/** A picture of a few peers is as wide as a page; more peers need this much each. */
const PAGE_WIDTH = 900;
export const LEAST_SPACING = 118;
export const MOST_SPACING = 420;

interface Row {
  y: number;
  readonly key: number;
  readonly events: number[];
  readonly bands: number[];
}

/** Lays the model out. Pure: the same view of the same model gives the same picture. */
export function layout(model: Model, view: View): Picture {
  const { lines, events } = model;
  const gaps = Math.max(1, lines.length - 1);
  const spacing = view.spacing ?? Math.max(LEAST_SPACING, Math.min(MOST_SPACING, PAGE_WIDTH / gaps));
  const x = (line: number) => GUTTER + MARGIN + line * spacing;
  const width = x(Math.max(1, lines.length - 1)) + MARGIN;
  const { keys, space, tick } = keysOf(model, view.axis, view.isShown);
  const isFolded = new Uint8Array(events.length);
  for (const band of view.bands) for (const index of band.events) isFolded[index] = 1;
  const isDrawn = (index: number) => index >= 0 && isFolded[index] === 0 && view.isShown(index);

  const rows = rowsOf(model, view, keys, isDrawn);
  const labels: Label[] = [];
  const ticks: { y: number; text: string }[] = [];
  let y = TOP;
  let before: number | undefined;
  for (const row of rows.values()) {
    const wanted = [
      ...row.bands.map((band) => bandWish(view.bands[band]!, band, x)),
      ...row.events.flatMap((index) => eventWishes(model, index, x)),
    ];
    const placed = pack(wanted, GUTTER + 4, width - 4);
    const lanes = placed.reduce((most, { lane }) => Math.max(most, lane + 1), 0);
    y += BASE + lanes * LANE + (before === undefined ? 0 : space(before, row.key));
    row.y = y;
    before = row.key;
    for (const { lane, ...label } of placed) labels.push({ ...label, y: y - 9 - lane * LANE });
    ticks.push({ y, text: tick(row.key) });
  }
  const place = (index: number): number => rows.get(keys[index]!)?.y ?? y;

  const dots: Dot[] = [];
  const arrows: Arrow[] = [];
  for (const row of rows.values()) {
    for (const index of row.events) {
      const event = events[index]!;
      const side = event.other > event.line || event.other < 0 ? -1 : 1;
      dots.push({ event: index, x: x(event.line), y: row.y, text: String(event.clock), side });
      const arrow = arrowOf(model, index, x, place, isDrawn);
      if (arrow !== undefined) arrows.push(arrow);
    }
  }
  return {
    width,
    height: y + BASE * 2,
    columns: lines.map(({ name, hasLog }, line) => ({
      x: x(line),
      name: cut(visible(name), Math.floor(spacing / CHAR) - 1),
      hasLog,
    })),
    ticks,
    dots,
    arrows,
    labels,
    boxes: view.bands.map((band, index) => boxOf(band, index, keys, rows, labels, x)),
  };
}

/** The rows that have something to show, in their order. */
function rowsOf(
  model: Model,
  view: View,
  keys: Float64Array,
  isDrawn: (index: number) => boolean,
): Map<number, Row> {
  const found = new Map<number, Row>();
  const at = (key: number): Row => {
    let row = found.get(key);
    if (row === undefined) found.set(key, (row = { y: 0, key, events: [], bands: [] }));
    return row;
  };
  for (const index of model.order) if (isDrawn(index)) at(keys[index]!).events.push(index);
  view.bands.forEach((band, index) => {
    const [first, last] = endsOf(band, keys);
    at(first).bands.push(index);
    at(last);
  });
  return new Map([...found].sort(([a], [b]) => a - b));
}

function endsOf(band: Band, keys: Float64Array): [number, number] {
  let [first, last] = [Infinity, -Infinity];
  for (const index of band.events) {
    first = Math.min(first, keys[index]!);
    last = Math.max(last, keys[index]!);
  }
  return [first, last];
}

function arrowOf(
  model: Model,
  index: number,
  x: (line: number) => number,
  place: (index: number) => number,
  isDrawn: (index: number) => boolean,
): Arrow | undefined {
  const event: DiagramEvent = model.events[index]!;
  const { sent, line, other, partner, fate } = event;
  const isTwice = fate === 'twice';
  const isWrong = event.wrong !== undefined || fate === 'unsent' || isTwice;
  if (other < 0 || other === line) return undefined;
  if (sent && isDrawn(partner)) {
    const isBad = isWrong || model.events[partner]?.wrong !== undefined;
    return {
      event: index,
      x1: x(line),
      y1: place(index),
      x2: x(other),
      y2: place(partner),
      end: 'arrow',
      isWrong: isBad,
    };
  }
  if (sent) {
    const reach = fate === 'lost' ? 0.55 : 1;
    const x2 = x(line) + (x(other) - x(line)) * reach;
    const end = fate === 'lost' ? 'cross' : 'open';
    return { event: index, x1: x(line), y1: place(index), x2, y2: place(index) + 10, end, isWrong };
  }
  if (isTwice && isDrawn(partner)) {
    return {
      event: index,
      x1: x(other),
      y1: place(partner),
      x2: x(line),
      y2: place(index),
      end: 'arrow',
      isWrong,
    };
  }
  if (partner >= 0 && !isTwice) return undefined;
  return {
    event: index,
    x1: x(other),
    y1: place(index) - 8,
    x2: x(line),
    y2: place(index),
    end: 'arrow',
    isWrong,
  };
}

function boxOf(
  band: Band,
  index: number,
  keys: Float64Array,
  rows: ReadonlyMap<number, Row>,
  labels: readonly Label[],
  x: (line: number) => number,
): Box {
  const [first, last] = endsOf(band, keys);
  const text = labels.find((each) => each.band === index);
  const top = (text?.y ?? 0) - LANE + 1;
  const bottom = Math.max(rows.get(last)?.y ?? 0, rows.get(first)?.y ?? 0) + 4;
  return { band: index, x: x(band.a), y: top, width: x(band.b) - x(band.a), height: bottom - top };
}
