import { Bitmap } from './bitmap.ts';

/** A failed chunk costs its source one point, a good one gives back a quarter; at this many the source is retired. */
export const MAX_SOURCE_FAILURES = 4;

/** What a good chunk gives back of a source's failure points. */
const FORGIVENESS = 0.25;

/** Whose chunk something is; one byte a chunk names its giver. */
const MAX_GIVERS = 255;
const THERE_BEFORE = 0;

/** What one source has to do with the queue. */
interface Checkouts<S> {
  readonly source: S;
  /** Its number as a giver, from 1. */
  readonly number: number;
  failures: number;
  retired: boolean;
  /** Chunks checked out and not yet answered for. */
  readonly held: Set<number>;
  /** Of these, for `duplicate`: the ones not yet looked at, the last asked for at the end. */
  candidates: number[] | undefined;
}

/**
 * Which chunk next, for whom: one checkout queue that all sources share.
 *
 * A source asks, gets a chunk, and completes it or gives it back; a fast source simply asks more often, so there is
 * nothing to rebalance. A chunk is held by one source at a time, or by more at the very end (`duplicate`), and completes
 * once: the first answer counts. One that came back waits behind those never asked for, so a bad one cannot hold up
 * the rest. Who gave a chunk is remembered, so that what one source has given can be fetched again elsewhere.
 * What never happens here: promises, timers, the time of day, chance.
 * Cost: every call is O(1), apart from `retire` and the first `duplicate` after `renew` (what that source holds), `missing`
 * and `reopen` (all chunks); two bits and a byte a chunk.
 */
export class Scheduler<S extends string = string> {
  readonly chunks: number;
  readonly #done: Bitmap;
  /** Done, held, or waiting in `#returned`. */
  readonly #taken: Bitmap;
  readonly #givers: Uint8Array;
  readonly #sources = new Map<S, Checkouts<S>>();
  readonly #returned: number[] = [];
  #returnedHead = 0;
  #nextNew = 0;
  #completed = 0;

  constructor(chunks: number, sources: readonly S[]) {
    this.chunks = chunks;
    this.#done = new Bitmap(chunks);
    this.#taken = new Bitmap(chunks);
    this.#givers = new Uint8Array(chunks);
    for (const source of sources) this.add(source);
  }

  get completed(): number {
    return this.#completed;
  }

  get isDone(): boolean {
    return this.#completed === this.chunks;
  }

