import { DownloadError, RemoteError } from '../../errors.ts';
import { MAX_BLOCK_BYTES, MAX_IN_FLIGHT_BYTES } from '../../limits.ts';
import { chunkAt, chunkCount, chunksWithin, type Chunk, type Source } from './chunks.ts';
import type { ByteRange, DownloadOptions, Outcome, Progress } from './download-options.ts';
import type { Run } from './held-runs.ts';
import { cutPieces, RunPieces, type WholeChunks } from './run-pieces.ts';
import { MAX_SOURCE_FAILURES, Scheduler } from './scheduler.ts';
import type { SourceState } from './source-state.ts';
import { Sources } from './sources.ts';

/**
 * A source that was silent for seconds has held up all that was asked of it, and where nobody listens nobody will in the
 * next millisecond: no second try without a backoff.
 */
const NO_SECOND_TRY: readonly string[] = [
  'reply-timeout',
  'connect-timeout',
  'refused',
  'unreachable',
  'unknown-host',
];

/** Blocks that one window is asked for in: each that arrives asks for the next. */
const BLOCKS_A_WINDOW = 4;

/**
 * One download: every source is asked for as much as it sends in a while (its window), all out of one scheduler.
 *
 * Driven by what happens: an answer asks for the next chunk in the same turn, and `tick`, called at an interval, does what
 * time alone brings (backoffs that are over, speeds, the end game). In the end game an idle source fetches as well what a
 * slower one would deliver later; the first answer counts.
 * Recoverable errors stay inside; a bug or the loss of every source ends it (`onEnd`). Nobody can say of a single chunk
 * whether it is right, only of the whole file: whoever finds the whole wrong excludes a source, and what it gave is open again.
 * What never happens here: a promise, a timer, a socket, the disk, the time of day.
 * Cost: nothing that grows with the file is done per chunk.
 */
export class Download<S extends string> {
  readonly #options: DownloadOptions<S>;
  readonly #scheduler: Scheduler<S>;
  readonly #sources: Sources<S>;
  #isRunning = false;
  #asked = 0;
  /** Sources that share MAX_IN_FLIGHT_BYTES. */
  #sharers = 1;
  #isDiskBusy = false;
  #isFillDue = false;
  /** Bytes of chunks that are done: received by this download, and there before it. */
  #received = 0;
  #resumed = 0;
  /** Seconds; undefined before the first request. */
  #startedAt: number | undefined;
  #lastChunkAt = 0;

  constructor(options: DownloadOptions<S>) {
    this.#options = options;
    const { file, chunkSize, present, timing, isPatient = false } = options;
    this.#sources = new Sources(timing, isPatient);
    this.#scheduler = new Scheduler(chunkCount(file.size, chunkSize), []);
    for (const range of present) {
      const { first, end } = chunksWithin(range, file.size, chunkSize);
      this.#scheduler.addPresent({ first, end });
      if (end > first) this.#resumed += Math.min(end * chunkSize, file.size) - first * chunkSize;
    }
    for (const source of file.sources) this.add(source);
  }

  get chunks(): number {
    return this.#scheduler.chunks;
  }

  get isDone(): boolean {
    return this.#scheduler.isDone;
  }

  /** The chunks not completed, as inclusive ranges in ascending order. */
  get missing(): [first: number, last: number][] {
    return this.#scheduler.missing();
  }

  /** What each source has given, in the order of their first chunks. */
  get shares(): { source: S; bytes: number }[] {
    return this.#sources.shares;
  }

  /** Bytes of the chunks that were there before and have not been fetched again. */
  get resumed(): number {
    return this.#resumed;
  }

  /** From the first request to the last chunk received. */
  get seconds(): number {
    return this.#startedAt === undefined ? 0 : this.#lastChunkAt - this.#startedAt;
  }

  progress(): Progress<S> {
    return {
      bytes: this.#received,
      resumed: this.#resumed,
      seconds: this.#startedAt === undefined ? 0 : this.#options.now() - this.#startedAt,
      sources: this.#sources.progress,
    };
  }

  /** Fetches all chunks that are missing. May be called again after it has ended and chunks were reopened. */
  start(): void {
    this.#isRunning = true;
    if (this.isDone) this.#end();
    else this.#fill();
  }

  /** Asks for nothing more; what is under way is not taken. */
  stop(): void {
    this.#isRunning = false;
  }

