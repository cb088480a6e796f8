import { MAX_SOURCE_FAILURES } from '../limits.ts';

/** What a good chunk gives back of a source's failure points. */
const FORGIVENESS = 0.25;

interface SourceState {
  failures: number;
  retired: boolean;
  /** Chunks checked out and not yet answered for. */
  readonly held: Set<number>;
}

/**
 * Which chunk next, for whom: one checkout queue that all sources share.
 *
 * A source asks, gets a chunk, and completes it or gives it back; a fast source simply asks more often, so there is
 * nothing to rebalance. A chunk is held by one source at a time and completes exactly once. One that came back
 * waits behind those never asked for, so a bad one cannot hold up the rest.
 * What never happens here: promises, timers, the time of day, chance.
 * Cost: every call is O(1), apart from `retire` (what that source holds) and `missing` (all chunks); one bit a chunk.
 */
export class Scheduler<S extends string = string> {
  readonly chunks: number;
  readonly #done: Uint8Array;
  readonly #sources = new Map<S, SourceState>();
  readonly #returned: number[] = [];
  #returnedHead = 0;
  #nextNew = 0;
  #completed = 0;

  constructor(chunks: number, sources: readonly S[]) {
    this.chunks = chunks;
    this.#done = new Uint8Array(Math.ceil(chunks / 8));
    for (const source of sources) this.#sources.set(source, { failures: 0, retired: false, held: new Set() });
  }

  get completed(): number {
    return this.#completed;
  }

  get isDone(): boolean {
    return this.#completed === this.chunks;
  }

  /** The sources that are still asked. */
  get activeSources(): S[] {
    return [...this.#sources].filter(([, { retired }]) => !retired).map(([source]) => source);
  }

  isRetired(source: S): boolean {
    return this.#state(source).retired;
  }

  /** The index of a chunk for this source to fetch, undefined where there is none now or the source is retired. */
  checkout(source: S): number | undefined {
    const state = this.#state(source);
    if (state.retired) return undefined;
    const index = this.#take();
    if (index !== undefined) state.held.add(index);
    return index;
  }

  /** Takes a fetched chunk as done. False where the source did not hold it (any more): its bytes are not wanted. */
  complete(source: S, index: number): boolean {
    const state = this.#state(source);
    if (!state.held.delete(index)) return false;
    state.failures = Math.max(0, state.failures - FORGIVENESS);
    this.#done[index >> 3] = (this.#done[index >> 3] ?? 0) | (1 << (index & 7));
    this.#completed += 1;
    return true;
  }

  /** Puts a chunk back without blame. */
  release(source: S, index: number): void {
    if (this.#state(source).held.delete(index)) this.#returned.push(index);
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

  /** The chunks not completed, as inclusive ranges in ascending order. */
  missing(): [first: number, last: number][] {
    const ranges: [number, number][] = [];
    for (let index = 0; index < this.chunks; index++) {
      if (((this.#done[index >> 3] ?? 0) >> (index & 7)) & 1) continue;
      const range = ranges.at(-1);
      if (range?.[1] === index - 1) range[1] = index;
      else ranges.push([index, index]);
    }
    return ranges;
  }

  #take(): number | undefined {
    if (this.#nextNew < this.chunks) return this.#nextNew++;
    const index = this.#returned[this.#returnedHead];
    if (index === undefined) return undefined;
    this.#returnedHead += 1;
    if (this.#returnedHead === this.#returned.length) {
      this.#returned.length = 0;
      this.#returnedHead = 0;
    }
    return index;
  }

  #state(source: S): SourceState {
    const state = this.#sources.get(source);
    if (state === undefined) throw new RangeError(`no source of this download: ${source}`);
    return state;
  }
}
