import type { ByteRange } from '../../../../src/download/engine/download-options.ts';
import type { DownloadRunOptions } from '../../../../src/download/download-run.ts';

export interface MemorySinkOptions {
  /** Bytes. */
  readonly size: number;
  /** What was there before, and what it was. */
  readonly present?: readonly ByteRange[] | undefined;
  readonly old?: Buffer | undefined;
}

type Sink = DownloadRunOptions<string>['sink'];

/** A sink in memory that also knows how often each byte was written since it was last opened again. */
export class MemorySink implements Sink {
  readonly data: Buffer;
  readonly present: readonly ByteRange[];
  readonly doubted: ByteRange[] = [];
  writes = 0;
  /** What the next write returns, or what it throws. */
  onWrite: () => Promise<void> | undefined = () => undefined;
  readonly #times: Buffer;

  constructor({ size, present = [], old }: MemorySinkOptions) {
    this.data = Buffer.alloc(size);
    this.present = present;
    this.#times = Buffer.alloc(size);
    for (const [from, to] of present) {
      old?.copy(this.data, from, from, to);
      this.#times.fill(1, from, to);
    }
  }

  /** Each byte was written exactly once, or was there and not written at all. */
  get isWrittenOnce(): boolean {
    return this.#times.equals(Buffer.alloc(this.#times.length, 1));
  }

  /** All of these bytes are there. */
  has([from, to]: ByteRange): boolean {
    return !this.#times.subarray(from, to).includes(0);
  }

  write(offset: number, ...pieces: Buffer[]): Promise<void> | undefined {
    const bytes = Buffer.concat(pieces);
    this.writes += 1;
    const settled = this.onWrite();
    bytes.copy(this.data, offset);
    const times = this.#times.subarray(offset, offset + bytes.length);
    for (let i = 0; i < times.length; i++) times[i] = (times[i] ?? 0) + 1;
    return settled;
  }

  doubt(ranges: readonly ByteRange[]): void {
    this.doubted.push(...ranges);
    for (const [from, to] of ranges) this.#times.fill(0, from, to);
  }
}
