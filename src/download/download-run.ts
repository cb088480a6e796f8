import type { Chunk, Source } from './engine/chunks.ts';
import type { ByteRange, DownloadOptions, Outcome } from './engine/download-options.ts';
import { Download } from './engine/download.ts';
import { DownloadError, FileError } from '../errors.ts';
import type { FileSink } from './file-sink.ts';

type FromOutside = 'present' | 'write' | 'onReopened' | 'fetch' | 'fetchRun' | 'defer' | 'onEnd';

export interface DownloadRunOptions<S extends string> extends Omit<DownloadOptions<S>, FromOutside> {
  readonly sink: Pick<FileSink, 'present' | 'write' | 'doubt'>;
  /**
   * Asks for one chunk, as in DownloadOptions.
   * @param signal aborted when the run is over
   */
  readonly fetch: (
    source: Source<S>,
    chunk: Chunk,
    signal: AbortSignal,
    settle: (outcome: Outcome) => void,
  ) => void;
  /**
   * Asks for neighbouring chunks, as in DownloadOptions.
   * @param take returns what the next bytes are to wait for
   */
  readonly fetchRun?: (
    source: Source<S>,
    range: ByteRange,
    take: (bytes: Buffer) => Promise<void> | undefined,
    settle: (error?: Error) => void,
  ) => void;
  /** Called once for each source before its first chunk is asked. Does not reject. */
  readonly prepare?: (source: Source<S>, signal: AbortSignal) => Promise<void>;
  /** What the first chunk waits for, beside the preparation of all sources; for all of them by default. */
  readonly beforeFirst?: (prepared: Promise<unknown>, signal: AbortSignal) => Promise<unknown>;
}

/** The engine with all that takes time around it: connections that are prepared, a disk that lags behind, an abort. */
export class DownloadRun<S extends string> {
  readonly engine: Download<S>;
  readonly #options: DownloadRunOptions<S>;
  /** Sources of which nobody has prepared the connection yet. */
  readonly #unprepared = new Set<Source<S>>();
  #stop = new AbortController();
  #finish: ((error?: Error) => void) | undefined;
  #writing: Promise<unknown> | undefined;

  constructor(options: DownloadRunOptions<S>) {
    this.#options = options;
    const { sink, fetch, fetchRun } = options;
    this.engine = new Download({
      ...options,
      present: sink.present,
      fetch: (source, chunk, settle) => fetch(source, chunk, this.#stop.signal, settle),
      fetchRun: (source, range, receiver) => {
        const take = (bytes: Buffer) => (receiver.take(bytes) ? undefined : this.#diskReady);
        fetchRun?.(source, range, take, (error) => receiver.settle(error));
      },
      write: (offset, ...pieces) => this.#write(offset, pieces),
      onReopened: (ranges) => sink.doubt(ranges),
      defer: queueMicrotask,
      onEnd: (error) => this.#onEnd(error),
    });
    for (const source of options.file.sources) this.#unprepared.add(source);
  }

  /** One more source, found while it runs; nothing where it is one already. */
  add(source: Source<S>): void {
    if (!this.engine.add(source)) return;
    this.#unprepared.add(source);
    if (this.#finish !== undefined) void this.#prepare(source);
  }

  /**
   * Fetches all chunks that are missing. May be called again after it has ended and chunks were reopened.
   * @throws DownloadError `no-sources`, `aborted`, `disk` (the FileError is its cause)
   */
  async run(signal?: AbortSignal): Promise<void> {
    this.#stop = new AbortController();
    const end = new Promise<Error | undefined>((resolve) => (this.#finish = resolve));
    const onAbort = () => this.#finish?.(new DownloadError('aborted', this.engine.missing));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else void this.#begin(this.#stop.signal);
    const error = await end;
    this.#finish = undefined;
    this.engine.stop();
    signal?.removeEventListener('abort', onAbort);
    this.#stop.abort();
    // Nobody writes to the sink once we have returned.
    await this.#writing;
    if (error === undefined) return;
    if (!(error instanceof FileError)) throw error;
    throw new DownloadError('disk', this.engine.missing, { cause: error });
  }

  /** The first chunk is asked for once all are prepared; a source that is not in time begins when it is. */
  async #begin(signal: AbortSignal): Promise<void> {
    if (!this.engine.isDone && this.#unprepared.size > 0) {
      const prepared = Promise.all([...this.#unprepared].map((source) => this.#prepare(source)));
      await (this.#options.beforeFirst?.(prepared, signal) ?? prepared);
    }
    if (!signal.aborted) this.engine.start();
  }

  async #prepare(source: Source<S>): Promise<void> {
    this.#unprepared.delete(source);
    await this.#options.prepare?.(source, this.#stop.signal);
    this.engine.ready(source.address);
  }

  #onEnd(error: Error | undefined): void {
    if (error !== undefined) return this.#finish?.(error);
    if (this.#writing === undefined) this.#finish?.();
  }

  /** Settles when the disk has taken what it lags behind with, or has failed. */
  get #diskReady(): Promise<void> | undefined {
    return this.#writing?.then(
      () => undefined,
      () => undefined,
    );
  }

  #write(offset: number, pieces: readonly Buffer[]): boolean {
    try {
      const write = this.#options.sink.write(offset, ...pieces);
      if (write === undefined) return true;
      this.#lagBehind(write);
    } catch (error) {
      this.#finish?.(error as Error);
    }
    return false;
  }

  #lagBehind(write: Promise<void>): void {
    const all = this.#writing === undefined ? write : Promise.all([this.#writing, write]);
    const writing = all.then(
      () => {
        if (this.#writing !== writing) return;
        this.#writing = undefined;
        this.engine.diskCaughtUp();
        if (this.engine.isDone) this.#finish?.();
        // Something was opened again meanwhile.
        else if (this.#finish !== undefined) this.engine.start();
      },
      (error: unknown) => this.#finish?.(error as Error),
    );
    this.#writing = writing;
  }
}
