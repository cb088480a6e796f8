import type { Model } from './model.ts';
import { timeOfDay } from './words.ts';

/** What the vertical axis is: the Lamport clock, the depth in the causal order, or the time of the wall. */
export type Axis = 'relogio' | 'causal' | 'tempo';

export interface Scale {
  /** The row of each event: equal keys share one. */
  readonly keys: Float64Array;
  /** Pixels between the rows of two keys that follow each other, beyond what their labels need. */
  readonly space: (from: number, to: number) => number;
  readonly tick: (key: number) => string;
}

const NO_SPACE = () => 4;

/** The value of the axis at every event. */
export function keysOf(model: Model, axis: Axis, isShown: (event: number) => boolean): Scale {
  const { events } = model;
  switch (axis) {
    case 'relogio':
      return { keys: Float64Array.from(events, ({ clock }) => clock), space: NO_SPACE, tick: String };
    case 'causal':
      return { keys: depths(model, isShown), space: NO_SPACE, tick: (key) => `${key}º` };
    case 'tempo': {
      // Each event has a row of its own: a hundred share a millisecond.
      const keys = new Float64Array(events.length);
      const rank = new Map(model.order.map((index, place) => [index, place]));
      const byTime = [...model.order].sort(
        (a, b) => events[a]!.at - events[b]!.at || rank.get(a)! - rank.get(b)!,
      );
      byTime.forEach((index, place) => (keys[index] = place));
      const at = (key: number) => events[byTime[key] ?? 0]?.at ?? 0;
      return {
        keys,
        // A pause of a second and one of an hour are both a pause: the logarithm keeps the picture on the page.
        space: (from, to) => Math.min(70, 9 * Math.log2(1 + Math.max(0, at(to) - at(from)))),
        tick: (key) => timeOfDay(at(key)),
      };
    }
  }
}

/** Events in the longest chain that leads to each, itself included, counting what is shown. */
function depths({ events, order, lines }: Model, isShown: (event: number) => boolean): Float64Array {
  const depth = new Float64Array(events.length);
  const latest = new Float64Array(lines.length);
  for (const index of order) {
    const { line, sent, partner } = events[index]!;
    const cause = sent || partner < 0 ? 0 : depth[partner]!;
    const before = Math.max(latest[line]!, cause);
    latest[line] = depth[index] = isShown(index) ? before + 1 : before;
  }
  return depth;
}
