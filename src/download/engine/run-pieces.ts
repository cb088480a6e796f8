import type { Run } from './held-runs.ts';

/** Chunks that are whole, as the pieces in which they came; nothing was joined. */
export interface WholeChunks {
  readonly run: Run;
  /** Where in the file they begin. */
  readonly offset: number;
  readonly pieces: readonly Buffer[];
}

/** Cuts the bytes of a run of chunks at the borders of chunks as they arrive; what belongs to an unfinished chunk waits. */
export class RunPieces {
  readonly #run: Run;
  readonly #offset: number;
  readonly #length: number;
  readonly #chunkSize: number;
  /** Bytes that came, and of these in whole chunks. */
  #taken = 0;
  #whole = 0;
  #tail: Buffer[] = [];

  /**
   * @param range bytes of the file that the run covers
   * @param chunkSize bytes of each chunk, but for the last one of a file
   */
  constructor(run: Run, [from, to]: readonly [from: number, to: number], chunkSize: number) {
    this.#run = run;
    this.#offset = from;
    this.#length = to - from;
    this.#chunkSize = chunkSize;
  }

  /** What is not there as whole chunks; undefined where nothing is missing. */
  get rest(): Run | undefined {
    if (this.#whole === this.#length) return undefined;
    return { first: this.#run.first + this.#whole / this.#chunkSize, end: this.#run.end };
  }

  /** Bytes that have not come. */
  get left(): number {
    return this.#length - this.#taken;
  }

  /** The chunks that are whole with these bytes; undefined where there are none. */
  take(bytes: Buffer): WholeChunks | undefined {
    this.#taken += bytes.length;
    const isEnd = this.#taken === this.#length;
    const whole = isEnd ? this.#length : this.#taken - (this.#taken % this.#chunkSize);
    if (whole === this.#whole) {
      this.#tail.push(bytes);
      return undefined;
    }
    const cut = bytes.length - (this.#taken - whole);
    const pieces = [...this.#tail, bytes.subarray(0, cut)];
    this.#tail = cut === bytes.length ? [] : [bytes.subarray(cut)];
    const offset = this.#offset + this.#whole;
    const first = this.#run.first + this.#whole / this.#chunkSize;
    const end = isEnd ? this.#run.end : this.#run.first + whole / this.#chunkSize;
    this.#whole = whole;
    return { run: { first, end }, offset, pieces };
  }
}

/** The bytes [from, to) of these pieces, which begin at 0. */
export function cutPieces(pieces: readonly Buffer[], from: number, to: number): Buffer[] {
  const cut: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const begin = Math.max(from - at, 0);
    const end = Math.min(to - at, piece.length);
    if (end > begin) cut.push(piece.subarray(begin, end));
    at += piece.length;
  }
  return cut;
}
