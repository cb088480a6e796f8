import type { AppEvent, MessageReceived, MessageSent } from '../events.ts';

/** Text that JSON takes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The text as JSON. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function quotedList(texts: readonly string[]): string {
  let list = '';
  for (const text of texts) list += list === '' ? quoted(text) : `,${quoted(text)}`;
  return `[${list}]`;
}

function messageFields(event: MessageSent | MessageReceived): string {
  const { type, clock, reply, chunks } = event;
  const isSent = event.event === 'message-sent';
  const whom = isSent ? `"to":${quoted(event.to)}` : `"from":${quoted(event.from)}`;
  const clocks = isSent ? `"clock":${clock}` : `"clock":${clock},"clockAfter":${event.clockAfter}`;
  const known = chunks === undefined ? '' : `,"chunks":${chunks}`;
  return `"event":"${event.event}",${whom},"type":"${type}","args":${quotedList(event.args)},${clocks},"reply":${reply}${known}`;
}

/**
 * The fields of an event as JSON, without the braces around them. A transfer in small chunks makes some hundred thousand
 * messages and clock values a second: these are put together by hand, at a quarter of what JSON.stringify takes, and
 * `args`, which a message may compute only when it is read, is read here by name.
 */
export function eventFields(event: AppEvent): string {
  switch (event.event) {
    case 'clock-updated':
      return `"event":"clock-updated","clock":${event.clock},"cause":"${event.cause}"`;
    case 'message-sent':
    case 'message-received':
      return messageFields(event);
    default:
      return JSON.stringify(event).slice(1, -1);
  }
}