  /** One more source; nothing where it is one already. */
  add(source: S): void {
    if (this.#sources.has(source)) return;
    const number = this.#sources.size + 1;
    if (number > MAX_GIVERS) throw new RangeError(`more than ${MAX_GIVERS} sources`);
    const fresh = { failures: 0, retired: false, held: new Set<number>(), candidates: undefined };
    this.#sources.set(source, { source, number, ...fresh });
  }

  isRetired(source: S): boolean {
    return this.#state(source).retired;
  }

  /** A chunk that is there before anybody was asked: nobody knows any more who gave it. */
  addPresent(index: number): void {
    if (this.#taken.has(index)) return;
    this.#taken.add(index);
    this.#finish(index, THERE_BEFORE);
  }

  /** The index of a chunk for this source to fetch, undefined where there is none now or the source is retired. */
  checkout(source: S): number | undefined {
    const state = this.#state(source);
    if (state.retired) return undefined;
    const index = this.#take();
    if (index !== undefined) {
      state.held.add(index);
      state.candidates = undefined;
    }
    return index;
  }

  /**
   * A chunk that `slow` was asked for and that `helper` is to fetch as well: of those that none but sources of `slower` hold
   * the one asked for last. Each is given out once, until `renew`.
   */
  duplicate(slow: S, helper: S, slower: ReadonlySet<S>): number | undefined {
    const from = this.#state(slow);
    const to = this.#state(helper);
    if (to.retired) return undefined;
    from.candidates ??= [...from.held];
    for (let index = from.candidates.pop(); index !== undefined; index = from.candidates.pop()) {
      if (this.#done.has(index) || !from.held.has(index) || !this.#isHeldBy(slower, index)) continue;
      to.held.add(index);
      return index;
    }
    return undefined;
  }

  /** Who is slow may have changed: `duplicate` looks at all chunks again. */
  renew(): void {
    for (const state of this.#sources.values()) state.candidates = undefined;
  }

  /**
   * Takes a fetched chunk as done. False where the source did not hold it (any more), or another was faster: its bytes
   * are not wanted.
   */
  complete(source: S, index: number): boolean {
    const state = this.#state(source);
    if (!state.held.delete(index)) return false;
    state.failures = Math.max(0, state.failures - FORGIVENESS);
    if (this.#done.has(index)) return false;
    this.#finish(index, state.number);
    return true;
  }

  /** Puts a chunk back; its source has not failed. */
  release(source: S, index: number): void {
    if (!this.#state(source).held.delete(index)) return;
    if (!this.#done.has(index) && !this.#isHeld(index)) this.#returned.push(index);
  }

  /**
   * Puts a chunk back and counts it against its source. True where that retires the source.
   * @param points how much it weighs, of MAX_SOURCE_FAILURES
   */
  fail(source: S, index: number, points = 1): boolean {
    const state = this.#state(source);
    if (!state.held.has(index)) return false;
    this.release(source, index);
    state.failures += points;
    if (state.retired || state.failures < MAX_SOURCE_FAILURES) return false;
    this.retire(source);
    return true;
  }

  /** Asks nothing more of this source; what it holds goes back. */
  retire(source: S): void {
    const state = this.#state(source);
    state.retired = true;
    for (const index of state.held) this.release(source, index);
  }

  /**
   * Asks a retired source again.
   * @param failures points that it begins with: by default one more failure retires it anew
   */
  restore(source: S, failures = MAX_SOURCE_FAILURES - 1): void {
    const state = this.#state(source);
    state.retired = false;
    state.failures = failures;
  }

  /** The chunks not completed, as inclusive ranges in ascending order. */
  missing(): [first: number, last: number][] {
    return this.#done.ranges(false);
  }

  /**
   * Opens the chunks anew that these sources have given, and returns them as inclusive ranges in ascending order.
   * @param givers undefined stands for whoever gave what was there before
   * @param onChunk hears of each
   */
  reopen(
    givers: ReadonlySet<S | undefined>,
    onChunk: (giver: S | undefined, index: number) => void = () => undefined,
  ): [first: number, last: number][] {
    const byNumber = new Map<number, S | undefined>();
    if (givers.has(undefined)) byNumber.set(THERE_BEFORE, undefined);
    for (const { source, number } of this.#sources.values())
      if (givers.has(source)) byNumber.set(number, source);
    const ranges: [number, number][] = [];
    for (const [first, last] of this.#done.ranges(true)) {
      for (let index = first; index <= last; index++) {
        const giver = this.#givers[index] ?? THERE_BEFORE;
        if (!byNumber.has(giver)) continue;
        onChunk(byNumber.get(giver), index);
        this.#reopen(index);
        const range = ranges.at(-1);
        if (range?.[1] === index - 1) range[1] = index;
        else ranges.push([index, index]);
      }
    }
    this.#nextNew = 0;
    return ranges;
  }

  #reopen(index: number): void {
    this.#done.delete(index);
    this.#completed -= 1;
    // Somebody may still be asked for it a second time; otherwise it is as one never asked for.
    if (!this.#isHeld(index)) this.#taken.delete(index);
  }

  #finish(index: number, giver: number): void {
    this.#done.add(index);
    this.#givers[index] = giver;
    this.#completed += 1;
  }

  #take(): number | undefined {
    if (this.#nextNew < this.chunks) {
      const index = this.#taken.next(false, this.#nextNew);
      this.#nextNew = index + 1;
      if (index < this.chunks) {
        this.#taken.add(index);
        return index;
      }
    }
    const index = this.#returned[this.#returnedHead];
    if (index === undefined) return undefined;
    this.#returnedHead += 1;
    if (this.#returnedHead === this.#returned.length) {
      this.#returned.length = 0;
      this.#returnedHead = 0;
    }
    return index;
  }

  #isHeld(index: number): boolean {
    for (const { held } of this.#sources.values()) if (held.has(index)) return true;
    return false;
  }

  /** By none but these. */
  #isHeldBy(sources: ReadonlySet<S>, index: number): boolean {
    for (const [source, { held }] of this.#sources) if (held.has(index) && !sources.has(source)) return false;
    return true;
  }

  #state(source: S): Checkouts<S> {
    const state = this.#sources.get(source);
    if (state === undefined) throw new RangeError(`no source of this download: ${source}`);
    return state;
  }
}
