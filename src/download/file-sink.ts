import type { ByteRange } from './engine/download-options.ts';

/** Where the chunks of one download land, in any order, until they are a file. */
export interface FileSink {
  /** What an interrupted download has left: ascending, disjoint, not touching. Fixed at creation. */
  readonly present: readonly ByteRange[];
  /** What an interrupted download was told, or the plan says. */
  readonly sha256: string | undefined;
  /**
   * Takes chunks, in pieces that follow each other. Undefined while the disk keeps up, else a promise to wait for before more is asked for.
   * @throws FileError at once or by the promise
   */
  write(offset: number, ...pieces: Buffer[]): Promise<void> | undefined;
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
   * @throws FileError `exists` where no name is free; the temporary file is gone then
   */
  commit(): Promise<Placed>;
  /** Keeps what was written for the next download of the same file; resolves with its bytes. */
  suspend(): Promise<number>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Where a download has gone to. */
export interface Placed {
  /** Another one than in the plan where that was taken, and was not to be replaced. */
  readonly name: string;
  /** Bytes of the file that had the name before. */
  readonly replaced: number | undefined;
}

/** What becomes of the file that has the name of a download already; `rename`: it stays, and the new one gets another name. */
export type Existing = 'replace' | 'rename';

/** What a sink is to take. Sizes in bytes. */
export interface SinkPlan {
  readonly name: string;
  readonly size: number;
  readonly chunkSize: number;
  readonly sha256?: string | undefined;
  /** `replace` where nothing else is said. */
  readonly existing?: Existing | undefined;
  /** Ends a wait for what may belong to another download of the same file. */
  readonly signal?: AbortSignal;
}

export interface Sinks {
  /** @throws FileError `unsafe-name` and whatever the disk says */
  createSink(plan: SinkPlan): Promise<FileSink>;
  /** Remembers the digest of a file that was just received, so that it need not be computed for others. */
  noteDigest(name: string, sha256: string): Promise<void>;
}
