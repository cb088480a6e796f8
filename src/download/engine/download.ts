import { ConnectionError, DownloadError, FileError, ProtocolError } from '../../errors.ts';
import { MAX_IN_FLIGHT_BYTES, MAX_SOURCE_FAILURES } from '../../limits.ts';
import { Account } from './account.ts';
import { Backpressure } from './backpressure.ts';
import { Blame } from './blame.ts';
import type { DownloadOptions, Outcome, Progress } from './download-options.ts';
import { chunkAt, chunkCount, chunksWithin, type Chunk, type Source } from './plan.ts';
import { Scheduler } from './scheduler.ts';
import type { SourceState } from './source-state.ts';
import { Sources } from './sources.ts';
import { Trust } from './trust.ts';

/**
 * Whoever was silent for seconds has held up all that was asked of it, and where nobody listens nobody will in the next
 * millisecond: no second try without a rest.
 */
const NO_SECOND_TRY: readonly string[] = [
  'reply-timeout',
  'connect-timeout',
  'refused',
  'unreachable',
  'unknown-host',
];

/**
 * One download: every source is asked for as much as it sends in a while (its window), all out of one scheduler.
 *
 * Driven by what happens: an answer asks for the next chunk in the same turn, and `tick`, called at an interval, does what
 * time alone brings (rests that are over, speeds, the end game). In the end game an idle source fetches as well what a
 * slower one would deliver later; the first answer counts.
 * Recoverable errors stay inside; a disk error, an abort, or the loss of every source ends it. No timer, no socket, no disk.
 * Cost: nothing that grows with the file is done per chunk.
 */
export class Download<S extends string> {
  readonly #options: DownloadOptions<S>;
  readonly #scheduler: Scheduler<S>;
  readonly #sources = new Sources<S>();
  readonly #trust: Trust<S>;
  readonly #account = new Account();
  readonly #blame = new Blame();
  #stop = new AbortController();
  #finish: ((error?: Error) => void) | undefined;
  #asked = 0;
  /** Sources that share MAX_IN_FLIGHT_BYTES. */
  #sharers = 1;
  readonly #disk = new Backpressure(
    () => (this.isDone ? this.#finish?.() : this.#fillSoon()),
    (error) => this.#finish?.(error as Error),
  );
  #isFillDue = false;
  #isPatient = true;

  constructor(options: DownloadOptions<S>) {
    this.#options = options;
    const { file, chunkSize, sink } = options;
    this.#scheduler = new Scheduler(chunkCount(file.size, chunkSize), []);
    for (const range of sink.present) {
      const { first, end } = chunksWithin(range, file.size, chunkSize);
      for (let index = first; index < end; index++) this.#scheduler.has(index);
      if (end > first) this.#account.found(Math.min(end * chunkSize, file.size) - first * chunkSize);
    }
    for (const source of file.sources) this.#add(source);
    this.#trust = new Trust(options, this.#scheduler, this.#sources);
  }

  get chunks(): number {
    return this.#scheduler.chunks;
  }

  get isDone(): boolean {
    return this.#scheduler.isDone;
  }

  /** What each source has given, in the order of their first chunks. */
  get shares(): { source: S; bytes: number }[] {
    return this.#sources.shares;
  }

  /** Bytes of the chunks that were there before and are not doubted. */
  get resumed(): number {
    return this.#account.resumed;
  }

  /** From the first request to the last chunk received. */
  get seconds(): number {
    return this.#account.seconds;
  }

  progress(): Progress<S> {
    return {
      bytes: this.#account.bytes,
      resumed: this.#account.resumed,
      seconds: this.#account.secondsUntil(this.#options.now()),
      sources: this.#sources.progress,
    };
  }

