import type { DownloadProgressed, SourceProgress } from '../events.ts';
import { escape } from './escape.ts';
import { count, duration, size, speed } from './formats.ts';
import { columnsOf, shortenEnd, shortenMiddle } from './layout.ts';

/** A name shorter than this says nothing any more. */
const MIN_NAME_COLUMNS = 12;
const BETWEEN = '  ';

/** Whole percent, rounded down: 100 % only once it is true. */
function share(bytes: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((bytes / total) * 100)}%`.padStart(4);
}

/** At the speed of this run. */
function timeLeft({ bytes, resumed, size: total, seconds }: DownloadProgressed): string {
  const missing = total - resumed - bytes;
  if (missing <= 0) return '0 s';
  return bytes === 0 ? '–' : duration((missing / bytes) * seconds);
}

/** The sources with their speeds, as many as fit; where none does only how many there are. */
function sourcesWithin(sources: readonly SourceProgress[], columns: number): string {
  const each = sources.map(({ source, bytesPerSecond }) => `${escape(source)} ${speed(bytesPerSecond, 1)}`);
  for (let shown = each.length; shown > 0; shown -= 1) {
    const others = each.length - shown;
    const text = each.slice(0, shown).join(', ') + (others === 0 ? '' : ` e mais ${others}`);
    if (columnsOf(text) <= columns) return text;
  }
  return count(sources.length, 'peer');
}

/** One line about a running download, at most `width` columns: figures first give way from the right, then the name. */
export function progressLine(event: DownloadProgressed, width: number): string {
  const { bytes, size: total, seconds } = event;
  // What was doubted counts twice once it has come again.
  const present = Math.min(event.resumed + bytes, total);
  const name = escape(event.name);
  const room = width - Math.min(columnsOf(name), MIN_NAME_COLUMNS) - BETWEEN.length;
  const columns = (list: readonly string[]) => columnsOf(list.join(BETWEEN));
  const figures = [
    share(present, total),
    `${size(present)} de ${size(total)}`,
    speed(bytes, seconds),
    `resta ${timeLeft(event)}`,
  ];
  figures.push(sourcesWithin(event.sources, room - columns(figures) - BETWEEN.length));
  while (figures.length > 1 && columns(figures) > room) figures.pop();
  const tail = figures.join(BETWEEN);
  const shown = shortenMiddle(name, Math.max(width - BETWEEN.length - columnsOf(tail), 1));
  return shortenEnd(shown + BETWEEN + tail, width);
}
