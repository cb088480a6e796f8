import type { AppEvent } from '../../src/events.ts';

/**
 * Bytes of a file that others have asked for with DL or GET, by the events of its source.
 * @param fileSize bytes of the file: its last chunk may be shorter than the others
 */
export function askedBytes(events: readonly AppEvent[], fileSize: number): number {
  let bytes = 0;
  for (const event of events) {
    if (event.event !== 'message-received') continue;
    const [, first = 0, second = 0] = event.args.map(Number);
    if (event.type === 'GET') bytes += second;
    else if (event.type === 'DL') bytes += Math.max(0, Math.min(first, fileSize - first * second));
  }
  return bytes;
}
