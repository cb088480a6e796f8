/** Neighbouring chunks: the indexes [first, end). */
export interface Run {
  readonly first: number;
  readonly end: number;
}

/**
 * What one source was asked for and still owes: runs that do not overlap, in the order in which they were asked for. A run
 * that arrives from its front keeps its place in that order.
 * Cost: a call is O(1) where chunks are asked for one by one; among long runs, of which there are few, it is a search.
 */
export class HeldRuns {
  /** The first chunk of each run, by its end. */
  readonly #firsts = new Map<number, number>();
  /** Ends of the runs of more than one chunk. */
  readonly #long = new Set<number>();

  *[Symbol.iterator](): Generator<Run> {
    for (const [end, first] of this.#firsts) yield { first, end };
  }

  /** Where the runs end, in the order in which they were asked for. */
  get ends(): number[] {
    return [...this.#firsts.keys()];
  }

  /** The first chunk of the run that ends there, undefined where none does. */
  firstOf(end: number): number | undefined {
    return this.#firsts.get(end);
  }

  has(index: number): boolean {
    return (
      this.#firsts.has(index + 1) || (this.#long.size > 0 && this.#endOver(index, index + 1) !== undefined)
    );
  }

  add({ first, end }: Run): void {
    this.#set(first, end);
  }

  /** Takes these chunks out; false where they do not all belong to one run. */
  remove({ first, end }: Run): boolean {
    const from = this.#firsts.get(end);
    if (from === first) {
      this.#delete(end);
      return true;
    }
    const to = from !== undefined && from <= first ? end : this.#endOver(first, end);
    if (to === undefined) return false;
    const begin = this.#firsts.get(to) ?? first;
    if (to > end) this.#set(end, to);
    else this.#delete(to);
    if (begin < first) this.#set(begin, first);
    return true;
  }

  /** The end of the long run that holds all these chunks. */
  #endOver(first: number, end: number): number | undefined {
    for (const to of this.#long) if (to >= end && (this.#firsts.get(to) ?? Infinity) <= first) return to;
    return undefined;
  }

  #set(first: number, end: number): void {
    this.#firsts.set(end, first);
    if (end - first > 1) this.#long.add(end);
    else if (this.#long.size > 0) this.#long.delete(end);
  }

  #delete(end: number): void {
    this.#firsts.delete(end);
    if (this.#long.size > 0) this.#long.delete(end);
  }
}
