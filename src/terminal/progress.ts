import type { DownloadProgressed } from '../events.ts';
import { escape } from './escape.ts';
import { count, duration, size, speed } from './formats.ts';
import { columnsOf, shortenEnd, shortenMiddle } from './layout.ts';

/** A name shorter than this says nothing any more. */
const MIN_NAME_COLUMNS = 12;

/** Whole percent, rounded down: 100 % only once it is true. */
function share(bytes: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((bytes / total) * 100)}%`.padStart(4);
}

function timeLeft({ bytes, size: total, seconds }: DownloadProgressed): string {
  return bytes === 0 ? '–' : duration(((total - bytes) / bytes) * seconds);
}

/** One line about a running download, at most `width` columns: figures first give way from the right, then the name. */
export function progressLine(event: DownloadProgressed, width: number): string {
  const { bytes, seconds, sources } = event;
  const figures = [
    share(bytes, event.size),
    `${size(bytes)} de ${size(event.size)}`,
    speed(bytes, seconds),
    `resta ${timeLeft(event)}`,
    count(sources, 'peer'),
  ];
  const name = escape(event.name);
  const nameColumns = Math.min(columnsOf(name), MIN_NAME_COLUMNS);
  while (figures.length > 1 && nameColumns + 2 + columnsOf(figures.join('  ')) > width) figures.pop();
  const tail = figures.join('  ');
  return shortenEnd(`${shortenMiddle(name, Math.max(width - 2 - columnsOf(tail), 1))}  ${tail}`, width);
}
