import { ConnectionError, DownloadError, FileError, ProtocolError } from '../errors.ts';
import { MAX_IN_FLIGHT_BYTES, MAX_SOURCE_FAILURES } from '../limits.ts';
import { chunkAt, chunkCount, type Chunk, type FoundFile, type Source } from './plan.ts';
import { Scheduler } from './scheduler.ts';

/** Where chunks land, in any order, each byte once. The disk's partial file is one. */
export interface Sink {
  /** @throws FileError */
  write(offset: number, data: Buffer): Promise<void>;
}

/** What a download needs of the world. */
export interface DownloadOptions<S extends string> {
  readonly file: FoundFile<S>;
  /** Bytes, at least 1. */
  readonly chunkSize: number;
  readonly sink: Sink;
  /**
   * Fetches one chunk, already checked for its length.
   * @throws ConnectionError, ProtocolError the chunk is asked for again, here or elsewhere
   */
  readonly fetch: (source: Source<S>, chunk: Chunk, signal: AbortSignal) => Promise<Buffer>;
  /** Called once for each source before its first chunk is asked. Does not reject. */
  readonly prepare?: (source: Source<S>, signal: AbortSignal) => Promise<void>;
  /** How long sources that are ready wait for the others to be prepared; for all of them by default. */
  readonly patience?: () => Promise<void>;
  /** Chunks that may be asked of a source at the same time; all sources together are bound by MAX_IN_FLIGHT_BYTES. */
  readonly requestsAtOnce: (source: S) => number;
  /** Seconds, monotonic. */
  readonly now: () => number;
  readonly onChunkFailed?: (source: S, index: number, error: ConnectionError | ProtocolError) => void;
  readonly onSourceRetired?: (source: S) => void;
}

export interface Progress {
  readonly bytes: number;
  readonly seconds: number;
  readonly sources: number;
}

/** Whoever was silent for seconds has held up a chunk for seconds: two of these are enough. */
const TIMEOUTS: readonly string[] = ['reply-timeout', 'connect-timeout'];
const TIMEOUT_POINTS = MAX_SOURCE_FAILURES - 1;

/**
 * One download: lanes of requests to every source that all draw from one scheduler. Each source has a few lanes,
 * each lane one chunk in flight; a lane with nothing to do sleeps until a chunk comes back or all is done.
 * Recoverable errors stay inside; a disk error, abort or the last source's end stops all lanes at once.
 */
export class Download<S extends string> {
  readonly #options: DownloadOptions<S>;
  readonly #scheduler: Scheduler<S>;
  readonly #stop = new AbortController();
  readonly #blamed = new WeakSet<Error>();
  #sleepers: (() => void)[] = [];
  readonly #delivered = new Set<S>();
  #bytes = 0;
  /** Seconds; undefined before the first request. */
  #startedAt: number | undefined;
  #inFlight = 0;
  readonly #mostInFlight: number;
  #lastChunkAt = 0;

