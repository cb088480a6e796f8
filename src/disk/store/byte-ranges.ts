import type { ByteRange } from '../../download/engine/download-options.ts';

/**
 * A set of bytes as ascending ranges that neither overlap nor touch. Costs memory by the number of ranges, not by their
 * length; bytes that go on where the last range ends, or any other one, cost no more than a search.
 */
export class ByteRanges {
  /** Where ranges begin (even index) and end (odd index), strictly ascending. */
  readonly #edges: number[] = [];

  /** Where the bytes that are there from the very first one on end; 0 where the first one is missing. */
  get prefix(): number {
    return this.#edges[0] === 0 ? (this.#edges[1] ?? 0) : 0;
  }

  /** How many bytes there are. */
  get total(): number {
    return this.#edges.reduce((sum, edge, index) => (index % 2 === 0 ? sum - edge : sum + edge), 0);
  }

  /** Whether all these bytes are there. */
  has(from: number, to: number): boolean {
    const index = this.#firstAtLeast(from + 1);
    return to <= from || (index % 2 === 1 && (this.#edges[index] ?? 0) >= to);
  }

  add(from: number, to: number): void {
    if (to <= from) return;
    const last = this.#edges.length - 1;
    if (this.#edges[last] === from) this.#edges[last] = to;
    else this.#replace(from, to, 0);
  }

  remove(from: number, to: number): void {
    if (to > from) this.#replace(from, to, 1);
  }

  list(): ByteRange[] {
    const ranges: ByteRange[] = [];
    for (let at = 0; at < this.#edges.length; at += 2) {
      ranges.push([this.#edges[at] ?? 0, this.#edges[at + 1] ?? 0]);
    }
    return ranges;
  }

  /** Takes the edges from `from` to `to` away; these become edges themselves where the parity says that one is due. */
  #replace(from: number, to: number, parity: 0 | 1): void {
    const begin = this.#firstAtLeast(from);
    const end = this.#firstAtLeast(to + 1);
    const edges: number[] = [];
    if (begin % 2 === parity) edges.push(from);
    if (end % 2 === parity) edges.push(to);
    this.#edges.splice(begin, end - begin, ...edges);
  }

  /** The index of the first edge that is not below a position. */
  #firstAtLeast(position: number): number {
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#edges[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
