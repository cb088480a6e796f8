import type { AppEvent, MessageReceived, MessageSent, Reporter } from '../events.ts';

/** The shape of a line; a reader skips lines of versions that it does not know. */
const VERSION = 1;

export interface EventLogOptions {
  /** Takes one line, without its newline. */
  readonly write: (line: string) => void;
  /** Tells the runs of one peer apart in a log that they share. */
  readonly run: string;
  /** Our address, once it is known: the port may be any free one. */
  readonly peer: () => string | undefined;
  /** The time now, for tests: milliseconds since 1970. */
  readonly now?: () => number;
}

/** Every event as one JSON object a line; `seq` counts from 1 without gaps, so a lost line is noticed. */
export class EventLog implements Reporter {
  readonly #write: (line: string) => void;
  readonly #peer: () => string | undefined;
  readonly #now: () => number;
  /** What every line begins with. */
  readonly #opening: string;
  #seq = 0;
  /** The time in words takes longer than the rest of a line, and a hundred events share a millisecond. */
  #at = NaN;
  #time = '';

  constructor({ write, run, peer, now = Date.now }: EventLogOptions) {
    this.#write = write;
    this.#peer = peer;
    this.#now = now;
    this.#opening = `{"v":${VERSION},"run":${quoted(run)},"seq":`;
  }

  report(event: AppEvent): void {
    const now = this.#now();
    if (now !== this.#at) {
      this.#at = now;
      this.#time = new Date(now).toISOString();
    }
    const own = this.#peer();
    const peer = own === undefined ? 'null' : quoted(own);
    this.#seq += 1;
    this.#write(`${this.#opening}${this.#seq},"t":"${this.#time}","peer":${peer},${eventFields(event)}}`);
  }
}

/** Text that JSON takes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The text as JSON. */
function quoted(text: string): string {
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
function eventFields(event: AppEvent): string {
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
