import type { Model } from './model.ts';
import { label } from './words.ts';

/** What ShiViz reads a log with: named groups, one event a line; the clock ends at its first brace. */
const FORMAT = String.raw`(?<host>\S+) (?<clock>\{[^}]*\}) \[relogio=(?<lamport>\d+)\] (?<event>.*)`;

/**
 * The log as ShiViz takes it: the expression, an empty line (one execution), then the events with vector clocks. ShiViz
 * wants every host's own entry to count 1, 2, 3 … without gaps: in a narrowed model each entry counts what is shown.
 */
export function shiviz(model: Model): string {
  const { lines, events, order, vectors } = model;
  const hosts = lines.map(({ name }) => name.replace(/[\s"{}\\]/g, '_'));
  const own = lines.map((_, line) =>
    events
      .flatMap((event, index) => (event.line === line ? [vectors[index]![line]!] : []))
      .sort((a, b) => a - b),
  );
  let text = `${FORMAT}\n\n`;
  for (const index of order) {
    const { line, sent, other, type, args, clock } = events[index]!;
    const entries = vectors[index]!.flatMap((known, host) => {
      const count = upTo(own[host]!, known);
      return count === 0 ? [] : `${JSON.stringify(hosts[host])}:${count}`;
    });
    const what = `${sent ? 'envia' : 'recebe'} ${label(type, args)} ${sent ? 'para' : 'de'} ${hosts[other] ?? '?'}`;
    text += `${hosts[line]!} {${entries.join(',')}} [relogio=${clock}] ${what}\n`;
  }
  return text;
}

/** How many of the ascending numbers are not above the limit. */
function upTo(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
