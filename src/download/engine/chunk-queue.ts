import { Bitmap } from './bitmap.ts';
import type { Run } from './held-runs.ts';

/** Giver of what was there before anybody was asked: nobody knows any more who that was. */
export const THERE_BEFORE = 0;

/** One byte a chunk names its giver. */
export const MAX_GIVER = 255;

const NONE: readonly Run[] = [];

/**
 * Which chunks are done, by whose gift, and which wait to be asked for: those never asked for first, then those that came back.
 * Cost: O(1) for a chunk, and for a run eight chunks at a time; `giveBack` looks at each of its chunks, `reopen` at all; two
 * bits and a byte a chunk.
 */
export class ChunkQueue {
  readonly chunks: number;
  readonly #done: Bitmap;
  /** Done, asked for, or waiting in `#returned`. */
  readonly #taken: Bitmap;
  readonly #givers: Uint8Array;
  readonly #returned: Run[] = [];
  #returnedHead = 0;
  #nextNew = 0;
  #completed = 0;

  constructor(chunks: number) {
    this.chunks = chunks;
    this.#done = new Bitmap(chunks);
    this.#taken = new Bitmap(chunks);
    this.#givers = new Uint8Array(chunks);
  }

  get completed(): number {
    return this.#completed;
  }

  isDone(index: number): boolean {
    return this.#done.has(index);
  }

  /** The chunks not completed, as inclusive ranges in ascending order. */
  missing(): [first: number, last: number][] {
    return this.#done.ranges(false);
  }

  /** Chunks that need not be asked for, as far as nobody was. */
  addPresent({ first, end }: Run): void {
    for (let from = this.#taken.next(false, first, end); from < end;) {
      const to = this.#taken.next(true, from, end);
      this.#taken.addRange(from, to);
      this.#finish({ first: from, end: to }, THERE_BEFORE);
      from = this.#taken.next(false, to, end);
    }
  }

  /** At most so many neighbouring chunks that nobody is asked for; undefined where there are none. */
  take(most: number): Run | undefined {
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

  /** Takes chunks as done, and returns those that were not yet. */
  complete(run: Run, giver: number): readonly Run[] {
    // The usual case where chunks are asked for one by one.
    if (run.end - run.first === 1) {
      if (this.#done.has(run.first)) return NONE;
      this.#done.add(run.first);
      this.#givers[run.first] = giver;
      this.#completed += 1;
      return [run];
    }
    const wanted: Run[] = [];
    for (let first = this.#done.next(false, run.first, run.end); first < run.end;) {
      const piece = { first, end: this.#done.next(true, first, run.end) };
      this.#finish(piece, giver);
      wanted.push(piece);
      first = this.#done.next(false, piece.end, run.end);
    }
    return wanted;
  }

  /** What of these chunks is neither done nor held by anybody waits for the next one that asks. */
  giveBack({ first, end }: Run, isHeld: (index: number) => boolean): void {
    const isFree = (index: number) => !this.#done.has(index) && !isHeld(index);
    for (let from = first; from < end; from++) {
      if (!isFree(from)) continue;
      let to = from + 1;
      while (to < end && isFree(to)) to += 1;
      this.#returned.push({ first: from, end: to });
      from = to;
    }
  }

  /**
   * Opens the chunks anew that this one gave, and returns them as inclusive ranges in ascending order. A chunk that somebody
   * else is still asked for is waited for; any other is as one never asked for.
   */
  reopen(giver: number, isHeld: (index: number) => boolean): [first: number, last: number][] {
    const ranges: [number, number][] = [];
    for (const [first, last] of this.#done.ranges(true)) {
      for (let index = first; index <= last; index++) {
        if (this.#givers[index] !== giver) continue;
        this.#done.delete(index);
        this.#completed -= 1;
        if (!isHeld(index)) this.#taken.delete(index);
        const range = ranges.at(-1);
        if (range?.[1] === index - 1) range[1] = index;
        else ranges.push([index, index]);
      }
    }
    this.#nextNew = 0;
    return ranges;
  }

  #finish({ first, end }: Run, giver: number): void {
    this.#done.addRange(first, end);
    this.#givers.fill(giver, first, end);
    this.#completed += end - first;
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
}
