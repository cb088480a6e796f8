import type { RemoteError } from '../../errors.ts';
import type { Chunk, FoundFile, Source } from './chunks.ts';
import type { BackoffTiming } from './source-state.ts';

/** Bytes [from, to). */
export type ByteRange = readonly [from: number, to: number];

/** A chunk, already checked for its length, or why there is none. */
export type Outcome = Buffer | Error;

/** Takes the bytes of neighbouring chunks as they come. */
export interface RunReceiver {
  /** The next bytes, in order. False where the disk lags behind: the others are to wait. */
  take(bytes: Buffer): boolean;
  /** Called once: all has been taken, or why the rest does not come. */
  settle(error?: Error): void;
}

/** What a download needs of the world. */
export interface DownloadOptions<S extends string> {
  readonly file: FoundFile<S>;
  /** Bytes, at least 1. */
  readonly chunkSize: number;
  /** What was there before. */
  readonly present: readonly ByteRange[];
  readonly timing: BackoffTiming;
  /** A source that is gone is tried again until it is back or the download is stopped, not a few times. */
  readonly isPatient?: boolean | undefined;
  /**
   * Asks for one chunk; `settle` is called once. A ConnectionError or ProtocolError means that the chunk is asked for again,
   * here or elsewhere; any other error is a bug and ends the download.
   */
  readonly fetch: (source: Source<S>, chunk: Chunk, settle: (outcome: Outcome) => void) => void;
  /** Whether this source is asked for many neighbouring chunks at once. */
  readonly hasBlocks?: (source: S) => boolean;
  /** Asks for these bytes, whole chunks; errors as those of `fetch`. What was taken before one counts. */
  readonly fetchRun?: (source: Source<S>, range: ByteRange, receiver: RunReceiver) => void;
  /** Takes chunks, as the pieces in which they came. False where the disk lags behind: nothing more is asked for until `diskCaughtUp` is called. */
  readonly write: (offset: number, ...pieces: Buffer[]) => boolean;
  /** These bytes will come and be written again. */
  readonly onReopened: (ranges: readonly ByteRange[]) => void;
  /** Chunks that its program takes at the same time. */
  readonly requestsAtOnce: (source: S) => number;
  /** Seconds, monotonic. */
  readonly now: () => number;
  /** Does something after all that is being done now. */
  readonly defer: (work: () => void) => void;
  /** All chunks are there, or why it ends without them; called once for each `start`. */
  readonly onEnd: (error?: Error) => void;
  readonly onChunkFailed?: (source: S, index: number, error: RemoteError) => void;
  /** @param seconds how long it is left alone */
  readonly onSourceRetired?: (source: S, seconds: number) => void;
  /** A source that was left alone has delivered again. */
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
