import type { AppEvent, Reporter } from '../events.ts';

/** The shape of a line; a reader skips lines of versions that it does not know. */
const VERSION = 1;

export interface EventLogOptions {
  /** Takes one line, without its newline. */
  readonly write: (line: string) => void;
  /** Tells the runs of one peer apart in a log that they share. */
  readonly run: string;
  /** Our address, once it is known: the port may be any free one. */
  readonly peer: () => string | undefined;
  /** The time now, for tests. */
  readonly now?: () => Date;
}

/** Every event as one JSON object a line; `seq` counts from 1 without gaps, so a lost line is noticed. */
export class EventLog implements Reporter {
  readonly #options: EventLogOptions;
  #seq = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  report(event: AppEvent): void {
    const { write, run, peer, now = () => new Date() } = this.#options;
    this.#seq += 1;
    const head = { v: VERSION, run, seq: this.#seq, t: now().toISOString(), peer: peer() ?? null };
    write(JSON.stringify({ ...head, ...event }));
  }
}