  /**
   * Fetches all chunks that are missing. May be called again after it has ended and chunks were reopened.
   * @throws DownloadError `no-sources`, `aborted`, `disk` (the FileError is its cause)
   */
  async run(signal?: AbortSignal): Promise<void> {
    this.#stop = new AbortController();
    const onAbort = () => this.#finish?.(new DownloadError('aborted', this.#scheduler.missing()));
    const end = new Promise<Error | undefined>((resolve) => (this.#finish = resolve));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else if (this.isDone) this.#finish?.();
    else this.#start();
    const error = await end;
    this.#finish = undefined;
    signal?.removeEventListener('abort', onAbort);
    this.#stop.abort();
    // Nobody writes to the sink once we have returned.
    await this.#disk.settled();
    if (error === undefined) return;
    if (!(error instanceof FileError)) throw error;
    throw new DownloadError('disk', this.#scheduler.missing(), { cause: error });
  }

  /** What time alone brings; to be called every DOWNLOAD_TICK_MS while it runs. */
  tick(): void {
    if (this.#finish === undefined) return;
    const now = this.#options.now();
    for (const state of this.#sources) {
      state.lap(now);
      if (state.isExcluded || !state.wake(now)) continue;
      this.#scheduler.restore(state.source.address);
      this.#options.onSourceReturned?.(state.source.address);
    }
    this.#scheduler.renew();
    this.#fill();
  }

  /** One more source, found while it runs; nothing where it is one already. */
  add(source: Source<S>): void {
    if (this.#sources.get(source.address) !== undefined) return;
    const state = this.#add(source);
    if (this.#finish !== undefined) void this.#prepare(state);
  }

  /** The content of this source is the one that is wanted. */
  prove(source: S): void {
    this.#trust.prove(source);
  }

  /**
   * The content of this source is another one: it is not asked any more, and what may have come from it is asked for again.
   * Returns the bytes of that.
   */
  exclude(source: S): number {
    return this.#reopened(this.#trust.exclude(source));
  }

  /** The whole is not what it should be: keeps only the sources that are proven; as `exclude` for all others. */
  excludeUnproven(): number {
    return this.#reopened(this.#trust.excludeUnproven());
  }

  /** What nobody vouches for is asked for again; returns its bytes. */
  doubt(): number {
    return this.#reopened(this.#trust.doubt());
  }

  #reopened(bytes: number): number {
    this.#account.reopened(bytes);
    this.#fillSoon();
    return bytes;
  }

  /** A few sources are kept busy whatever the chunk size. */
  get #mostAtOnce(): number {
    return Math.max(
      Math.min(4, this.#sources.size),
      Math.floor(MAX_IN_FLIGHT_BYTES / this.#options.chunkSize),
    );
  }

  #add(source: Source<S>): SourceState<S> {
    this.#scheduler.add(source.address);
    return this.#sources.add(source);
  }

  #start(): void {
    const { patience } = this.#options;
    const preparing = [...this.#sources].filter((state) => !state.isReady && !state.isExcluded);
    const ready = Promise.all(preparing.map((state) => this.#prepare(state)));
    const begin = () => {
      this.#isPatient = false;
      this.#fill();
    };
    // Who is not prepared in time begins when it is.
    void Promise.race([ready, patience?.() ?? ready]).then(begin);
  }

  async #prepare(state: SourceState<S>): Promise<void> {
    await this.#options.prepare?.(state.source, this.#stop.signal);
    state.isReady = true;
    if (!this.#isPatient) this.#fillSoon();
  }

  /** Asks every source for as much as it should be asked for, in turns, so that a file of few chunks comes from all. */
  #fill(): void {
    if (this.#finish === undefined || this.#isPatient) return;
    const open = new Set(this.#sources.atWork);
    this.#sharers = open.size;
    while (open.size > 0) for (const state of open) if (!this.#askOne(state)) open.delete(state);
    if (!this.isDone && this.#sources.areLost) {
      this.#finish(new DownloadError('no-sources', this.#scheduler.missing()));
    }
  }

  #fillSoon(): void {
    if (this.#isFillDue) return;
    this.#isFillDue = true;
    queueMicrotask(() => {
      this.#isFillDue = false;
      this.#fill();
    });
  }

  #askOne(state: SourceState<S>): boolean {
    if (this.#finish === undefined || this.#disk.isOn || this.#asked >= this.#mostAtOnce) return false;
    const { chunkSize, requestsAtOnce, file } = this.#options;
    const { address } = state.source;
    if (!state.hasRoom(chunkSize, requestsAtOnce(address), this.#sharers)) return false;
    const index = this.#scheduler.checkout(address) ?? this.#duplicateFor(state);
    if (index === undefined) return false;
    this.#ask(state, chunkAt(index, file.size, chunkSize));
    return true;
  }

  /** The end game: a chunk that is asked of another source, which would take much longer for it than this one. */
  #duplicateFor(helper: SourceState<S>): number | undefined {
    const addresses = this.#sources.slowerThan(helper, this.#options.chunkSize);
    for (const address of addresses) {
      const index = this.#scheduler.duplicate(address, helper.source.address, addresses);
      if (index !== undefined) return index;
    }
    return undefined;
  }

  #ask(state: SourceState<S>, chunk: Chunk): void {
    const { fetch, now } = this.#options;
    const time = now();
    this.#account.asked(time);
    state.ask(chunk.length, time);
    this.#asked += 1;
    const question = this.#blame.question();
    fetch(state.source, chunk, this.#stop.signal, (outcome) => this.#settle(state, chunk, question, outcome));
  }

  #settle(state: SourceState<S>, chunk: Chunk, question: number, outcome: Outcome): void {
    const now = this.#options.now();
    this.#asked -= 1;
    state.answered(chunk.length, now);
    if (outcome instanceof Error) return this.#failed(state, chunk.index, question, outcome);
    // Too late for this run; the next one may need it.
    if (this.#finish === undefined) return this.#scheduler.release(state.source.address, chunk.index);
    state.take(chunk.length);
    if (this.#scheduler.complete(state.source.address, chunk.index, state.isProven)) {
      this.#account.received(outcome.length, now);
      this.#sources.credit(state, outcome.length);
      this.#write(chunk.offset, outcome);
      if (this.isDone && !this.#disk.isOn) this.#finish();
    }
    while (this.#askOne(state));
  }

  #write(offset: number, data: Buffer): void {
    try {
      const write = this.#options.sink.write(offset, data);
      if (write !== undefined) this.#disk.add(write);
    } catch (error) {
      this.#finish?.(error as Error);
    }
  }

  #failed(state: SourceState<S>, index: number, question: number, error: Error): void {
    const { address } = state.source;
    if (!(error instanceof ConnectionError || error instanceof ProtocolError)) {
      this.#finish?.(error);
      return;
    }
    const isNew = this.#blame.isNew(error, question);
    if (!isNew || this.#finish === undefined || this.#scheduler.isRetired(address)) {
      this.#scheduler.release(address, index);
    } else {
      this.#options.onChunkFailed?.(address, index, error);
      state.fail();
      const points = NO_SECOND_TRY.includes(error.code) ? MAX_SOURCE_FAILURES : 1;
      if (this.#scheduler.fail(address, index, points)) this.#retired(state);
    }
    this.#fillSoon();
  }

  #retired(state: SourceState<S>): void {
    const seconds = state.rest(this.#options.now());
    // Of the last one's rest nobody would see the end.
    if (!this.#sources.areLost) this.#options.onSourceRetired?.(state.source.address, seconds);
  }
}
