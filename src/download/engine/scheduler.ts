import { Bitmap } from './bitmap.ts';
import { HeldRuns, type Run } from './held-runs.ts';

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
  readonly held: HeldRuns;
  /** Of these, for `duplicate`: where the runs end that were not looked at yet, the last asked for at the end. */
  candidates: number[] | undefined;
  /** The run that was looked at down to this chunk. */
  split: { readonly end: number; readonly downTo: number } | undefined;
}

const NONE: readonly Run[] = [];

/**
 * Which chunk next, for whom: one checkout queue that all sources share.
 *
 * A source asks, gets a run of neighbouring chunks (one chunk where it is asked for chunks), and completes it, whole or piece by
 * piece, or gives it back; a fast source simply asks more often, so there is nothing to rebalance. A chunk is held by one
 * source at a time, or by more at the very end (`duplicate`, which splits what a slow source owes), and completes once: the
 * first answer counts. What came back waits behind what was never asked for, so a bad chunk cannot hold up the rest. Who gave
 * a chunk is remembered, so that what one source has given can be fetched again elsewhere.
 * What never happens here: promises, timers, the time of day, chance.
 * Cost: `checkout` and `complete` are O(1) for a chunk, and for a run look at eight chunks at a time; `release`, `retire` and
 * `duplicate` look at each chunk that is given back or out, `missing` and `reopen` at all; two bits and a byte a chunk.
 */
