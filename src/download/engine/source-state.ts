import { MAX_IN_FLIGHT_BYTES, MAX_AWAITED_REPLIES } from '../../limits.ts';
import type { Source } from './chunks.ts';
import { Speed } from './speed.ts';
import { Window } from './window.ts';

/**
 * What is asked of a source ahead of its answers: as many bytes as it has sent in this time, so that no round trip below it
 * leaves it idle. START_WINDOW_BYTES until its speed is known, at least SMALLEST_WINDOW_BYTES, and always one chunk.
 */
export const WINDOW_SECONDS = 0.75;
export const START_WINDOW_BYTES = 256 * 1024;
export const SMALLEST_WINDOW_BYTES = 16 * 1024;

/** The speed of a source is taken anew after this long. */
const SPEED_INTERVAL_SECONDS = 0.1;

/** A source is lost once it has backed off so often without a good chunk in between; the last time is not waited for. */
export const LAST_BACKOFFS = 3;

/** A source that has delivered and fell silent is tried again at least this often: its link may be back. */
const SILENT_BACKOFF_MS = 4_000;

/** What fails where the link is down: nothing comes back, not even that nobody listens. */
const SILENCES: readonly string[] = ['reply-timeout', 'connect-timeout', 'unreachable'];

/** What fails where the program, its machine or the link is gone: all that may come back. */
const ABSENCES: readonly string[] = [...SILENCES, 'refused', 'unknown-host'];

export interface BackoffTiming {
  /** Milliseconds for which a source that failed too often is left alone; each time twice as long, up to the longest. */
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** Milliseconds since its last good chunk for which a source that fell silent is waited for: its link may be down. */
  readonly silenceMs: number;
}

/** Bytes a second that START_WINDOW_BYTES suppose. */
const START_SPEED = START_WINDOW_BYTES / WINDOW_SECONDS;

/**
 * What a download knows of one of its sources: how fast it is, so how much may be asked of it ahead, and whether it backs off.
 * Times in seconds, given by the caller.
 */
export class SourceState<S extends string> {
  readonly source: Source<S>;
  readonly speed = new Speed();
  /** What it is asked for ahead in blocks. */
  readonly window = new Window();
  /** It may be asked: its connection is prepared. */
  isReady = false;
  /** Its content is another one, or may be: not asked. */
  isExcluded = false;
  /** Chunks and bytes asked of it and not answered. */
  asked = 0;
  askedBytes = 0;
  /** Bytes of blocks that came from it, taken or not. */
  arrived = 0;
  /** Bytes taken from it. */
  delivered = 0;
  /** Something has failed: one chunk at a time, until a good one has come. */
  #isOnProbation = false;
  /** In a row. */
  #backoffs = 0;
  #backsOffUntil: number | undefined;
  #lastGoodAt: number | undefined;
  /** How it has failed the last time. */
  #failure: string | undefined;
  /** It was left alone, and has not delivered since. */
  #isResting = false;
  #requests = 0;
  /** How many requests there had been when an error was counted. */
  readonly #counted = new WeakMap<Error, number>();
  readonly #timing: BackoffTiming;
  readonly #isPatient: boolean;

  /** @param isPatient it is waited for without end where it is gone */
  constructor(source: Source<S>, timing: BackoffTiming, isPatient: boolean) {
    this.source = source;
    this.#timing = timing;
    this.#isPatient = isPatient;
  }

  get isBackingOff(): boolean {
    return this.#backsOffUntil !== undefined;
  }

  /**
   * It is another file, or has failed so often in a row that nobody would wait for it alone. One that has delivered and then
   * fell silent may have lost its link, and is waited for much longer.
   */
  isLost(now: number, isPatient = this.#isPatient): boolean {
    if (this.isExcluded) return true;
    return this.#backoffs >= LAST_BACKOFFS && !this.#mayReturn(now, isPatient);
  }