  constructor(options: DownloadOptions<S>) {
    this.#options = options;
    const { file, chunkSize } = options;
    // A few sources are kept busy whatever the chunk size.
    this.#mostInFlight = Math.max(
      Math.min(4, file.sources.length),
      Math.floor(MAX_IN_FLIGHT_BYTES / chunkSize),
    );
    this.#scheduler = new Scheduler(
      chunkCount(file.size, chunkSize),
      file.sources.map(({ address }) => address),
    );
  }

  get chunks(): number {
    return this.#scheduler.chunks;
  }

  /** The sources that a chunk was taken from, in the order of the first. */
  get delivered(): S[] {
    return [...this.#delivered];
  }

  progress(): Progress {
    return {
      bytes: this.#bytes,
      seconds: this.#startedAt === undefined ? 0 : this.#options.now() - this.#startedAt,
      sources: this.#scheduler.activeSources.length,
    };
  }

  /**
   * Fetches all chunks and returns the seconds from the first request to the last chunk received.
   * @throws DownloadError `no-sources`, `aborted`, `disk` (the FileError is its cause)
   */
  async run(signal?: AbortSignal): Promise<number> {
    const { file } = this.#options;
    const stop = () => this.#halt();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    // All lanes are waited for, also after a failure: nobody writes to the sink once we have returned.
    const ends = await Promise.allSettled(await this.#startLanes(file.sources));
    signal?.removeEventListener('abort', stop);
    this.#halt();
    for (const end of ends) {
      if (end.status === 'fulfilled') continue;
      if (!(end.reason instanceof FileError)) throw end.reason;
      throw new DownloadError('disk', this.#scheduler.missing(), { cause: end.reason });
    }
    if (!this.#scheduler.isDone) {
      throw new DownloadError(signal?.aborted ? 'aborted' : 'no-sources', this.#scheduler.missing());
    }
    return this.#lastChunkAt - (this.#startedAt ?? this.#lastChunkAt);
  }

  /**
   * The lanes of all sources: first one of each, then the second of each, and so on, so that a file of few chunks comes
   * from all of them too. Who is not prepared in time begins when it is.
   */
  async #startLanes(sources: readonly Source<S>[]): Promise<Promise<void>[]> {
    const { prepare, requestsAtOnce, patience } = this.#options;
    const prepared = sources.map((source) => prepare?.(source, this.#stop.signal) ?? Promise.resolve());
    const isReady = new Set<Source<S>>();
    const marked = prepared.map((ready, at) => ready.then(() => isReady.add(sources[at] as Source<S>)));
    await Promise.race([Promise.all(marked), patience?.() ?? new Promise(() => undefined)]);
    const late = sources.flatMap((source, at) =>
      isReady.has(source) ? [] : [prepared[at]?.then(() => this.#drain(source))],
    );
    const ready = [...isReady].map((source) => ({ source, lanes: requestsAtOnce(source.address) }));
    const most = Math.max(0, ...ready.map(({ lanes }) => lanes));
    const lanes = Array.from({ length: most }, (_, place) =>
      ready.filter((each) => place < each.lanes).map(({ source }) => this.#lane(source, place)),
    );
    return [...lanes.flat(), ...late.filter((lane) => lane !== undefined)];
  }

  /** All lanes of one source. */
  async #drain(source: Source<S>): Promise<void> {
    const lanes = Array.from({ length: this.#options.requestsAtOnce(source.address) }, (_, place) =>
      this.#lane(source, place),
    );
    for (const end of await Promise.allSettled(lanes)) if (end.status === 'rejected') throw end.reason;
  }

  async #lane(source: Source<S>, place: number): Promise<void> {
    const { address } = source;
    // A source may turn out to take fewer requests at once than it seemed to.
    const isNeeded = () => place === 0 || place < this.#options.requestsAtOnce(address);
    while (
      !this.#stop.signal.aborted &&
      !this.#scheduler.isDone &&
      !this.#scheduler.isRetired(address) &&
      isNeeded()
    ) {
      const index = this.#inFlight < this.#mostInFlight ? this.#scheduler.checkout(address) : undefined;
      if (index === undefined) {
        await this.#sleep();
        continue;
      }
      this.#inFlight += 1;
      await this.#fetch(source, index);
      this.#inFlight -= 1;
      if (this.#inFlight === this.#mostInFlight - 1) this.#wakeAll();
    }
  }

  async #fetch(source: Source<S>, index: number): Promise<void> {
    const { file, chunkSize, fetch, sink, now } = this.#options;
    if (this.#startedAt === undefined) this.#startedAt = this.#lastChunkAt = now();
    const chunk = chunkAt(index, file.size, chunkSize);
    try {
      const data = await fetch(source, chunk, this.#stop.signal);
      if (!this.#scheduler.complete(source.address, index)) return;
      this.#lastChunkAt = now();
      this.#bytes += data.length;
      this.#delivered.add(source.address);
      if (this.#scheduler.isDone) this.#wakeAll();
      await sink.write(chunk.offset, data);
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof ProtocolError)
        this.#failed(source.address, index, error);
      else {
        // The disk refuses, or there is a bug: no use in fetching more.
        this.#halt();
        throw error;
      }
    }
  }

  #failed(source: S, index: number, error: ConnectionError | ProtocolError): void {
    // A connection that ends takes many requests with it, all with the same error: that is one failure.
    const isTold = this.#blamed.has(error);
    this.#blamed.add(error);
    if (isTold || this.#stop.signal.aborted || this.#scheduler.isRetired(source)) {
      this.#scheduler.release(source, index);
    } else {
      this.#options.onChunkFailed?.(source, index, error);
      const points = TIMEOUTS.includes(error.code) ? TIMEOUT_POINTS : 1;
      if (this.#scheduler.fail(source, index, points)) this.#options.onSourceRetired?.(source);
    }
    this.#wakeAll();
  }

  #halt(): void {
    this.#stop.abort();
    this.#wakeAll();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  #wakeAll(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
