import type { AppEvent } from '../../src/events.ts';

/**
 * Bytes of a file that others have asked for with DL, by the events of its source.
 * @param fileSize bytes of the file: its last chunk may be shorter than the others
 */
export function askedBytes(events: readonly AppEvent[], fileSize: number): number {
  let bytes = 0;
  for (const event of events) {
    if (event.event !== 'message-received' || event.type !== 'DL') continue;
    const [, size, index] = event.args.map(Number);
    if (size === undefined || index === undefined) continue;
    bytes += Math.max(0, Math.min(size, fileSize - size * index));
  }
  return bytes;
}
