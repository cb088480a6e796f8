import type { DownloadRun, DownloadRunOptions } from '../../../../src/download/download-run.ts';
import type { Source } from '../../../../src/download/engine/chunks.ts';
import type { Download } from '../../../../src/download/engine/download.ts';
import { DOWNLOAD_TIMING } from '../../../../src/download/timing.ts';
import { RandomNumbers } from '../../../helpers/random-numbers.ts';
import { type Behaviour, SimulatedSource } from './simulated-source.ts';

const SECONDS_A_TICK = DOWNLOAD_TIMING.tickMs / 1000;

/** Longer than any run of equal contents, and no multiple of a chunk: a chunk at the wrong place is seen. */
const PATTERN_BYTES = 65_521;
const PATTERN = new RandomNumbers(1).bytes(PATTERN_BYTES);

/** In blocks bytes come in slices that fit no chunk; a run counts as the chunk of this size at its begin. */
const SLICE_BYTES = 777;
const INDEX_BYTES = 500;

/** Virtual seconds without a byte after which a download counts as one that hangs. */
const PATIENCE = 300;

interface Action {
  readonly at: number;
  readonly run: () => void;
}

/** All that is due at this moment is done: promises that are settled, and what hangs on them. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));

/**
 * A network of sources under a virtual clock: a download of half an hour takes as long as its chunks need to be counted.
 * The clock jumps to whatever comes next: an answer, a tick of the download, an action that a test has put there.
 */
export class SimulatedSources {
  readonly content: Buffer;
  readonly sources = new Map<string, SimulatedSource>();
  /** Virtual seconds. */
  now = 0;
  #actions: Action[] = [];
  #nextTick = 0;
  /** What the download had, and since when. */
  #seen = { bytes: 0, at: 0 };

  /** @param size bytes of the file that the sources have */
  constructor(size: number, behaviours: Readonly<Record<string, Behaviour>>) {
    this.content = Buffer.alloc(size, PATTERN);
    for (const [address, behaviour] of Object.entries(behaviours)) this.add(address, behaviour);
  }

  /** Bytes of all questions. */
  get askedBytes(): number {
    return [...this.sources.values()].reduce((sum, { askedBytes }) => sum + askedBytes, 0);
  }

  add(address: string, behaviour: Behaviour): Source {
    this.sources.set(address, new SimulatedSource(behaviour));
    return { address, token: 'x' };
  }

  source(address: string): SimulatedSource {
    const source = this.sources.get(address);
    if (source === undefined) throw new RangeError(`no such source: ${address}`);
    return source;
  }

  /** What a download needs of this world, the sink and the size of its chunks aside. */
  get options(): Omit<DownloadRunOptions<string>, 'sink' | 'chunkSize'> {
    const sources = [...this.sources.keys()].map((address) => ({ address, token: 'x' }));
    return {
      file: { name: 'x', size: this.content.length, sources },
      // A world without links that come back, where a test does not say otherwise.
      timing: { ...DOWNLOAD_TIMING, silenceMs: 0 },
      now: () => this.now,
      requestsAtOnce: (address) => this.source(address).behaviour.atOnce ?? Infinity,
      fetch: ({ address }, chunk, _signal, settle) => {
        const source = this.source(address);
        const { content = this.content } = source.behaviour;
        source.ask(chunk, content.subarray(chunk.offset, chunk.offset + chunk.length), this.now, settle);
      },
      hasBlocks: (address) => this.source(address).behaviour.hasBlocks === true,
      fetchRun: ({ address }, [from, to], take, settle) => {
        const source = this.source(address);
        const { content = this.content } = source.behaviour;
        const bytes = content.subarray(from, to);
        const run = { index: Math.floor(from / INDEX_BYTES), offset: from, length: to - from };
        source.ask(run, bytes, this.now, (outcome) => {
          const isError = outcome instanceof Error;
          const end = isError ? (from * 7) % bytes.length : bytes.length;
          for (let at = 0; at < end; at += SLICE_BYTES)
            void take(bytes.subarray(at, Math.min(at + SLICE_BYTES, end)));
          settle(isError ? outcome : undefined);
        });
      },
    };
  }

  /** Does something after so many virtual seconds. */
  after(seconds: number, run: () => void): void {
    this.#actions.push({ at: this.now + seconds, run });
    this.#actions.sort((a, b) => a.at - b.at);
  }

  /** Resolves after so many virtual seconds. */
  pause(seconds: number): Promise<void> {
    return new Promise((resolve) => this.after(seconds, resolve));
  }

  /**
   * Runs a download to its end, and resolves with the error that ended it.
   * @throws Error it hangs
   */
  async run(task: DownloadRun<string>, signal?: AbortSignal): Promise<unknown> {
    let outcome: { error: unknown } | undefined;
    const download = task.engine;
    task.run(signal).then(
      () => (outcome = { error: undefined }),
      (error: unknown) => (outcome = { error }),
    );
    this.#nextTick = this.now + SECONDS_A_TICK;
    this.#seen = { bytes: 0, at: this.now };
    await settled();
    while (outcome === undefined) {
      if (this.#step(download)) await settled();
      // What was left to the microtasks of an answer is done before the next one comes.
      else await Promise.resolve();
    }
    return outcome.error;
  }

  /** Lets time pass without a download: late answers come. */
  async pass(seconds: number): Promise<void> {
    const end = this.now + seconds;
    this.#nextTick = Infinity;
    for (let next = this.#next(); next.at <= end; next = this.#next()) {
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = end;
  }

  /** What comes next; true where more than an answer has come. */
  #step(download: Download<string>): boolean {
    const next = this.#next();
    if (this.#nextTick < next.at) {
      this.now = this.#nextTick;
      this.#nextTick += SECONDS_A_TICK;
      download.tick();
      this.#watch(download);
      return true;
    }
    this.now = next.at;
    next.run();
    return next.isAction;
  }

  /** @throws Error it hangs */
  #watch(download: Download<string>): void {
    const progress = download.progress();
    if (progress.bytes !== this.#seen.bytes) this.#seen = { bytes: progress.bytes, at: this.now };
    if (this.now - this.#seen.at > PATIENCE)
      throw new Error(`the download hangs: ${JSON.stringify(progress)}`);
  }

  #next(): Action & { readonly isAction: boolean } {
    let first: SimulatedSource | undefined;
    for (const source of this.sources.values()) {
      if (source.nextAt < (first?.nextAt ?? Infinity)) first = source;
    }
    const at = first?.nextAt ?? Infinity;
    const action = this.#actions[0];
    if (action !== undefined && action.at <= at) {
      return { at: action.at, isAction: true, run: () => this.#actions.shift()?.run() };
    }
    return { at, isAction: false, run: () => first?.answerNext() };
  }
}
