import type { MessageReceived, MessageSent } from '../events.ts';
import { escape } from './escape.ts';
import { amount, count, duration, listed } from './formats.ts';
import { nameWithin } from './layout.ts';
import type { Moving } from './status-row.ts';

/*
 * What stands for the messages that are not shown one by one: an account of them and of the clock, so that no tick goes
 * unexplained, and who downloads what from us. Everything here is called for every message of a large download.
 */

/** Behind the first line that sums something up. */
const SUMMARY_HINT = '(mensagens resumidas; --mensagens todas mostra cada uma)';

/** Peers are asked what their files are. */
const DIGESTS_COMPARED = 'Comparando o SHA-256 do que os peers oferecem';

/** Enough failed chunks were shown. */
export function chunkFailuresCut(name: string, width: number): string {
  return `Outras falhas de chunks de ${nameWithin(name, width)} não são mostradas (--mensagens todas mostra cada uma).`;
}

/** Messages that were not shown, and how far they have moved our clock. */
class HiddenMessages {
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
/** An upload without a message for this long does not move any more. */
const MOVING_MS = 2_000;

/** An upload whose messages were shown one by one gets a line at its end where it has lasted this long. */
const LONG_UPLOAD_MS = 500;

/** What one neighbour downloads from us, as far as its requests tell. */
interface Upload {
  readonly neighbour: string;
  readonly name: string;
  /** Of the whole file; others may send some. Undefined where it is asked for in blocks. */
  readonly chunks: number | undefined;
  readonly began: number;
  /** Its messages are shown: no line tells of its beginning. */
  readonly isShown: boolean;
  /** Of the last message. */
  time: number;
  sent: number;
  bytes: number;
}

/** Who downloads large files from us right now. Nearly every message is about the same file as the one before it. */
class Uploads {
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

