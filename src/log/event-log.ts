import type { AppEvent, Reporter } from '../events.ts';
import { eventFields, quoted } from './event-line.ts';

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
