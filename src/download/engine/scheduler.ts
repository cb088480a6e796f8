import { ChunkQueue, MAX_GIVER, THERE_BEFORE } from './chunk-queue.ts';
import { HeldRuns, type Run } from './held-runs.ts';

/** A failed chunk costs its source one point, a good one gives back a quarter; at this many the source is retired. */
export const MAX_SOURCE_FAILURES = 4;

/** What a good chunk gives back of a source's failure points. */
const FORGIVENESS = 0.25;

/** What one source has to do with the queue. */
interface Checkouts {
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
 * `duplicate` look at each chunk that is given back or out, `missing` and `reopen` at all.
 */
export class Scheduler<S extends string = string> {
  readonly #queue: ChunkQueue;
  readonly #sources = new Map<S, Checkouts>();
  readonly #isHeld = (index: number): boolean => {
    for (const { held } of this.#sources.values()) if (held.has(index)) return true;
    return false;
  };

  constructor(chunks: number, sources: readonly S[]) {
    this.#queue = new ChunkQueue(chunks);
    for (const source of sources) this.add(source);
  }

  get chunks(): number {
    return this.#queue.chunks;
  }

  get completed(): number {
    return this.#queue.completed;
  }

  /** Chunks that are not completed. */
  get left(): number {
    return this.#queue.chunks - this.#queue.completed;
  }

  get isDone(): boolean {
    return this.#queue.completed === this.#queue.chunks;
  }

  /** One more source; nothing where it is one already. */
  add(source: S): void {
    if (this.#sources.has(source)) return;
    const number = this.#sources.size + 1;
    if (number > MAX_GIVER) throw new RangeError(`more than ${MAX_GIVER} sources`);
    this.#sources.set(source, {
      number,
      failures: 0,
      retired: false,
      held: new HeldRuns(),
      candidates: undefined,
      split: undefined,
    });
  }

  isRetired(source: S): boolean {
    return this.#state(source).retired;
  }

  /** Chunks that are there before anybody was asked. */
  addPresent(run: Run): void {
    this.#queue.addPresent(run);
  }

  /**
   * Chunks for this source to fetch, undefined where there are none now or the source is retired.
   * @param most of them at once
   */
  checkout(source: S, most = 1): Run | undefined {
    const state = this.#state(source);
    if (state.retired) return undefined;
    const run = this.#queue.take(most);
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
    if (!state.held.remove(run)) return [];
    if (state.failures > 0) {
      state.failures = Math.max(0, state.failures - FORGIVENESS * (run.end - run.first));
    }
    return this.#queue.complete(run, state.number);
  }

  /** Puts chunks back, all that was checked out or a part of it; their source has not failed. */
  release(source: S, run: Run): void {
    if (this.#state(source).held.remove(run)) this.#queue.giveBack(run, this.#isHeld);
  }

  /**
   * Puts chunks back and counts it against their source as one failure. True where that retires the source.
   * @param points how much it weighs, of MAX_SOURCE_FAILURES
   */
  fail(source: S, run: Run, points = 1): boolean {
    const state = this.#state(source);
    if (!state.held.remove(run)) return false;
    this.#queue.giveBack(run, this.#isHeld);
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
    return this.#queue.missing();
  }

  /**
   * Opens the chunks anew that this source has given, and returns them as inclusive ranges in ascending order.
   * @param giver undefined for what was there before
   */
  reopen(giver: S | undefined): [first: number, last: number][] {
    const number = giver === undefined ? THERE_BEFORE : this.#state(giver).number;
    return this.#queue.reopen(number, this.#isHeld);
  }

  /** The last chunks of [first, before) that are not done and that none but these sources hold. */
  #lastOwed(first: number, before: number, holders: ReadonlySet<S>, most: number): Run | undefined {
    const isOwed = (index: number) => !this.#queue.isDone(index) && this.#isHeldBy(holders, index);
    let end = before;
    while (end > first && !isOwed(end - 1)) end -= 1;
    if (end <= first) return undefined;
    let from = end - 1;
    while (from > first && end - from < most && isOwed(from - 1)) from -= 1;
    return { first: from, end };
  }

  /** By none but these. */
  #isHeldBy(sources: ReadonlySet<S>, index: number): boolean {
    for (const [source, { held }] of this.#sources) if (held.has(index) && !sources.has(source)) return false;
    return true;
  }

  #state(source: S): Checkouts {
    const state = this.#sources.get(source);
    if (state === undefined) throw new RangeError(`no source of this download: ${source}`);
    return state;
  }
}