  /** Those that move now. */
  moving(): Moving[] {
    const now = this.#now();
    return [...this.#uploads.values()].filter(({ time }) => now - time < MOVING_MS);
  }

  /** Notes a request for a chunk; whether it is the first one of a download. */
  requested(neighbour: string, name: string, chunks: number | undefined, isShown: boolean): boolean {
    const now = this.#now();
    const known = this.#find(neighbour, name);
    if (known !== undefined && now - known.time < UPLOAD_IDLE_MS) {
      known.time = now;
      return false;
    }
    const upload = { neighbour, name, chunks, isShown, began: now, time: now, sent: 0, bytes: 0 };
    this.#uploads.set(key(neighbour, name), upload);
    this.#latest = upload;
    if (this.#uploads.size > MAX_UPLOADS) {
      const [oldest = ''] = this.#uploads.keys();
      this.#uploads.delete(oldest);
    }
    return true;
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
      ({ sent, chunks, time }) =>
        isEnd || sent >= (chunks ?? Infinity) || this.#now() - time >= UPLOAD_IDLE_MS,
    );
    for (const { neighbour, name } of over) this.#uploads.delete(key(neighbour, name));
    if (over.length > 0) this.#latest = undefined;
    return over
      .filter(({ isShown, began, time }) => !isShown || time - began >= LONG_UPLOAD_MS)
      .map((upload) => uploadEnded(upload, width));
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

function uploadBegun(neighbour: string, name: string, chunks: number | undefined, width: number): string {
  const parts = chunks === undefined ? 'blocos' : count(chunks, 'chunk');
  return `Enviando arquivo ${nameWithin(name, width)} para ${escape(neighbour)} em ${parts}`;
}

/** Whoever fetches from several peers, or goes on after an interruption, gets only a part from us. */
function uploadEnded({ neighbour, name, chunks, sent, bytes, began, time }: Upload, width: number): string {
  const part = chunks !== undefined && sent < chunks ? `, ${sent} de ${count(chunks, 'chunk')}` : '';
  const what = `Enviado ${nameWithin(name, width)} para ${escape(neighbour)}`;
  return `${what}: ${amount(bytes, width)}${part} em ${duration((time - began) / 1000)}.`;
}

/** How often it is looked whether what is summed up has come to rest, and can be accounted for. */
export const ACCOUNT_INTERVAL_MS = 1_000;

export interface SummaryOptions {
  /** Milliseconds from any zero. */
  readonly now: () => number;
  readonly width: () => number;
  readonly print: (line: string) => void;
  /** Uploads go on, or have come to rest. */
  readonly onUploads: () => void;
}

/**
 * Takes the messages that are not shown. The first of their kind get a line; an account of them is due before the next
 * clock that is shown (`account`), and comes by itself after a second of silence.
 */
export class Summary {
  readonly #options: SummaryOptions;
  readonly #uploads: Uploads;
  readonly #hidden = new HiddenMessages();
  /** Digests were asked for since the last question to the person; one line tells it. */
  #isComparing = false;
  #isHintGiven = false;
  #countBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SummaryOptions) {
    this.#options = options;
    this.#uploads = new Uploads(options.now);
  }

  sent({ type, clock, to, token, bytes }: MessageSent): void {
    this.#hide(type, clock - 1, clock);
    if (token !== undefined && bytes !== undefined) this.#uploads.sent(to, token, bytes);
    if (type !== 'DIGEST' || this.#isComparing) return;
    this.#isComparing = true;
    this.#options.print(`${DIGESTS_COMPARED}${this.hint()}.`);
  }

  /** The `args` of the message stay unread. `clock`: ours before it. */
  received({ type, clockAfter, from, token, chunks }: MessageReceived, clock: number): void {
    this.#hide(type, clock, clockAfter);
    if (token === undefined) return;
    const parts = type === 'GET' ? undefined : (chunks ?? 0);
    if (!this.#uploads.requested(from, token, parts, false)) return;
    this.#options.print(`${uploadBegun(from, token, parts, this.#options.width())}${this.hint()}.`);
  }

  /** A request that is shown may be one for a chunk, and so may its reply be: for the status row, and the end of the upload. */
  noteRequest({ type, from, token, chunks }: MessageReceived): void {
    const parts = type === 'GET' ? undefined : (chunks ?? 0);
    if (token !== undefined && this.#uploads.requested(from, token, parts, true)) this.#watch();
  }

  noteSent({ to, token, bytes }: MessageSent): void {
    if (token !== undefined && bytes !== undefined) this.#uploads.sent(to, token, bytes);
  }

  /** Where to see more, behind the first line of a run that sums something up. */
  hint(): string {
    if (this.#isHintGiven) return '';
    this.#isHintGiven = true;
    return ` ${SUMMARY_HINT}`;
  }

  /** What others fetch from us right now. */
  uploads(): Moving[] {
    return this.#uploads.moving();
  }

  /** Prints the account of what was left out until now. */
  account(): void {
    const line = this.#hidden.take();
    if (line !== undefined) this.#options.print(line);
  }

  /** The person is asked: what comes next is another command. */
  beginCommand(): void {
    this.#isComparing = false;
    this.account();
  }

  /** The program ends, and with it what others download. */
  end(): void {
    this.#endUploads(true);
    this.account();
    clearTimeout(this.#timer);
  }

  #hide(type: string, from: number, to: number): void {
    this.#hidden.add(type, from, to);
    if (this.#timer === undefined) this.#watch();
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#countBefore = this.#hidden.count;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const isQuiet = this.#hidden.count === this.#countBefore;
      this.#endUploads(false);
      this.#options.onUploads();
      if (isQuiet) this.account();
      if (this.#hidden.count > 0 || this.#uploads.size > 0) this.#watch();
    }, ACCOUNT_INTERVAL_MS);
    this.#timer.unref();
  }

  #endUploads(isEnd: boolean): void {
    for (const line of this.#uploads.ended(this.#options.width(), isEnd)) this.#options.print(line);
  }
}
