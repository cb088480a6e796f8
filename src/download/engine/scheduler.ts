import { MAX_SOURCE_FAILURES } from '../../limits.ts';
import { Bitmap } from './bitmap.ts';

/** What a good chunk gives back of a source's failure points. */
const FORGIVENESS = 0.25;

interface SourceState {
  failures: number;
  retired: boolean;
  /** Chunks checked out and not yet answered for. */
  readonly held: Set<number>;
  /** Of these, for `duplicate`: the ones not yet looked at, the last asked for at the end. */
  lap: number[] | undefined;
}

/**
 * Which chunk next, for whom: one checkout queue that all sources share.
 *
 * A source asks, gets a chunk, and completes it or gives it back; a fast source simply asks more often, so there is
 * nothing to rebalance. A chunk is held by one source at a time, or by more at the very end (`duplicate`), and completes
 * once: the first answer counts. One that came back waits behind those never asked for, so a bad one cannot hold up
 * the rest. A chunk is doubtful until somebody who can prove its content has sent it.
 * What never happens here: promises, timers, the time of day, chance.
 * Cost: every call is O(1), apart from `retire` and the first `duplicate` behind `renew` (what that source holds), `missing` and
 * `reopenDoubtful` (all chunks); three bits a chunk.
 */
export class Scheduler<S extends string = string> {
  readonly chunks: number;
  readonly #done: Bitmap;
  /** Done, held, or waiting in `#returned`. */
  readonly #taken: Bitmap;
  readonly #doubtful: Bitmap;
  readonly #sources = new Map<S, SourceState>();
  readonly #returned: number[] = [];
  #returnedHead = 0;
  #nextNew = 0;
  #completed = 0;

  constructor(chunks: number, sources: readonly S[]) {
    this.chunks = chunks;
    this.#done = new Bitmap(chunks);
    this.#taken = new Bitmap(chunks);
    this.#doubtful = new Bitmap(chunks);
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
    this.#sources.set(source, { failures: 0, retired: false, held: new Set(), lap: undefined });
  }

  isRetired(source: S): boolean {
    return this.#state(source).retired;
  }

  /** A chunk that is there before anybody was asked; doubtful, for nobody knows any more who sent it. */
  has(index: number): void {
    if (this.#taken.has(index)) return;
    this.#taken.add(index);
    this.#finish(index, false);
  }

  /** The index of a chunk for this source to fetch, undefined where there is none now or the source is retired. */
  checkout(source: S): number | undefined {
    const state = this.#state(source);
    if (state.retired) return undefined;
    const index = this.#take();
    if (index !== undefined) {
      state.held.add(index);
      state.lap = undefined;
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
    from.lap ??= [...from.held];
    for (let index = from.lap.pop(); index !== undefined; index = from.lap.pop()) {
      if (this.#done.has(index) || !from.held.has(index) || !this.#isHeldBy(slower, index)) continue;
      to.held.add(index);
      return index;
    }
    return undefined;
  }

  /** Who is slow may have changed: `duplicate` looks at all chunks again. */
  renew(): void {
    for (const state of this.#sources.values()) state.lap = undefined;
  }

  /**
   * Takes a fetched chunk as done. False where the source did not hold it (any more), or another was faster: its bytes
   * are not wanted.
   * @param isProven the source's content is known to be the right one
   */
  complete(source: S, index: number, isProven = false): boolean {
    const state = this.#state(source);
    if (!state.held.delete(index)) return false;
    state.failures = Math.max(0, state.failures - FORGIVENESS);
    if (this.#done.has(index)) return false;
    this.#finish(index, isProven);
    return true;
  }

  /** Puts a chunk back without blame. */
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

  /** Asks a retired source again; one more failure retires it anew. */
  restore(source: S): void {
    const state = this.#state(source);
    state.retired = false;
    state.failures = MAX_SOURCE_FAILURES - 1;
  }

  /** The chunks not completed, as inclusive ranges in ascending order. */
  missing(): [first: number, last: number][] {
    return this.#done.ranges(false);
  }

  /** Opens the doubtful chunks anew that are done, and returns them as inclusive ranges in ascending order. */
  reopenDoubtful(): [first: number, last: number][] {
    const ranges = this.#doubtful.ranges(true);
    for (const [first, last] of ranges) {
      for (let index = first; index <= last; index++) {
        this.#doubtful.delete(index);
        this.#done.delete(index);
        this.#completed -= 1;
        // Somebody may still be asked for it a second time; otherwise it is as one never asked for.
        if (!this.#isHeld(index)) this.#taken.delete(index);
      }
    }
    this.#nextNew = 0;
    return ranges;
  }

  #finish(index: number, isProven: boolean): void {
    this.#done.add(index);
    if (!isProven) this.#doubtful.add(index);
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

  #state(source: S): SourceState {
    const state = this.#sources.get(source);
    if (state === undefined) throw new RangeError(`no source of this download: ${source}`);
    return state;
  }
}
