import type { ByteRange } from './engine/download-options.ts';

/** Where the chunks of one download land, in any order, until they are a file. */
export interface FileSink {
  /** What an interrupted download has left: ascending, disjoint, not touching. Fixed at creation. */
  readonly present: readonly ByteRange[];
  /** What an interrupted download was told, or the plan says. */
  readonly sha256: string | undefined;
  /**
   * Takes a chunk. Undefined while the disk keeps up, else a promise to wait for before more is asked for.
   * @throws FileError at once or by the promise
   */
  write(offset: number, data: Buffer): Promise<void> | undefined;
  /** Takes note of what the whole should be. */
  expect(sha256: string): void;
  /** These bytes will be written again. */
  doubt(ranges: readonly ByteRange[]): void;
  /**
   * Hexadecimal SHA-256 of the whole, once all of it was written.
   * @throws FileError
   * @throws DownloadError `aborted` soon after an abort
   */
  digest(signal?: AbortSignal): Promise<string>;
  /**
   * Makes the file whole under its final name.
   * @throws FileError the temporary file is gone then
   */
  commit(): Promise<void>;
  /** Keeps what was written for the next download of the same file; resolves with its bytes. */
  suspend(): Promise<number>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** What a sink is to take. Sizes in bytes. */
export interface SinkPlan {
  readonly name: string;
  readonly size: number;
  readonly chunkSize: number;
  readonly sha256?: string | undefined;
  /** Ends a wait for what may belong to another download of the same file. */
  readonly signal?: AbortSignal;
}

export interface Sinks {
  /** @throws FileError `unsafe-name` and whatever the disk says */
  createSink(plan: SinkPlan): Promise<FileSink>;
  /** Remembers the digest of a file that was just received, so that it need not be computed for others. */
  noteDigest(name: string, sha256: string): Promise<void>;
}
