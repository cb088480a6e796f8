import type { ChalkInstance } from 'chalk';
import type { AppEvent, DownloadProgressed, NeighbourView, Reporter } from '../events.ts';
import { progressLines } from './download-sentences.ts';
import { escape } from './escape.ts';
import { statusRow, type Moving } from './status-row.ts';
import type { Terminal } from './terminal.ts';

/** What has lasted this long is shown, in seconds: what is over sooner would only flicker. */
const SHOWN_AFTER = 0.5;

/** How often it is looked whom we wait for. */
const LOOK_INTERVAL_MS = 250;

/** A request that has no answer yet. */
export interface Waiting {
  readonly to: string;
  /** In milliseconds, as `now`. */
  readonly since: number;
}

export interface LiveStatusOptions {
  readonly terminal: Pick<Terminal, 'status' | 'bar' | 'touchBar' | 'width' | 'height' | 'isLive'>;
  readonly chalk: ChalkInstance;
  readonly address: () => string;
  /** Who is online; without it there is no status row. */
  readonly online?: (() => readonly NeighbourView[]) | undefined;
  readonly waiting: () => readonly Waiting[];
  readonly uploads: () => readonly Moving[];
  /** Milliseconds from any zero. */
  readonly now: () => number;
}

/** Whom we wait for, the one that lets us wait longest first; undefined where nobody does for long. */
export function waitingLine(waiting: readonly Waiting[], now: number): string | undefined {
  const long = waiting.filter(({ since }) => now - since >= SHOWN_AFTER * 1000);
  const [first] = long.toSorted((a, b) => a.since - b.since);
  if (first === undefined) return undefined;
  const others = new Set(long.map(({ to }) => to)).size - 1;
  const who = escape(first.to) + (others > 0 ? ` e mais ${others}` : '');
  return `esperando ${who}… ${Math.floor((now - first.since) / 1000)} s`;
}

/**
 * What a screen shows of the present, besides what has happened: the status row, and while nothing is asked the download
 * under way or whom we wait for. Keeps what the events tell of it; the texts are made when they are drawn.
 */
export class LiveStatus implements Reporter {
  readonly #options: LiveStatusOptions;
  #clock = 0;
  #download: DownloadProgressed | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveStatusOptions) {
    this.#options = options;
  }

  report(event: AppEvent): void {
    const { terminal } = this.#options;
    switch (event.event) {
      case 'clock-updated':
        this.#clock = event.clock;
        return terminal.touchBar();
      case 'neighbour-added':
      case 'neighbour-status-changed':
        return terminal.touchBar();
      case 'peer-started':
        return this.#begin();
      case 'download-progressed':
        this.#download = event;
        terminal.touchBar();
        return this.#drawStatus();
      case 'download-finished':
      case 'download-failed':
        this.#download = undefined;
        terminal.touchBar();
        return this.#drawStatus();
      case 'leaving':
      case 'peer-stopped':
        return clearInterval(this.#timer);
      default:
    }
  }

  #begin(): void {
    const { terminal, online, chalk } = this.#options;
    if (!terminal.isLive) return;
    this.#timer = setInterval(() => this.#drawStatus(), LOOK_INTERVAL_MS);
    this.#timer.unref();
    if (online !== undefined) terminal.bar((columns) => chalk.inverse(this.#row(online(), columns)));
  }

  #row(online: readonly NeighbourView[], columns: number): string {
    const { address, uploads } = this.#options;
    const { name = '', size: total = 0, resumed = 0, bytes = 0 } = this.#download ?? {};
    const downloads = this.#download === undefined ? [] : [{ name, bytes: resumed + bytes, total }];
    return statusRow({ own: address(), clock: this.#clock, online, downloads, uploads: uploads() }, columns);
  }

  #drawStatus(): void {
    const { terminal, waiting, now } = this.#options;
    const download = this.#download;
    if (download === undefined) return terminal.status(waitingLine(waiting(), now()));
    if (download.seconds >= SHOWN_AFTER)
      terminal.status(progressLines(download, terminal.width - 1, terminal.height));
  }
}
