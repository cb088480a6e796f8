import type { DiagramEvent } from './model.ts';

/** What an event says that would have to come before itself. */
const CIRCLE = 'ordem impossível: este recebimento teria de vir antes do próprio envio';

/**
 * An order of all events in which each sending stands before its receipt and each lifeline keeps its own order; as far as
 * that leaves a choice, by the clock on the wall. Events are taken in the order of time, each after all that it needs;
 * where one needs itself, the receipt that closes the circle is marked as wrong and no longer waits for its sending.
 * @param sequences the events of each lifeline in their order
 */
export function causalOrder(
  events: readonly DiagramEvent[],
  sequences: readonly (readonly number[])[],
): number[] {
  const before = new Int32Array(events.length).fill(-1);
  for (const sequence of sequences) {
    for (let place = 1; place < sequence.length; place += 1) before[sequence[place]!] = sequence[place - 1]!;
  }
  const isPlaced = new Uint8Array(events.length);
  const isWaiting = new Uint8Array(events.length);
  const isInCircle = new Uint8Array(events.length);
  const needs = (index: number): number => {
    const previous = before[index]!;
    if (previous >= 0 && isPlaced[previous] === 0) return previous;
    const { sent, partner } = events[index]!;
    return !sent && partner >= 0 && isPlaced[partner] === 0 && isInCircle[index] === 0 ? partner : -1;
  };
  const order: number[] = [];
  const stack: number[] = [];
  for (const start of byTime(events)) {
    if (isPlaced[start] === 1) continue;
    stack.push(start);
    while (stack.length > 0) {
      const index = stack.at(-1)!;
      isWaiting[index] = 1;
      const needed = needs(index);
      if (needed < 0) {
        isPlaced[index] = 1;
        order.push(index);
        stack.pop();
      } else if (isWaiting[needed] === 0) {
        stack.push(needed);
      } else {
        openCircle(needed);
      }
    }
  }
  return order;

  /** Goes back to the receipt that asked for its sending last, and lets it go on without. */
  function openCircle(needed: number): void {
    for (;;) {
      const index = stack.at(-1)!;
      const { sent, partner } = events[index]!;
      const asked = !sent && partner >= 0 && isPlaced[partner] === 0 && isInCircle[index] === 0;
      if (asked && (isPlaced[before[index]!] ?? 1) === 1) {
        isInCircle[index] = 1;
        events[index]!.wrong = CIRCLE;
        return;
      }
      isWaiting[index] = 0;
      stack.pop();
      if (stack.length === 0) throw new Error(`no way to place ${needed}`);
    }
  }
}

function byTime(events: readonly DiagramEvent[]): Uint32Array {
  return Uint32Array.from(events.keys()).sort(
    (a, b) => events[a]!.at - events[b]!.at || events[a]!.clock - events[b]!.clock || a - b,
  );
}