export class Scheduler<S extends string = string> {
  readonly chunks: number;
  readonly #done: Bitmap;
  /** Done, held, or waiting in `#returned`. */
  readonly #taken: Bitmap;
  readonly #givers: Uint8Array;
  readonly #sources = new Map<S, Checkouts<S>>();
  readonly #returned: Run[] = [];
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
    const fresh = {
      failures: 0,
      retired: false,
      held: new HeldRuns(),
      candidates: undefined,
      split: undefined,
    };
    this.#sources.set(source, { source, number, ...fresh });
  }

  isRetired(source: S): boolean {
    return this.#state(source).retired;
  }

  /** Chunks that are there before anybody was asked: nobody knows any more who gave them. */
  addPresent({ first, end }: Run): void {
    for (let from = this.#taken.next(false, first, end); from < end;) {
      const to = this.#taken.next(true, from, end);
      this.#taken.addRange(from, to);
      this.#finish({ first: from, end: to }, THERE_BEFORE);
      from = this.#taken.next(false, to, end);
    }
  }

  /**
   * Chunks for this source to fetch, undefined where there are none now or the source is retired.
   * @param most of them at once
   */
  checkout(source: S, most = 1): Run | undefined {
    const state = this.#state(source);
    if (state.retired) return undefined;
    const run = this.#take(most);
    if (run !== undefined) {
      state.held.add(run);
      state.candidates = undefined;
      state.split = undefined;
    }
    return run;
  }

  /**
   * Chunks that `slow` was asked for and that `helper` is to fetch as well: of those that none but sources of `slower` hold
   * the ones asked for last, from the end of a run. Each is given out once, until `renew`.
   * @param most of them at once
   */
  duplicate(slow: S, helper: S, slower: ReadonlySet<S>, most = 1): Run | undefined {
    const from = this.#state(slow);
    const to = this.#state(helper);
    if (to.retired) return undefined;
    from.candidates ??= from.held.ends;
    for (;;) {
      const end = from.split?.end ?? from.candidates.pop();
      if (end === undefined) return undefined;
      const before = from.split?.downTo ?? end;
      from.split = undefined;
      const run = this.#lastOwed(from.held.firstOf(end) ?? end, before, slower, most);
      if (run === undefined) continue;
      from.split = { end, downTo: run.first };
      to.held.add(run);
      return run;
    }
  }

  /** Who is slow may have changed: `duplicate` looks at all chunks again. */
  renew(): void {
    for (const state of this.#sources.values()) {
      state.candidates = undefined;
      state.split = undefined;
    }
  }

  /**
   * Takes fetched chunks as done, and returns those whose bytes are wanted: none where the source did not hold them (any
   * more), and not those for which another was faster.
   * @param run what was checked out, or a part of it
   */
  complete(source: S, run: Run): readonly Run[] {
    const state = this.#state(source);
    if (!state.held.remove(run)) return NONE;
    if (state.failures > 0) state.failures = Math.max(0, state.failures - FORGIVENESS);
    // The usual case where chunks are asked for one by one.
    if (run.end - run.first === 1) {
      if (this.#done.has(run.first)) return NONE;
      this.#finishOne(run.first, state.number);
      return [run];
    }
    const wanted: Run[] = [];
    for (let first = this.#done.next(false, run.first, run.end); first < run.end;) {
      const piece = { first, end: this.#done.next(true, first, run.end) };
      this.#finish(piece, state.number);
      wanted.push(piece);
      first = this.#done.next(false, piece.end, run.end);
    }
    return wanted;
  }

  /** Puts chunks back, all that was checked out or a part of it; their source has not failed. */
  release(source: S, run: Run): void {
    if (this.#state(source).held.remove(run)) this.#giveBack(run);
  }

  /**
   * Puts chunks back and counts it against their source as one failure. True where that retires the source.
   * @param points how much it weighs, of MAX_SOURCE_FAILURES
   */
  fail(source: S, run: Run, points = 1): boolean {
    const state = this.#state(source);
    if (!state.held.remove(run)) return false;
    this.#giveBack(run);
    state.failures += points;
    if (state.retired || state.failures < MAX_SOURCE_FAILURES) return false;
    this.retire(source);
    return true;
  }

  /** Asks nothing more of this source; what it holds goes back. */
  retire(source: S): void {
    const state = this.#state(source);
    state.retired = true;
    for (const run of [...state.held]) this.release(source, run);
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

  #finishOne(index: number, giver: number): void {
    this.#done.add(index);
    this.#givers[index] = giver;
    this.#completed += 1;
  }

  #finish({ first, end }: Run, giver: number): void {
    this.#done.addRange(first, end);
    this.#givers.fill(giver, first, end);
    this.#completed += end - first;
  }

  #take(most: number): Run | undefined {
    if (this.#nextNew < this.chunks) {
      const first = this.#taken.next(false, this.#nextNew);
      const end = most === 1 ? first + 1 : this.#taken.next(true, first, Math.min(first + most, this.chunks));
      this.#nextNew = end;
      if (first < this.chunks) {
        if (most === 1) this.#taken.add(first);
        else this.#taken.addRange(first, end);
        return { first, end };
      }
    }
    return this.#takeReturned(most);
  }

  #takeReturned(most: number): Run | undefined {
    const run = this.#returned[this.#returnedHead];
    if (run === undefined) return undefined;
    const end = Math.min(run.end, run.first + most);
    if (end < run.end) {
      this.#returned[this.#returnedHead] = { first: end, end: run.end };
      return { first: run.first, end };
    }
    this.#returnedHead += 1;
    if (this.#returnedHead === this.#returned.length) {
      this.#returned.length = 0;
      this.#returnedHead = 0;
    }
    return run;
  }

  /** What of these chunks is neither done nor held by anybody waits for the next one that asks. */
  #giveBack({ first, end }: Run): void {
    const isFree = (index: number) => !this.#done.has(index) && !this.#isHeld(index);
    for (let from = first; from < end; from++) {
      if (!isFree(from)) continue;
      let to = from + 1;
      while (to < end && isFree(to)) to += 1;
      this.#returned.push({ first: from, end: to });
      from = to;
    }
  }

  /** The last chunks of [first, before) that are not done and that none but these sources hold. */
  #lastOwed(first: number, before: number, holders: ReadonlySet<S>, most: number): Run | undefined {
    const isOwed = (index: number) => !this.#done.has(index) && this.#isHeldBy(holders, index);
    let end = before;
    while (end > first && !isOwed(end - 1)) end -= 1;
    if (end <= first) return undefined;
    let from = end - 1;
    while (from > first && end - from < most && isOwed(from - 1)) from -= 1;
    return { first: from, end };
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
