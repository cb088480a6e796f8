import type { AppEvent, Reporter } from '../../src/events.ts';
import { patience } from './until.ts';

export type EventName = AppEvent['event'];
export type EventOf<N extends EventName> = Extract<AppEvent, { event: N }>;

const SHOWN_EVENTS = 12;

/** Keeps everything that is reported; a test looks at it afterwards, or waits for an event. */
export class RecordingReporter implements Reporter {
  readonly events: AppEvent[] = [];
  readonly #watchers = new Set<(event: AppEvent) => void>();

  report(event: AppEvent): void {
    this.events.push(event);
    for (const watch of this.#watchers) watch(event);
  }

  /** All events of one kind so far. */
  all<N extends EventName>(name: N): EventOf<N>[] {
    return this.events.filter((event): event is EventOf<N> => event.event === name);
  }

  /**
   * The first event that fits, past ones included; rejects after `patience(ms)` with the last events in its text.
   * @param since index into `events` from which on past events count
   */
  until(predicate: (event: AppEvent) => boolean, ms?: number, since = 0): Promise<AppEvent> {
    const past = this.events.slice(since).find(predicate);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      const watch = (event: AppEvent) => {
        if (!predicate(event)) return;
        done();
        resolve(event);
      };
      const timer = setTimeout(() => {
        done();
        const last = this.events.slice(-SHOWN_EVENTS).map((event) => JSON.stringify(event));
        reject(new Error(`no such event within ${patience(ms)} ms; the last ones:\n${last.join('\n')}`));
      }, patience(ms));
      this.#watchers.add(watch);
    });
  }
}
