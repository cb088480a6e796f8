import type { DiagramEvent, Fate, Lifeline, Model } from './model.ts';

/** What the page is given: a model, or the way to lines that go on coming. */
export interface PageData {
  readonly title: string;
  /** Name by address, as given with `--nome`. */
  readonly names: readonly (readonly [address: string, name: string])[];
  readonly model: PackedModel | undefined;
  /** Lines of a summary, where the model is not the whole run or too large for a page. */
  readonly summary: readonly string[];
  /** What bands are called by their keys, where their middle was left out of the model. */
  readonly labels: readonly (readonly [key: string, label: string])[];
  /** Downloads begin message by message. */
  readonly isOpen: boolean;
  readonly narrowing: Readonly<Record<string, string>>;
}

/** A model in short: the same words ten thousand times would be most of the page. */
export interface PackedModel {
  readonly lines: readonly Lifeline[];
  readonly types: readonly string[];
  readonly files: readonly string[];
  readonly events: readonly PackedEvent[];
  readonly order: readonly number[];
  /** Empty where they can be counted again because nothing is left out. */
  readonly vectors: readonly (readonly number[])[];
  readonly notes: readonly string[];
}

type PackedEvent = readonly [
  line: number,
  other: number,
  flags: number,
  type: number,
  args: string,
  carried: number,
  clock: number,
  at: number,
  row: number,
  partner: number,
  wrong?: string,
];

const FATES: readonly Fate[] = ['whole', 'lost', 'open', 'twice', 'unsent'];

/** The model in short. */
export function packed(model: Model, isWhole: boolean): PackedModel {
  const types = [...new Set(model.events.map(({ type }) => type))];
  const typeAt = new Map(types.map((type, index) => [type, index]));
  const files = [...new Set(model.events.map(({ file }) => file))];
  const fileAt = new Map(files.map((file, index) => [file, index]));
  const events = model.events.map((event): PackedEvent => {
    const { line, other, sent, ghost, reply, fate, type, args, carried, clock, at, row, partner, wrong } =
      event;
    const flags =
      (sent ? 1 : 0) |
      (ghost ? 2 : 0) |
      (reply ? 4 : 0) |
      (FATES.indexOf(fate) << 3) |
      ((fileAt.get(event.file) ?? 0) << 6);
    const short = [
      line,
      other,
      flags,
      typeAt.get(type) ?? 0,
      args,
      carried,
      clock,
      at,
      row,
      partner,
    ] as const;
    return wrong === undefined ? short : [...short, wrong];
  });
  const { lines, order, notes } = model;
  return { lines, types, files, events, order, vectors: isWhole ? [] : model.vectors, notes };
}

/** The model again; without its vector clocks where they were left out. */
export function unpacked({ lines, types, files, events, order, vectors, notes }: PackedModel): Model {
  return {
    lines,
    order,
    vectors,
    notes,
    events: events.map(
      ([line, other, flags, type, args, carried, clock, at, row, partner, wrong]): DiagramEvent => ({
        line,
        other,
        sent: (flags & 1) !== 0,
        ghost: (flags & 2) !== 0,
        reply: (flags & 4) !== 0,
        fate: FATES[(flags >> 3) & 7] ?? 'whole',
        type: types[type] ?? '?',
        args,
        carried,
        clock,
        at,
        file: files[flags >> 6] ?? '',
        row,
        partner,
        ...(wrong === undefined ? {} : { wrong }),
      }),
    ),
  };
}