  /** What time alone brings; to be called at an interval while it runs. */
  tick(): void {
    if (!this.#isRunning) return;
    const now = this.#options.now();
    for (const state of this.#sources) {
      state.sampleSpeed(now);
      if (state.isExcluded || !state.wake(now)) continue;
      this.#scheduler.restore(state.source.address);
    }
    this.#scheduler.renew();
    this.#fill();
  }

  /** One more source; nothing where it is one already. It is asked for nothing before it is ready. */
  add(source: Source<S>): boolean {
    if (this.#sources.get(source.address) !== undefined) return false;
    this.#scheduler.add(source.address);
    this.#sources.add(source);
    return true;
  }

  /** The connection to this source is prepared. */
  ready(source: S): void {
    const state = this.#sources.get(source);
    if (state === undefined) return;
    state.isReady = true;
    this.#fillSoon();
  }

  /** The disk has taken what it lagged behind with. */
  diskCaughtUp(): void {
    this.#isDiskBusy = false;
    this.#fillSoon();
  }

  /** Asks this source for nothing more; what it gave is open again. Returns the bytes of that. */
  exclude(source: S): number {
    const state = this.#sources.get(source);
    if (state === undefined || state.isExcluded) return 0;
    state.isExcluded = true;
    this.#scheduler.retire(source);
    return this.#reopen(source);
  }

  /** Asks an excluded source again. */
  readmit(source: S): void {
    const state = this.#sources.get(source);
    if (state === undefined || !state.isExcluded) return;
    state.isExcluded = false;
    if (!state.isBackingOff) this.#scheduler.restore(source, 0);
    this.#fillSoon();
  }

  /** What was there before is open again; returns its bytes. */
  reopenResumed(): number {
    return this.#reopen(undefined);
  }

  #reopen(giver: S | undefined): number {
    const { file, chunkSize } = this.#options;
    const state = giver === undefined ? undefined : this.#sources.get(giver);
    // A look at every chunk.
    if ((state?.delivered ?? this.#resumed) === 0) return 0;
    const ranges = this.#scheduler
      .reopen(giver)
      .map(([first, last]): ByteRange => [first * chunkSize, Math.min((last + 1) * chunkSize, file.size)]);
    const bytes = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    if (state === undefined) this.#resumed -= bytes;
    else {
      state.delivered -= bytes;
      this.#received -= bytes;
    }
    if (ranges.length > 0) this.#options.onReopened(ranges);
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

  #end(error?: Error): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#options.onEnd(error);
  }

  /** Asks every source for as much as it should be asked for, in turns, so that a file of few chunks comes from all. */
  #fill(): void {
    if (!this.#isRunning) return;
    const open = new Set(this.#sources.atWork);
    this.#sharers = open.size;
    while (open.size > 0) for (const state of open) if (!this.#askOne(state)) open.delete(state);
    if (!this.isDone && this.#sources.areLost(this.#options.now())) {
      this.#end(new DownloadError('no-sources', this.missing));
    }
  }

  #fillSoon(): void {
    if (this.#isFillDue) return;
    this.#isFillDue = true;
    this.#options.defer(() => {
      this.#isFillDue = false;
      this.#fill();
    });
  }

  #askOne(state: SourceState<S>): boolean {
    if (!this.#isRunning || this.#isDiskBusy) return false;
    const { chunkSize, requestsAtOnce, file, hasBlocks } = this.#options;
    const { address } = state.source;
    if (hasBlocks?.(address) === true) return this.#askBlock(state);
    if (this.#asked >= this.#mostAtOnce) return false;
    if (!state.hasRoom(chunkSize, requestsAtOnce(address), this.#sharers)) return false;
    const run = this.#scheduler.checkout(address) ?? this.#duplicateFor(state, 1);
    if (run === undefined) return false;
    this.#ask(state, run, chunkAt(run.first, file.size, chunkSize));
    return true;
  }

  /** Chunks of one block where several sources work: the fewer are left, the smaller, so that all end at the same time. */
  get #fairShare(): number {
    if (this.#sharers < 2) return Infinity;
    return Math.ceil(this.#scheduler.left / (this.#sharers * BLOCKS_A_WINDOW));
  }

  /** Neighbouring chunks, a quarter of what is asked of it ahead. */
  #askBlock(state: SourceState<S>): boolean {
    const { chunkSize, file } = this.#options;
    if (!state.hasRoomForBlock) return false;
    const bytes = Math.min(state.window.bytes / BLOCKS_A_WINDOW, MAX_BLOCK_BYTES);
    const most = Math.max(Math.min(Math.floor(bytes / chunkSize), this.#fairShare), 1);
    const run = this.#scheduler.checkout(state.source.address, most) ?? this.#duplicateFor(state, most);
    if (run === undefined) return false;
    const range: ByteRange = [run.first * chunkSize, Math.min(run.end * chunkSize, file.size)];
    this.#fetchRun(state, run, range);
    return true;
  }

  /** The end game: chunks that are asked of another source, which would take much longer for them than this one. */
  #duplicateFor(helper: SourceState<S>, most: number): Run | undefined {
    const addresses = this.#sources.slowerThan(helper, most * this.#options.chunkSize);
    for (const address of addresses) {
      const run = this.#scheduler.duplicate(address, helper.source.address, addresses, most);
      if (run !== undefined) return run;
    }
    return undefined;
  }

  #ask(state: SourceState<S>, run: Run, chunk: Chunk): void {
    const { fetch, now } = this.#options;
    const request = this.#begin(state, chunk.length, now());
    this.#asked += 1;
    fetch(state.source, chunk, (outcome) => this.#settle(state, run, chunk, request, outcome));
  }

  #begin(state: SourceState<S>, bytes: number, time: number): number {
    if (this.#startedAt === undefined) this.#startedAt = this.#lastChunkAt = time;
    return state.ask(bytes, time);
  }

  #fetchRun(state: SourceState<S>, run: Run, range: ByteRange): void {
    const { fetchRun, chunkSize, now } = this.#options;
    const { source, arrived } = state;
    const pieces = new RunPieces(run, range, chunkSize);
    const bytes = range[1] - range[0];
    const askedAt = now();
    let latency: number | undefined;
    const request = this.#begin(state, bytes, askedAt);
    fetchRun?.(source, range, {
      take: (slice) => {
        const time = now();
        latency ??= time - askedAt;
        state.arrived += slice.length;
        state.askedBytes -= slice.length;
        const whole = pieces.take(slice);
        if (whole === undefined) return !this.#isDiskBusy;
        // Too late: the run is over, and the next one may need it, or the source is left alone and holds nothing any more.
        if (!this.#isRunning || this.#scheduler.isRetired(source.address))
          this.#scheduler.release(source.address, whole.run);
        else this.#takeWhole(state, whole, time);
        return !this.#isDiskBusy;
      },
      settle: (error) => {
        const time = now();
        state.answered(pieces.left, time);
        if (error === undefined && latency !== undefined) {
          const seconds = time - askedAt;
          state.window.add({ latency, seconds, bytes, arrived: state.arrived - arrived });
        }
        const { rest } = pieces;
        if (rest !== undefined && error !== undefined) this.#failed(state, rest, request, error);
        else while (this.#askOne(state));
      },
    });
  }

  #takeWhole(state: SourceState<S>, { run, offset, pieces }: WholeChunks, time: number): void {
    const { chunkSize, file, write } = this.#options;
    const to = Math.min(run.end * chunkSize, file.size);
    if (state.take(to - offset, time)) this.#options.onSourceReturned?.(state.source.address);
    for (const { first, end } of this.#scheduler.complete(state.source.address, run)) {
      const from = first * chunkSize;
      const length = Math.min(end * chunkSize, file.size) - from;
      this.#received += length;
      this.#lastChunkAt = time;
      this.#sources.credit(state, length);
      const isAll = from === offset && from + length === to;
      const wanted = isAll ? pieces : cutPieces(pieces, from - offset, from - offset + length);
      if (!write(from, ...wanted)) this.#isDiskBusy = true;
    }
    if (this.isDone) this.#end();
  }

  #settle(state: SourceState<S>, run: Run, chunk: Chunk, request: number, outcome: Outcome): void {
    const now = this.#options.now();
    this.#asked -= 1;
    state.answered(chunk.length, now);
    if (outcome instanceof Error) return this.#failed(state, run, request, outcome);
    // Too late for this run; the next one may need it.
    if (!this.#isRunning) return this.#scheduler.release(state.source.address, run);
    if (state.take(chunk.length, now)) this.#options.onSourceReturned?.(state.source.address);
    if (this.#scheduler.complete(state.source.address, run).length > 0) {
      this.#received += outcome.length;
      this.#lastChunkAt = now;
      this.#sources.credit(state, outcome.length);
      if (!this.#options.write(chunk.offset, outcome)) this.#isDiskBusy = true;
      if (this.isDone) this.#end();
    }
    while (this.#askOne(state));
  }

  #failed(state: SourceState<S>, run: Run, request: number, error: Error): void {
    const { address } = state.source;
    if (!(error instanceof RemoteError)) return this.#end(error);
    const isNew = state.isNewFailure(error, request);
    if (!isNew || !this.#isRunning || this.#scheduler.isRetired(address)) {
      this.#scheduler.release(address, run);
    } else {
      this.#options.onChunkFailed?.(address, run.first, error);
      state.fail(error.code);
      const points = NO_SECOND_TRY.includes(error.code) ? MAX_SOURCE_FAILURES : 1;
      if (this.#scheduler.fail(address, run, points)) this.#retired(state);
    }
    this.#fillSoon();
  }

  #retired(state: SourceState<S>): void {
    const now = this.#options.now();
    const seconds = state.backOff(now);
    // Of the last one's backoff nobody would see the end.
    if (!this.#sources.areLost(now)) this.#options.onSourceRetired?.(state.source.address, seconds);
  }
}
