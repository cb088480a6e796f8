/** One bit for each of many chunks. A call is O(1), or looks at eight bits at a time. */
export class Bitmap {
  readonly #bytes: Uint8Array;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
    this.#bytes = new Uint8Array(Math.ceil(length / 8));
  }

  has(index: number): boolean {
    return (((this.#bytes[index >>> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }

  add(index: number): void {
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) | (1 << (index & 7));
  }

  delete(index: number): void {
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) & ~(1 << (index & 7));
  }

  /** Puts [first, end) in: O(1) a byte of the map. */
  addRange(first: number, end: number): void {
    let index = first;
    while (index < end && (index & 7) !== 0) this.add(index++);
    const whole = index + ((end - index) & ~7);
    if (whole > index) this.#bytes.fill(0xff, index >>> 3, whole >>> 3);
    for (index = Math.max(index, whole); index < end; index++) this.add(index);
  }

  /** The first index from `from` on, and before `end`, that is in, or is not in; `end` where there is none. */
  next(isIn: boolean, from: number, end = this.#length): number {
    const other = isIn ? 0x00 : 0xff;
    let index = from;
    while (index < end && this.has(index) !== isIn) {
      if ((index & 7) === 0 && this.#bytes[index >>> 3] === other) index += 8;
      else index += 1;
    }
    return Math.min(index, end);
  }

  /** What is in, or is not in, as inclusive ranges in ascending order. */
  ranges(isIn: boolean): [first: number, last: number][] {
    const ranges: [number, number][] = [];
    for (let first = this.next(isIn, 0); first < this.#length;) {
      const end = this.next(!isIn, first);
      ranges.push([first, end - 1]);
      first = this.next(isIn, end);
    }
    return ranges;
  }
}
