import { UsageError } from '../errors.ts';
import type { DiagramEvent, Model } from './model.ts';

/** What of a run the person wants to see. */
export interface Narrowing {
  readonly de?: string | undefined;
  readonly ate?: string | undefined;
  readonly tipos?: string | undefined;
  readonly peers?: string | undefined;
}

/**
 * The part of a model that was asked for; all of it where nothing was. A message is shown with both ends or not at all. What
 * happened before what is still known exactly, also through what is hidden: vector clocks are those of the whole.
 * @throws UsageError for a bound that is neither clock nor time, or a peer that is not there
 */
export function narrowed(model: Model, narrowing: Narrowing): Model {
  const { de, ate, tipos, peers } = narrowing;
  if ([de, ate, tipos, peers].every((each) => each === undefined)) return model;
  const starts = Math.min(
    ...model.lines.map((_, line) => model.events.find((each) => each.line === line)?.at ?? Infinity),
  );
  const from = de === undefined ? () => true : bound('--de', de, starts, (value, limit) => value >= limit);
  const to = ate === undefined ? () => true : bound('--ate', ate, starts, (value, limit) => value <= limit);
  const types = tipos === undefined ? undefined : new Set(tipos.toUpperCase().split(','));
  const chosen = peers === undefined ? undefined : linesOf(model, peers.split(','));
  const isWanted = (event: DiagramEvent): boolean =>
    from(event) && to(event) && (types?.has(event.type) ?? true) && isAmong(event, chosen);
  const shown = model.events.map(isWanted);
  // Both ends, or an arrow would begin or end in nothing.
  model.events.forEach(({ partner }, index) => {
    if (shown[index] === true && partner >= 0) shown[partner] = true;
  });
  return part(model, shown);
}

/** A whole number is a clock, everything else a time. */
function bound(
  option: string,
  text: string,
  starts: number,
  holds: (value: number, limit: number) => boolean,
): (event: DiagramEvent) => boolean {
  if (/^\d{1,15}$/.test(text)) return ({ clock }) => holds(clock, Number(text));
  const day = new Date(starts);
  const [, hours, minutes, seconds = '0', fraction = '0'] =
    /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?$/.exec(text) ?? [];
  const limit =
    hours === undefined
      ? Date.parse(text)
      : day.setHours(Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(3, '0')));
  if (Number.isNaN(limit)) {
    throw new UsageError(
      `${option}: "${text}" não é um relógio (50) nem um horário (13:21:51 ou 2026-11-24T13:21:51Z)`,
    );
  }
  return ({ at }) => holds(at, limit);
}

function linesOf({ lines }: Model, wanted: readonly string[]): Set<number> {
  const found = new Set<number>();
  for (const each of wanted) {
    const matching = lines.flatMap(({ name, address }, line) =>
      name === each || address === each ? [line] : [],
    );
    if (matching.length === 0) throw new UsageError(`--peers: "${each}" não está nos registros`);
    for (const line of matching) found.add(line);
  }
  return found;
}

/** Between the chosen ones; those of one alone, whoever is at the other end. */
function isAmong({ line, other }: DiagramEvent, chosen: ReadonlySet<number> | undefined): boolean {
  if (chosen === undefined) return true;
  return chosen.size === 1 ? chosen.has(line) || chosen.has(other) : chosen.has(line) && chosen.has(other);
}

/** The model without the events that are not shown, and without lifelines that have nothing to show. */
export function part(model: Model, shown: readonly boolean[]): Model {
  const { lines, events, order, vectors, notes } = model;
  const isUsed = new Set(
    events.flatMap(({ line, other }, index) => (shown[index] === true ? [line, other] : [])),
  );
  const kept = lines.flatMap((_, line) => (isUsed.has(line) ? [line] : []));
  const lineAt = new Map(kept.map((line, place) => [line, place]));
  const chosen = events.flatMap((_, index) => (shown[index] === true ? [index] : []));
  const eventAt = new Map(chosen.map((index, place) => [index, place]));
  return {
    lines: kept.map((line) => lines[line]!),
    events: chosen.map((index) => {
      const event = events[index]!;
      const partner = event.partner < 0 ? -1 : (eventAt.get(event.partner) ?? -1);
      return { ...event, line: lineAt.get(event.line)!, other: lineAt.get(event.other) ?? -1, partner };
    }),
    order: order.flatMap((index) => eventAt.get(index) ?? []),
    vectors: vectors.length === 0 ? [] : chosen.map((index) => kept.map((line) => vectors[index]![line]!)),
    notes,
  };
}
