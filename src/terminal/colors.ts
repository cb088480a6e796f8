import type { ChalkInstance } from 'chalk';
import type { AppEvent } from '../events.ts';

/** Whether there is colour, decided here alone: on a screen that moves its cursor. NO_COLOR counts if it is not empty (no-color.org). */
export function colorLevel(
  isLive: boolean,
  env: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): 0 | 1 {
  return isLive && !noColor && (env['NO_COLOR'] ?? '') === '' ? 1 : 0;
}

/** Names of chalk's styles. */
type Color = 'cyan' | 'blueBright' | 'magenta' | 'greenBright' | 'red' | 'yellow' | 'green';

/** The clock is what is to be learnt: its number stands out in a line of the screen's own colour. */
const CLOCK = /\d+$/;

/** The lines of an event in its colour. */
export function painted(event: AppEvent, text: string, chalk: ChalkInstance): string {
  if (event.event === 'clock-updated') return text.replace(CLOCK, (clock) => chalk.bold(clock));
  const color = colorOf(event);
  return color === undefined ? text : chalk[color](text);
}

/**
 * The colour of an event's lines, undefined for the screen's own: ours blue (request, reply), those of others magenta
 * (request) and green (reply); red failed, yellow deserves a look. The help has a legend.
 */
function colorOf(event: AppEvent): Color | undefined {
  switch (event.event) {
    case 'message-sent':
      return event.reply ? 'blueBright' : 'cyan';
    case 'message-received':
      return event.reply ? 'greenBright' : 'magenta';
    case 'request-failed':
    case 'neighbours-file-not-written':
    case 'event-log-not-written':
    case 'resume-note-not-written':
    case 'local-files-not-read':
      return 'red';
    case 'download-failed':
      return event.code === 'aborted' ? 'yellow' : 'red';
    case 'input-rejected':
    case 'clock-ignored':
    case 'request-refused':
    case 'neighbours-limit-reached':
    case 'neighbours-file-line-ignored':
    case 'choice-rejected':
    case 'neighbours-silent':
    case 'neighbour-rejected':
    case 'interrupted-downloads-found':
    case 'uploads-under-way':
    case 'chunk-size-rejected':
    case 'chunk-failed':
    case 'source-retired':
    case 'source-excluded':
    case 'source-banned':
    case 'chunks-doubted':
    case 'file-replaced':
    case 'discovery-failed':
      return 'yellow';
    case 'neighbour-added':
    case 'neighbour-status-changed':
      return event.status === 'ONLINE' ? 'green' : 'yellow';
    case 'neighbour-discovered':
    case 'source-returned':
    case 'download-unneeded':
    case 'source-added':
    case 'download-finished':
    case 'chunk-size-changed':
      return 'green';
    case 'clock-updated':
    case 'peer-started':
    case 'peer-stopped':
    case 'dialect-learnt':
    case 'name-tried-in-base64':
    case 'events-omitted':
    case 'stale-files-removed':
    case 'local-files-listed':
    case 'search-finished':
    case 'file-chosen':
    case 'neighbour-forgotten':
    case 'queue-finished':
    case 'statistics-shown':
    case 'download-started':
    case 'download-progressed':
    case 'leaving':
      return undefined;
  }
}