  #mayReturn(now: number, isPatient: boolean): boolean {
    if (this.#failure === undefined) return false;
    if (isPatient && ABSENCES.includes(this.#failure)) return true;
    if (!SILENCES.includes(this.#failure) || this.#lastGoodAt === undefined) return false;
    return now - this.#lastGoodAt < this.#timing.silenceMs / 1000;
  }

  /**
   * Whether one more chunk may be asked of it now: as much is under way as it sends in WINDOW_SECONDS, one chunk at the least.
   * @param atOnce how many chunks its program takes at the same time
   * @param sharers how many sources share MAX_IN_FLIGHT_BYTES
   */
  hasRoom(chunkSize: number, atOnce: number, sharers: number): boolean {
    if (!this.isReady || this.isBackingOff || this.isExcluded) return false;
    if (this.asked === 0) return true;
    if (this.#isOnProbation || this.asked >= Math.min(atOnce, MAX_AWAITED_REPLIES)) return false;
    const { value } = this.speed;
    const wanted =
      value === undefined ? START_WINDOW_BYTES : Math.max(value * WINDOW_SECONDS, SMALLEST_WINDOW_BYTES);
    // A chunk that ends beyond what is wanted is asked for as well: of large ones a single one would wait for its round trip.
    return this.askedBytes < wanted && this.askedBytes + chunkSize <= MAX_IN_FLIGHT_BYTES / sharers;
  }

  /** The same for a block: as much is under way as its window holds. */
  get hasRoomForBlock(): boolean {
    if (!this.isReady || this.isBackingOff || this.isExcluded) return false;
    if (this.asked === 0) return true;
    return !this.#isOnProbation && this.askedBytes < this.window.bytes && this.asked < MAX_AWAITED_REPLIES;
  }

  /** It is at work, and something is known of its speed. */
  get isMeasured(): boolean {
    return this.asked > 0 && !this.isBackingOff && this.speed.value !== undefined;
  }

  /**
   * Seconds until it has sent what it is asked for and so many bytes more; Infinity where it sends nothing. A speed that is
   * not known yet is supposed.
   */
  timeFor(moreBytes: number): number {
    const bytes = this.askedBytes + moreBytes;
    return bytes === 0 ? 0 : bytes / (this.speed.value ?? START_SPEED);
  }

  /** Returns the number of this request. */
  ask(bytes: number, now: number): number {
    if (this.asked === 0) this.speed.begin(now);
    this.asked += 1;
    this.askedBytes += bytes;
    this.#requests += 1;
    return this.#requests;
  }

  answered(bytes: number, now: number): void {
    this.asked -= 1;
    this.askedBytes -= bytes;
    if (this.asked === 0) this.speed.pause(now);
  }

  /** Bytes a second; nothing of one that has failed and not delivered since. */
  get presentSpeed(): number {
    return this.#isOnProbation ? 0 : (this.speed.value ?? 0);
  }

  /** A good chunk has come; whether it ends a rest. */
  take(bytes: number, now: number): boolean {
    this.speed.add(bytes);
    this.#isOnProbation = false;
    this.#backoffs = 0;
    this.#lastGoodAt = now;
    const wasResting = this.#isResting;
    this.#isResting = false;
    return wasResting;
  }

  /**
   * Whether this failure is a new one; it is counted then. A connection that ends takes many requests with it, all with the
   * same error. A request that is sent later and fails with it again is another failure.
   */
  isNewFailure(error: Error, request: number): boolean {
    if (request <= (this.#counted.get(error) ?? 0)) return false;
    this.#counted.set(error, this.#requests);
    return true;
  }

  /** @param code of the error with which it has failed */
  fail(code: string): void {
    this.#isOnProbation = true;
    this.#failure = code;
  }

  /** Leaves it alone and returns for how many seconds: twice as long as before, if no good chunk has come in between. */
  backOff(now: number): number {
    this.#isResting = true;
    const { firstBackoffMs, longestBackoffMs } = this.#timing;
    const longest = this.#mayReturn(now, this.#isPatient)
      ? Math.min(SILENT_BACKOFF_MS, longestBackoffMs)
      : longestBackoffMs;
    const seconds = Math.min(firstBackoffMs * 2 ** this.#backoffs, longest) / 1000;
    this.#backoffs += 1;
    this.#backsOffUntil = now + seconds;
    this.#isOnProbation = true;
    return seconds;
  }

  /** Ends a backoff that is over; whether there was one. */
  wake(now: number): boolean {
    if (this.#backsOffUntil === undefined || now < this.#backsOffUntil) return false;
    this.#backsOffUntil = undefined;
    return true;
  }

  sampleSpeed(now: number): void {
    this.speed.sample(now, SPEED_INTERVAL_SECONDS);
  }
}
