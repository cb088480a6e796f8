import type { Model } from './model.ts';
import { count, payload, size } from './words.ts';

/** A run of the messages of a download between two lifelines, shown as one until it is opened. */
export interface Band {
  /** The same at every analysis of a log that grows. */
  readonly key: string;
  /** Lifelines, the smaller index first. */
  readonly a: number;
  readonly b: number;
  /** Events of all its messages, in the causal order. */
  readonly events: readonly number[];
  readonly label: string;
}

/** Shorter runs are worth seeing message by message. */
const LEAST_MESSAGES = 4;

const CHUNK_TYPES: ReadonlySet<string> = new Set(['DL', 'FILE', 'GET', 'DATA']);

/** Part of a download as well, and worth seeing: they stand beside its band and do not end it. */
const BESIDE: ReadonlySet<string> = new Set(['DIGEST', 'DIGEST_OF']);

/** What an event is called across analyses: the line of its log, or that of the receipt that a ghost belongs to. */
export function keyOf(model: Pick<Model, 'events'>, index: number): string {
  const event = model.events[index];
  if (event === undefined) return '';
  return event.ghost ? `?${keyOf(model, event.partner)}` : `${event.file}:${event.row}`;
}

/**
 * Gathers runs of chunk messages between two lifelines into bands: as long as these two exchange nothing else. What breaks
 * a rule stays outside, to be seen.
 */
export function fold(model: Model, isShown: (event: number) => boolean): Band[] {
  const { events, order, lines } = model;
  const open = new Map<number, { events: number[]; messages: number }>();
  const groups: { pair: number; events: number[]; messages: number }[] = [];
  const groupOf = new Map<number, { events: number[] }>();
  for (const index of order) {
    if (!isShown(index)) continue;
    const event = events[index]!;
    const other = events[event.partner];
    const pair = Math.min(event.line, event.other) * lines.length + Math.max(event.line, event.other);
    const isPlain =
      event.wrong === undefined &&
      other?.wrong === undefined &&
      event.fate !== 'unsent' &&
      event.fate !== 'twice';
    if (!CHUNK_TYPES.has(event.type)) {
      // The sending alone: its receipt may come after a download that was begun later.
      if (!BESIDE.has(event.type) && (event.sent || event.partner < 0)) open.delete(pair);
    } else if (isPlain) {
      // The receipt stands where its sending does, even if another band has begun since.
      const known = event.sent ? undefined : groupOf.get(event.partner);
      if (known !== undefined) {
        known.events.push(index);
        continue;
      }
      let group = open.get(pair);
      if (group === undefined) {
        const begun = { pair, events: [], messages: 0 };
        groups.push(begun);
        open.set(pair, (group = begun));
      }
      group.events.push(index);
      group.messages += 1;
      groupOf.set(index, group);
    }
  }
  return groups
    .filter(({ messages }) => messages >= LEAST_MESSAGES)
    .map(({ pair, events: members }) => ({
      key: keyOf(model, members[0]!),
      a: Math.floor(pair / lines.length),
      b: pair % lines.length,
      events: members,
      label: bandLabel(model, members),
    }));
}

/** E.g. `79 DL, 79 FILE, 19,5 KiB, relógio 50 → 210`. */
function bandLabel({ events }: Model, members: readonly number[]): string {
  const counts = new Map<string, number>();
  let bytes = 0;
  let lost = 0;
  let [from, to] = [Infinity, 0];
  for (const index of members) {
    const { sent, type, args, clock, partner, fate } = events[index]!;
    from = Math.min(from, clock);
    to = Math.max(to, clock);
    if (!sent && partner >= 0) continue;
    counts.set(type, (counts.get(type) ?? 0) + 1);
    bytes += payload(type, args);
    if (fate === 'lost') lost += 1;
  }
  const parts = [...counts].map(([type, amount]) => `${amount} ${type}`);
  if (bytes > 0) parts.push(size(bytes));
  if (lost > 0) parts.push(count(lost, 'perdida', 'perdidas'));
  return `${parts.join(', ')}, relógio ${from} → ${to}`;
}
