import { LRUCache } from 'lru-cache';
import type { AppEvent, Reporter, UploadView } from './events.ts';

/** Whoever has asked for nothing that long does not download from us any more, in milliseconds. */
const IDLE_MS = 5_000;

/** More of them need not be told apart. */
const MAX_UPLOADS = 100;

interface Upload extends UploadView {
  sent: number;
  chunks: number;
  /** When it was asked for last, in milliseconds from any zero. */
  at: number;
}

/** Who downloads from us now. Called for every chunk, so that it must cost next to nothing. */
export class Uploads implements Reporter {
  readonly #now: () => number;
  readonly #uploads = new LRUCache<string, Upload>({ max: MAX_UPLOADS });

  /** @param now milliseconds from any zero, for tests */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  report(event: AppEvent): void {
    if (event.event === 'neighbour-status-changed' && event.status === 'OFFLINE')
      return this.#gone(event.neighbour);
    if (event.event !== 'message-sent' || (event.type !== 'FILE' && event.type !== 'DATA')) return;
    const { to, token: name, chunks = Infinity } = event;
    if (name === undefined || (event.type === 'FILE' && event.chunks === undefined)) return;
    const key = `${to} ${name}`;
    if (event.endsFile === true) return void this.#uploads.delete(key);
    const upload = this.#uploads.get(key) ?? { to, name, sent: 0, chunks, at: 0 };
    upload.sent += 1;
    upload.at = this.#now();
    if (upload.sent < chunks) this.#uploads.set(key, upload);
    else this.#uploads.delete(key);
  }

  underWay(): UploadView[] {
    const now = this.#now();
    return [...this.#uploads.values()]
      .filter(({ at }) => now - at < IDLE_MS)
      .map(({ to, name }) => ({ to, name }));
  }

  #gone(neighbour: string): void {
    for (const [key, { to }] of this.#uploads.entries()) if (to === neighbour) this.#uploads.delete(key);
  }
}
