import type { AppEvent } from '../events.ts';
import type { Output } from './outlet.ts';

/** Whether there is colour, decided here alone: on a terminal that moves its cursor. NO_COLOR counts if it is not empty (no-color.org). */
export function colorLevel(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): 0 | 1 {
  const isScreen = output.isTTY === true && env['TERM'] !== 'dumb';
  return isScreen && !noColor && (env['NO_COLOR'] ?? '') === '' ? 1 : 0;
}

/** Names of chalk's styles. */
export type Color = 'cyan' | 'magenta' | 'dim' | 'red' | 'yellow' | 'green';

/** The colour of an event's lines, undefined for the screen's own: red failed, yellow deserves a look. */
export function colorOf(event: AppEvent): Color | undefined {
  switch (event.event) {
    case 'clock-updated':
      return 'dim';
    case 'message-sent':
      return 'cyan';
    case 'message-received':
      return 'magenta';
    case 'request-failed':
    case 'neighbours-file-not-written':
    case 'event-log-not-written':
    case 'local-files-not-read':
    case 'download-failed':
      return 'red';
    case 'input-rejected':
    case 'request-refused':
    case 'neighbours-limit-reached':
    case 'neighbours-file-line-ignored':
    case 'choice-rejected':
    case 'chunk-size-rejected':
    case 'chunk-failed':
    case 'source-retired':
    case 'source-excluded':
    case 'chunks-doubted':
      return 'yellow';
    case 'neighbour-added':
    case 'neighbour-status-changed':
      return event.status === 'ONLINE' ? 'green' : 'yellow';
    case 'source-returned':
    case 'source-added':
    case 'download-finished':
    case 'chunk-size-changed':
      return 'green';
    case 'peer-started':
    case 'peer-stopped':
    case 'dialect-learnt':
    case 'stale-files-removed':
    case 'local-files-listed':
    case 'search-finished':
    case 'file-chosen':
    case 'statistics-shown':
    case 'download-started':
    case 'download-progressed':
    case 'leaving':
      return undefined;
  }
}
