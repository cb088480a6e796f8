import { escape } from './escape.ts';
import { amount, count, duration, listed } from './formats.ts';
import { nameWithin } from './layout.ts';

/*
 * What stands for the messages that are not shown one by one: an account of them and of the clock, so that no tick goes
 * unexplained, and who downloads what from us. Both are called for every message of a large download.
 */

/** Behind the first line that sums something up. */
export const SUMMARY_HINT = '(mensagens resumidas; --mensagens todas mostra cada uma)';

/** Peers are asked what their files are. */
export const DIGESTS_COMPARED = 'Comparando o SHA-256 do que os peers oferecem';

/** Enough failed chunks were shown. */
export function chunkFailuresCut(name: string, width: number): string {
  return `Outras falhas de chunks de ${nameWithin(name, width)} não são mostradas (--mensagens todas mostra cada uma).`;
}

/** Messages that were not shown, and how far they have moved our clock. */
export class HiddenMessages {
  readonly #types = new Set<string>();
  #count = 0;
  #from = 0;
  #to = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** One more, which has moved our clock between these values. */
  add(type: string, from: number, to: number): void {
    if (this.#count === 0) this.#from = from;
    this.#count += 1;
    this.#to = to;
    this.#types.add(type);
  }

  /** The line that accounts for all of them since the last one; undefined where there are none. */
  take(): string | undefined {
    if (this.#count === 0) return undefined;
    const types = listed([...this.#types].sort());
    const what = count(this.#count, `mensagem ${types} resumida`, `mensagens ${types} resumidas`);
    this.#count = 0;
    this.#types.clear();
    return `(${what}: relógio ${this.#from} → ${this.#to})`;
  }
}

/** Pairs of neighbour and file that are remembered; one more forgets the oldest. */
const MAX_UPLOADS = 256;
/** A neighbour that asks for a file again after this long downloads it again. */
const UPLOAD_IDLE_MS = 10_000;

/** What one neighbour downloads from us, as far as its requests tell. */
interface Upload {
  readonly neighbour: string;
  readonly name: string;
  /** Of the whole file; others may send some. */
  readonly chunks: number;
  readonly began: number;
  /** Of the last message. */
  time: number;
  sent: number;
  bytes: number;
}

/** Who downloads large files from us right now. Nearly every message is about the same file as the one before it. */
export class Uploads {
  readonly #now: () => number;
  readonly #uploads = new Map<string, Upload>();
  #latest: Upload | undefined;

  /** `now` in milliseconds, from any zero. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#uploads.size;
  }

  /** Notes a request for a chunk, and gives the line that tells of it where it is the first one of a download. */
  requested(neighbour: string, name: string, chunks: number, width: number): string | undefined {
    const now = this.#now();
    const known = this.#find(neighbour, name);
    if (known !== undefined && now - known.time < UPLOAD_IDLE_MS) {
      known.time = now;
      return undefined;
    }
    const upload = { neighbour, name, chunks, began: now, time: now, sent: 0, bytes: 0 };
    this.#uploads.set(key(neighbour, name), upload);
    this.#latest = upload;
    if (this.#uploads.size > MAX_UPLOADS) {
      const [oldest = ''] = this.#uploads.keys();
      this.#uploads.delete(oldest);
    }
    return `Enviando arquivo ${nameWithin(name, width)} para ${escape(neighbour)} em ${count(chunks, 'chunk')}`;
  }

  /** Notes a chunk that was sent. */
  sent(neighbour: string, name: string, bytes: number): void {
    const upload = this.#find(neighbour, name);
    if (upload === undefined) return;
    upload.time = this.#now();
    upload.sent += 1;
    upload.bytes += bytes;
  }

  /** Forgets the uploads that are over, all of them where `isEnd`, and gives a line about each. */
  ended(width: number, isEnd = false): string[] {
    const over = [...this.#uploads.values()].filter(
      ({ sent, chunks, time }) => isEnd || sent >= chunks || this.#now() - time >= UPLOAD_IDLE_MS,
    );
    for (const { neighbour, name } of over) this.#uploads.delete(key(neighbour, name));
    if (over.length > 0) this.#latest = undefined;
    return over.map((upload) => uploadEnded(upload, width));
  }

  #find(neighbour: string, name: string): Upload | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.name === name && latest.neighbour === neighbour) return latest;
    this.#latest = this.#uploads.get(key(neighbour, name));
    return this.#latest;
  }
}

function key(neighbour: string, name: string): string {
  return `${neighbour} ${name}`;
}

/** Whoever fetches from several peers, or goes on after an interruption, gets only a part from us. */
function uploadEnded({ neighbour, name, chunks, sent, bytes, began, time }: Upload, width: number): string {
  const part = sent < chunks ? `, ${sent} de ${count(chunks, 'chunk')}` : '';
  const what = `Enviado ${nameWithin(name, width)} para ${escape(neighbour)}`;
  return `${what}: ${amount(bytes, width)}${part} em ${duration((time - began) / 1000)}.`;
}
