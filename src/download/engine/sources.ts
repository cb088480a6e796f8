import type { SourceProgress } from './download-options.ts';
import type { Source } from './chunks.ts';
import { SourceState, type BackoffTiming } from './source-state.ts';

/** A second source is asked for a chunk where the first is expected to take this many times as long for all it owes. */
const END_GAME_ADVANTAGE = 2;

/** And only where the first is expected to take longer than this: what comes soon anyway is not worth asking twice. */
const END_GAME_LEAST_SECONDS = 0.25;

/** The sources of one download, with what it knows of each. */
export class Sources<S extends string> {
  readonly #states = new Map<S, SourceState<S>>();
  /** Those that have delivered, in the order of their first chunks. */
  readonly #givers = new Set<SourceState<S>>();
  readonly #timing: BackoffTiming;
  readonly #isPatient: boolean;

  /** @param isPatient those that are gone are waited for without end */
  constructor(timing: BackoffTiming, isPatient: boolean) {
    this.#timing = timing;
    this.#isPatient = isPatient;
  }

  [Symbol.iterator](): IterableIterator<SourceState<S>> {
    return this.#states.values();
  }

  get size(): number {
    return this.#states.size;
  }

  /** Those that may be asked now. */
  get atWork(): SourceState<S>[] {
    return [...this].filter((state) => state.isReady && !state.isBackingOff && !state.isExcluded);
  }

  /** All have failed again after every backoff, or are excluded. */
  areLost(now: number): boolean {
    const states = [...this];
    // Where some are excluded their content may be the right one after all: that is to be found out, not waited for.
    const isPatient = this.#isPatient && !states.some(({ isExcluded }) => isExcluded);
    return states.every((state) => state.isLost(now, isPatient));
  }

  /** What each has given that was not fetched again elsewhere. */
  get shares(): { source: S; bytes: number }[] {
    return [...this.#givers]
      .filter(({ delivered }) => delivered > 0)
      .map(({ source, delivered }) => ({ source: source.address, bytes: delivered }));
  }

  get progress(): SourceProgress<S>[] {
    return this.atWork.map(({ source, delivered, presentSpeed }) => ({
      source: source.address,
      bytes: delivered,
      bytesPerSecond: presentSpeed,
    }));
  }

  get(address: S): SourceState<S> | undefined {
    return this.#states.get(address);
  }

  add(source: Source<S>): SourceState<S> {
    const state = new SourceState(source, this.#timing, this.#isPatient);
    this.#states.set(source.address, state);
    return state;
  }

  /** A chunk of this one was taken. */
  credit(state: SourceState<S>, bytes: number): void {
    this.#givers.add(state);
    state.delivered += bytes;
  }

  /** Those that take much longer for what they owe than this one would for one chunk more, the slowest first. */
  slowerThan(helper: SourceState<S>, chunkSize: number): Set<S> {
    const own = helper.timeFor(chunkSize);
    if (own === Infinity) return new Set();
    const least = Math.max(own * END_GAME_ADVANTAGE, END_GAME_LEAST_SECONDS);
    const slower = [...this].filter(
      (state) => state !== helper && state.isMeasured && state.timeFor(0) >= least,
    );
    slower.sort((a, b) => b.timeFor(0) - a.timeFor(0));
    return new Set(slower.map(({ source }) => source.address));
  }
}
