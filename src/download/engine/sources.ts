import { END_GAME_ADVANTAGE, END_GAME_LEAST_MS } from '../../limits.ts';
import type { SourceProgress } from './download-options.ts';
import type { Source } from './plan.ts';
import { SourceState } from './source-state.ts';

/** The sources of one download, with what it knows of each. */
export class Sources<S extends string> {
  readonly #states = new Map<S, SourceState<S>>();
  /** Those that have delivered, in the order of their first chunks. */
  readonly #givers = new Set<SourceState<S>>();

  [Symbol.iterator](): IterableIterator<SourceState<S>> {
    return this.#states.values();
  }

  get size(): number {
    return this.#states.size;
  }

  /** Those that may be asked now. */
  get atWork(): SourceState<S>[] {
    return [...this].filter((state) => state.isReady && !state.isResting && !state.isExcluded);
  }

  /** All have failed again after every rest, or are excluded. */
  get areLost(): boolean {
    return [...this].every(({ isLost }) => isLost);
  }

  /** What each has given, but for those that turned out to have something else. */
  get shares(): { source: S; bytes: number }[] {
    return [...this.#givers]
      .filter(({ isExcluded }) => !isExcluded)
      .map(({ source, delivered }) => ({ source: source.address, bytes: delivered }));
  }

  get progress(): SourceProgress<S>[] {
    return this.atWork.map(({ source, delivered, speed }) => ({
      source: source.address,
      bytes: delivered,
      bytesPerSecond: speed.value ?? 0,
    }));
  }

  get(address: S): SourceState<S> | undefined {
    return this.#states.get(address);
  }

  add(source: Source<S>): SourceState<S> {
    const state = new SourceState(source);
    this.#states.set(source.address, state);
    return state;
  }

  /** A chunk of this one was taken. */
  credit(state: SourceState<S>, bytes: number): void {
    if (state.delivered === 0) this.#givers.add(state);
    state.delivered += bytes;
  }

  /** Those that take much longer for what they owe than this one would for one chunk more, the slowest first. */
  slowerThan(helper: SourceState<S>, chunkSize: number): Set<S> {
    const own = helper.timeFor(chunkSize);
    if (own === Infinity) return new Set();
    const least = Math.max(own * END_GAME_ADVANTAGE, END_GAME_LEAST_MS / 1000);
    const slower = [...this].filter(
      (state) => state !== helper && state.isMeasured && state.timeFor(0) >= least,
    );
    slower.sort((a, b) => b.timeFor(0) - a.timeFor(0));
    return new Set(slower.map(({ source }) => source.address));
  }
}
