import type { ConnectionError, ProtocolError } from '../../errors.ts';
import type { Chunk, FoundFile, Source } from './plan.ts';

/** Bytes [from, to). */
export type ByteRange = readonly [from: number, to: number];

/** Where chunks land, in any order. The disk's partial file is one. */
export interface Sink {
  /** What was there before. */
  readonly present: readonly ByteRange[];
  /**
   * Takes a chunk. Undefined while the disk keeps up, else a promise to wait for before more is asked for.
   * @throws FileError at once or by the promise
   */
  write(offset: number, data: Buffer): Promise<void> | undefined;
  /** These bytes will be written again. */
  doubt(ranges: readonly ByteRange[]): void;
}

/** A chunk, already checked for its length, or why there is none. */
export type Outcome = Buffer | Error;

/** What a download needs of the world. */
export interface DownloadOptions<S extends string> {
  readonly file: FoundFile<S>;
  /** Bytes, at least 1. */
  readonly chunkSize: number;
  readonly sink: Sink;
  /**
   * Asks for one chunk; `settle` is called once. A ConnectionError or ProtocolError means that the chunk is asked for again,
   * here or elsewhere; any other error is a bug and ends the download.
   */
  readonly fetch: (
    source: Source<S>,
    chunk: Chunk,
    signal: AbortSignal,
    settle: (outcome: Outcome) => void,
  ) => void;
  /** Called once for each source before its first chunk is asked. Does not reject. */
  readonly prepare?: (source: Source<S>, signal: AbortSignal) => Promise<void>;
  /** How long sources that are ready wait for the others to be prepared; for all of them by default. */
  readonly patience?: () => Promise<void>;
  /** Chunks that its program takes at the same time. */
  readonly requestsAtOnce: (source: S) => number;
  /** Seconds, monotonic. */
  readonly now: () => number;
  readonly onChunkFailed?: (source: S, index: number, error: ConnectionError | ProtocolError) => void;
  /** @param seconds how long it rests */
  readonly onSourceRetired?: (source: S, seconds: number) => void;
  readonly onSourceReturned?: (source: S) => void;
}

export interface SourceProgress<S extends string> {
  readonly source: S;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

export interface Progress<S extends string> {
  /** Of chunks that are done: received by this run, and there before it. */
  readonly bytes: number;
  readonly resumed: number;
  readonly seconds: number;
  /** Those that are asked now. */
  readonly sources: readonly SourceProgress<S>[];
}
