import type { Dot } from '../layout.ts';
import type { Model } from '../model.ts';

/** A column counts for more than any distance within it. */
const COLUMN_WEIGHT = 1_000;

/** Where an arrow key leads from an event: along its lifeline, or to the nearest event of the lifeline beside it. */
export function step(
  { events }: Model,
  dots: readonly Dot[],
  from: number | undefined,
  key: string,
): number | undefined {
  const here = dots.find(({ event }) => event === from);
  if (here === undefined) return dots[0]?.event;
  const line = events[here.event]?.line;
  const along = dots.filter(({ event }) => events[event]?.line === line).sort((a, b) => a.y - b.y);
  const place = along.indexOf(here);
  if (key === 'ArrowDown') return along[place + 1]?.event;
  if (key === 'ArrowUp') return along[place - 1]?.event;
  const beside = dots.filter(({ x }) => (key === 'ArrowRight' ? x > here.x : x < here.x));
  const away = ({ x, y }: Dot) => Math.abs(x - here.x) * COLUMN_WEIGHT + Math.abs(y - here.y);
  return beside.sort((a, b) => away(a) - away(b))[0]?.event;
}
