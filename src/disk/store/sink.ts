import type { ByteRange } from './byte-ranges.ts';

/** What a sink is to take. */
export interface SinkPlan {
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of each chunk but the last. */
  readonly chunkSize: number;
  /** What the sources say the whole has, in lower-case hexadecimal digits, where known. */
  readonly sha256?: string | undefined;
}

/** Where the chunks of one download land. Whoever created it must end it with `commit`, `suspend` or `discard`. */
export interface Sink {
  /** What an interrupted download has left: ascending, disjoint, not touching. Fixed at creation. */
  readonly present: readonly ByteRange[];
  /** What the whole should have: as `expect` told last, the interrupted download knew, or the plan says. */
  readonly sha256: string | undefined;
  /**
   * Takes a chunk, in any order; a byte that comes again replaces the former. The buffer belongs to the sink from then
   * on. Undefined while the disk keeps up, else a promise: wait for it before the next is asked for.
   * Rejects with FileError `disk-full`, `no-permission`, `out-of-range`, `io`; from then on every call does.
   */
  write(offset: number, data: Buffer): Promise<void> | undefined;
  /** The digest has become known. */
  expect(sha256: string): void;
  /** These bytes are not trusted any more, and will be written again. */
  doubt(ranges: readonly ByteRange[]): void;
  /**
   * SHA-256 of the whole, once all of it was written, in lower-case hexadecimal digits.
   * @throws FileError as `write`; `io` where bytes are missing, which can still come
   */
  digest(): Promise<string>;
  /**
   * All chunks are there: the file takes its name, in place of an older one.
   * @throws FileError as `write`, `not-a-file` where a folder has that name, `not-found` where the shared folder has gone,
   *   `name-twin` where the file system takes the name for another file's
   */
  commit(): Promise<void>;
  /**
   * Keeps what is there for the next download of the same file; resolves with its bytes. 0: there were none, the disk
   * has failed or the sink had ended, and nothing stays. Never throws.
   */
  suspend(): Promise<number>;
  /** Forgets the download; nothing happens after a commit or a suspension. Never throws. */
  discard(): Promise<void>;
}
