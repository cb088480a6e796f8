import {
  FIRST_REST_MS,
  LAST_RESTS,
  LONGEST_REST_MS,
  MAX_IN_FLIGHT_BYTES,
  MAX_QUESTIONS,
  SMALLEST_WINDOW_BYTES,
  SPEED_INTERVAL_MS,
  START_WINDOW_BYTES,
  WINDOW_SECONDS,
} from '../../limits.ts';
import type { Source } from './plan.ts';
import { Speed } from './speed.ts';

/** Bytes a second that START_WINDOW_BYTES suppose. */
const START_SPEED = START_WINDOW_BYTES / WINDOW_SECONDS;

/**
 * What a download knows of one of its sources: how fast it is, so how much may be asked of it ahead, and whether it rests.
 * Times in seconds, given by the caller.
 */
export class SourceState<S extends string> {
  readonly source: Source<S>;
  readonly speed = new Speed();
  /** It may be asked: its connection is prepared. */
  isReady = false;
  /** Its content is another one: never asked again. */
  isExcluded = false;
  /** Its content is the one that is wanted, by its digest. */
  isProven = false;
  /** Chunks and bytes asked of it and not answered. */
  asked = 0;
  askedBytes = 0;
  /** Bytes taken from it. */
  delivered = 0;
  /** Something has failed: one chunk at a time, until a good one has come. */
  #isOnProbation = false;
  #rests = 0;
  #restsUntil: number | undefined;

  constructor(source: Source<S>) {
    this.source = source;
  }

  get isResting(): boolean {
    return this.#restsUntil !== undefined;
  }

  /** It is another file, or has failed so often in a row that nobody would wait for it alone. */
  get isLost(): boolean {
    return this.isExcluded || this.#rests >= LAST_RESTS;
  }

  /**
   * Whether one more chunk may be asked of it now: as much is under way as it sends in WINDOW_SECONDS, one chunk at the least.
   * @param atOnce how many chunks its program takes at the same time
   * @param sharers how many sources share MAX_IN_FLIGHT_BYTES
   */
  hasRoom(chunkSize: number, atOnce: number, sharers: number): boolean {
    if (!this.isReady || this.isResting || this.isExcluded) return false;
    if (this.asked === 0) return true;
    if (this.#isOnProbation || this.asked >= Math.min(atOnce, MAX_QUESTIONS)) return false;
    const { value } = this.speed;
    const wanted =
      value === undefined ? START_WINDOW_BYTES : Math.max(value * WINDOW_SECONDS, SMALLEST_WINDOW_BYTES);
    // A chunk that ends beyond what is wanted is asked for as well: of large ones a single one would wait for its round trip.
    return this.askedBytes < wanted && this.askedBytes + chunkSize <= MAX_IN_FLIGHT_BYTES / sharers;
  }

  /** It is at work, and something is known of its speed. */
  get isMeasured(): boolean {
    return this.asked > 0 && !this.isResting && this.speed.value !== undefined;
  }

  /**
   * Seconds until it has sent what it is asked for and so many bytes more; Infinity where it sends nothing. A speed that is
   * not known yet is supposed.
   */
  timeFor(moreBytes: number): number {
    const bytes = this.askedBytes + moreBytes;
    return bytes === 0 ? 0 : bytes / (this.speed.value ?? START_SPEED);
  }

  ask(bytes: number, now: number): void {
    if (this.asked === 0) this.speed.begin(now);
    this.asked += 1;
    this.askedBytes += bytes;
  }

  answered(bytes: number, now: number): void {
    this.asked -= 1;
    this.askedBytes -= bytes;
    if (this.asked === 0) this.speed.pause(now);
  }

  take(bytes: number): void {
    this.speed.add(bytes);
    this.#isOnProbation = false;
    this.#rests = 0;
  }

  fail(): void {
    this.#isOnProbation = true;
  }

  /** Begins a rest and returns its seconds: twice as long as the last, if no good chunk has come in between. */
  rest(now: number): number {
    const seconds = Math.min(FIRST_REST_MS * 2 ** this.#rests, LONGEST_REST_MS) / 1000;
    this.#rests += 1;
    this.#restsUntil = now + seconds;
    this.#isOnProbation = true;
    return seconds;
  }

  /** Ends a rest that is over; whether there was one. */
  wake(now: number): boolean {
    if (this.#restsUntil === undefined || now < this.#restsUntil) return false;
    this.#restsUntil = undefined;
    return true;
  }

  lap(now: number): void {
    this.speed.lap(now, SPEED_INTERVAL_MS / 1000);
  }
}
