import { scaleLinear, scaleLog } from 'd3-scale';

/** Pixels of a character of the font of the plots, as in the diagram. */
export const CHAR = 6.7;
/** Smaller numbers have more zeros than a label has room. */
const SMALLEST = 0.00001;
/** A label keeps so far from the next one. */
const GAP = 8;

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  (value: number): number;
  /** Ends of what it shows. */
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly Tick[];
}

/** A number as a Brazilian reader writes it, without zeros at its end. */
export function numeral(value: number): string {
  const text = value > 0 && value < SMALLEST ? value.toExponential() : String(Number(value.toPrecision(3)));
  return text.replace('.', ',');
}

/** A number of bytes, exact: `256 B`, `4 KiB`, `1000 B`. */
export function bytes(value: number): string {
  if (value >= 1024 ** 2 && value % 1024 ** 2 === 0) return `${value / 1024 ** 2} MiB`;
  return value >= 1024 && value % 1024 === 0 ? `${value / 1024} KiB` : `${value} B`;
}

/** A horizontal axis whose ticks are the values that were chosen; labels that would touch are left out. */
export function chosenScale(
  values: readonly number[],
  range: readonly [from: number, to: number],
  kind: 'logarithmic' | 'linear',
): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A single value stands in the middle.
  const domain: [number, number] = low === high ? [low / 2, high * 2] : [low, high];
  const scale = kind === 'linear' ? scaleLinear(domain, [...range]) : scaleLog(domain, [...range]);
  const ticks = spaced(
    values.map((value) => ({ value, label: String(value) })),
    scale,
    ({ label: text }) => text.length * CHAR,
  );
  return Object.assign((value: number) => scale(value), { domain, ticks });
}

/** A vertical logarithmic axis around all values: decades, and 2 and 5 of them where there is room. */
export function timeScale(low: number, high: number, range: readonly [bottom: number, top: number]): Scale {
  const room = (high / low) ** 0.08;
  const domain: [number, number] = [low / Math.max(room, 1.1), high * Math.max(room, 1.1)];
  const scale = scaleLog(domain, [...range]);
  const all = scale.ticks().filter((value) => /^[125]/.test(value.toExponential()));
  const decades = all.filter((value) => value.toExponential().startsWith('1'));
  const few = scaleLinear(domain, [...range]).ticks(4);
  const values = decades.length >= 3 ? decades : all.length >= 2 ? all : few.filter((value) => value > 0);
  const ticks = spaced(
    values.map((value) => ({ value, label: numeral(value) })),
    scale,
    () => CHAR,
  );
  return Object.assign((value: number) => scale(value), { domain, ticks });
}

/** A linear axis from 0. */
export function linearScale(high: number, range: readonly [from: number, to: number], count: number): Scale {
  const scale = scaleLinear([0, high], [...range]);
  const ticks = scale.ticks(count).map((value) => ({ value, label: numeral(value) }));
  return Object.assign((value: number) => scale(value), { domain: [0, high] as const, ticks });
}

/** Those that keep their distance from the one before; the first one stays. */
function spaced(
  ticks: readonly Tick[],
  place: (value: number) => number,
  width: (tick: Tick) => number,
): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    const needed = before === undefined ? 0 : (width(before) + width(tick)) / 2 + GAP;
    if (before === undefined || Math.abs(place(tick.value) - place(before.value)) >= needed) kept.push(tick);
  }
  return kept;
}
