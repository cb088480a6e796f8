import type { Model } from './model.ts';

/** Entries of all vector clocks together: some hundred megabytes. */
const MAX_ENTRIES = 12_000_000;

/** Whether the vector clocks of this model are of a size to be held. */
export function hasAffordableVectors({ events, lines }: Model): boolean {
  return events.length * lines.length <= MAX_ENTRIES;
}

/**
 * The model with its vector clocks: each event counts one more of its own lifeline and knows what its predecessors know
 * (Fidge, Mattern 1988). Receipts on lifelines without a log are not known to anybody and take no part.
 */
export function withVectors(model: Model): Model {
  const { lines, events, order } = model;
  const latest: (readonly number[])[] = lines.map(() => lines.map(() => 0));
  const vectors: (readonly number[])[] = new Array<readonly number[]>(events.length);
  for (const index of order) {
    const { line, sent, partner } = events[index]!;
    const known = sent ? undefined : vectors[partner];
    const own = latest[line]!;
    const vector = known === undefined ? own.slice() : own.map((count, i) => Math.max(count, known[i]!));
    vector[line]! += 1;
    vectors[index] = latest[line] = vector;
  }
  return { ...model, vectors };
}

/** How two events stand to each other. */
export type Relation = 'same' | 'before' | 'after' | 'concurrent';

/** Whether event `a` happened before `b`, known exactly by their vector clocks. */
export function relation({ events, vectors }: Model, a: number, b: number): Relation {
  if (a === b) return 'same';
  const [va, vb] = [vectors[a], vectors[b]];
  const [la, lb] = [events[a]?.line ?? 0, events[b]?.line ?? 0];
  if (va === undefined || vb === undefined) return 'concurrent';
  if (va[la]! <= vb[la]!) return 'before';
  return vb[lb]! <= va[lb]! ? 'after' : 'concurrent';
}

/**
 * The events that lead from `a` to `b`, both included: the chain with the fewest messages, along lifelines and arrows.
 * Undefined where `a` did not happen before `b`, or events in between are not part of the model.
 */
export function chain(model: Model, a: number, b: number): number[] | undefined {
  if (relation(model, a, b) !== 'before') return undefined;
  const { events, order } = model;
  const place = new Map(order.map((index, at) => [index, at]));
  const last = new Map<number, number>();
  const cost = new Map<number, number>([[a, 0]]);
  const from = new Map<number, number>();
  for (const index of order.slice(place.get(a), (place.get(b) ?? 0) + 1)) {
    const { line, sent, partner } = events[index]!;
    const previous = last.get(line);
    last.set(line, index);
    const steps: [number | undefined, number][] = [
      [previous, 0],
      [sent ? undefined : partner, 1],
    ];
    for (const [before, price] of steps) {
      const paid = before === undefined ? undefined : cost.get(before);
      if (paid === undefined || paid + price >= (cost.get(index) ?? Infinity)) continue;
      cost.set(index, paid + price);
      from.set(index, before!);
    }
  }
  if (!cost.has(b)) return undefined;
  const path = [b];
  for (let at = from.get(b); at !== undefined; at = from.get(at)) path.unshift(at);
  return path;
}
