import { BlockRequests } from './block-requests.ts';
import { ChunkRequests } from './chunk-requests.ts';
import { DownloadRun } from './download-run.ts';
import { chunkCount, type FoundFile, type Source } from './engine/chunks.ts';
import { DownloadError } from '../errors.ts';
import type { Reporter } from '../events.ts';
import type { FileSink } from './file-sink.ts';
import { LateSources, type AskingLimit } from './late-sources.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { pause } from './source-digests.ts';
import type { DownloadTiming } from './timing.ts';
import { Verification } from './verification.ts';
import { WantedContent } from './wanted-content.ts';

export interface TransferOptions {
  readonly file: FoundFile<Address>;
  /** Bytes. */
  readonly chunkSize: number;
  readonly sink: FileSink;
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly isConfirmed: (neighbour: Address) => boolean;
  readonly limit: AskingLimit;
  readonly reporter: Reporter;
  readonly timing: DownloadTiming;
  readonly signal: AbortSignal;
  /** Sources that are gone are waited for, until the signal. */
  readonly isPatient?: boolean | undefined;
  /** This source has told the right digest and sent other bytes. */
  readonly onLiar: (source: Address) => void;
}

/** A download that has succeeded. */
export interface FetchedFile {
  /** From the first request to the last chunk received. */
  readonly seconds: number;
  /** How many have delivered. */
  readonly sources: number;
  /** Bytes that were there before. */
  readonly resumed: number;
  /** Of the whole, in hexadecimal digits. */
  readonly sha256: string;
  /** Its name on the disk. */
  readonly savedAs: string;
}

const now = (): number => performance.now() / 1000;

/** One download from its first request to its file: fetches chunks until the whole is what the chosen sources have. */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #run: DownloadRun<Address>;
  readonly #wanted: WantedContent;
  readonly #verification: Verification;
  readonly #late: LateSources;
  readonly #over = new AbortController();
  readonly #sources: Address[];
  /** Reported as left alone, and not as back: of a source that fails again and again only the first rest is news. */
  readonly #resting = new Set<Address>();

  constructor(options: TransferOptions) {
    const { file, sink } = options;
    this.#options = options;
    this.#sources = file.sources.map(({ address }) => address);
    const { signal } = this.#over;
    this.#wanted = new WantedContent({
      ...options,
      signal,
      onDecided: (sha256) => {
        this.#verification.expect(sha256);
        sink.expect(sha256);
      },
      onOther: (source) => this.#exclude(source),
      onLate: (source) => this.#join(source),
    });
    this.#run = this.#createRun();
    this.#verification = new Verification({
      engine: this.#run.engine,
      wanted: this.#wanted,
      sources: this.#sources,
      noted: sink.sha256,
      disputeMs: options.timing.disputeMs,
      signal: options.signal,
      onReopened: (bytes) => this.#reportReopened(bytes),
      onLiar: (source) => this.#ban(source),
    });
    this.#late = new LateSources({
      ...options,
      signal,
      onFound: (source) => void this.#compareLate(source),
    });
  }

  /** @throws DownloadError, FileError */
  async run(): Promise<FetchedFile> {
    const { file, chunkSize, sink, reporter, timing } = this.#options;
    const { name, size, sources: chosen } = file;
    const { engine } = this.#run;
    const { chunks, resumed } = engine;
    const sources = chosen.map(({ address }) => address);
    reporter.report({ event: 'download-started', name, size, chunkSize, chunks, sources, resumed });
    const timers = [
      setInterval(() => this.#tick(), timing.tickMs),
      setInterval(() => this.#reportProgress(), timing.progressMs),
    ];
    let sha256: string;
    try {
      this.#wanted.begin();
      sha256 = await this.#fetchAll();
    } finally {
      timers.forEach(clearInterval);
      this.#over.abort();
    }
    const { name: savedAs, replaced } = await sink.commit();
    if (replaced !== undefined) reporter.report({ event: 'file-replaced', name, size: replaced });
    const { shares, seconds, resumed: untouched } = engine;
    const toldBy = this.#wanted.tellers(sha256);
    reporter.report({
      event: 'download-finished',
      name,
      ...(savedAs === name ? {} : { savedAs }),
      size,
      chunkSize,
      sources: shares.map(({ source }) => source),
      shares,
      resumed: untouched,
      seconds,
      sha256,
      isProven: toldBy > 0,
      toldBy,
      chosen: chosen.length,
    });
    return { seconds, sources: shares.length, resumed, sha256, savedAs };
  }

  /** Fetches until the whole is what it should be, and returns its digest. */
  async #fetchAll(): Promise<string> {
    const { signal, sink, timing } = this.#options;
    for (;;) {
      await this.#fetchMissing();
      if (this.#wanted.leader === undefined) await this.#wanted.settled(timing.lastDigestsMs, signal);
      // A source turned out to have another content only now.
      if (!this.#run.engine.isDone) continue;
      // The bytes must stay as they are meanwhile.
      const sha256 = await this.#wanted.quietly(() => sink.digest(signal));
      if (!this.#run.engine.isDone) continue;
      if (await this.#verification.isRight(sha256)) return sha256;
    }
  }

  async #fetchMissing(): Promise<void> {
    try {
      await this.#run.run(this.#options.signal);
    } catch (error) {
      const isLost = error instanceof DownloadError && error.code === 'no-sources';
      if (!isLost || !this.#verification.endTry()) throw error;
      await this.#fetchMissing();
    }
  }

  #createRun(): DownloadRun<Address> {
    const { file, chunkSize, sink, peer, reporter, timing, isPatient } = this.#options;
    const { name, size } = file;
    const chunks = chunkCount(size, chunkSize);
    const wanted = { peer, size, chunkSize, chunks };
    const requests = new ChunkRequests(wanted);
    const blocks = new BlockRequests(wanted);
    return new DownloadRun({
      file,
      chunkSize,
      sink,
      timing,
      isPatient,
      now,
      prepare: async (source, signal) => {
        await peer.prepare(source.address, { signal, chunks });
        this.#wanted.ask(source);
      },
      beforeFirst: (prepared, signal) => this.#compareFirst(prepared, signal),
      // One that may send the whole file for each chunk is asked for one, and shows by that what it does.
      requestsAtOnce: (source) => (peer.givesChunks(source) ? peer.requestsAtOnce(source) : 1),
      fetch: (source, chunk, signal, settle) => requests.ask(source, chunk, signal, settle),
      hasBlocks: (source) => blocks.areFrom(source),
      fetchRun: (source, range, take, settle) => blocks.ask(source, range, take, settle),
      onChunkFailed: (source, index, { code }) =>
        reporter.report({ event: 'chunk-failed', name, source, index, code }),
      onSourceRetired: (source, seconds) => {
        if (this.#resting.has(source)) return;
        this.#resting.add(source);
        reporter.report({ event: 'source-retired', name, source, seconds });
      },
      onSourceReturned: (source) => {
        if (this.#resting.delete(source)) reporter.report({ event: 'source-returned', name, source });
      },
    });
  }

  /** Before the first chunk: sources that are not prepared in time begin later, those that differ are to be left out. */
  async #compareFirst(prepared: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { timing } = this.#options;
    const over = new AbortController();
    await Promise.race([prepared, pause(timing.prepareMs, AbortSignal.any([signal, over.signal]))]);
    over.abort();
    await this.#wanted.compared(timing.firstDigestsMs, signal);
  }

  #ban(source: Address): void {
    const { file, reporter, onLiar } = this.#options;
    reporter.report({ event: 'source-banned', name: file.name, source });
    onLiar(source);
  }

  #exclude({ address: source }: Source<Address>): void {
    const { file, reporter } = this.#options;
    const bytes = this.#run.engine.exclude(source);
    reporter.report({ event: 'source-excluded', name: file.name, source });
    if (bytes > 0) this.#reportReopened(bytes);
  }

  #reportReopened(bytes: number): void {
    const { file, reporter } = this.#options;
    reporter.report({ event: 'chunks-doubted', name: file.name, bytes });
  }

  /** A late source has to show that it has what is wanted before it may take part. */
  async #compareLate(source: Source<Address>): Promise<void> {
    const { peer } = this.#options;
    const { signal } = this.#over;
    await peer.prepare(source.address, { signal, chunks: this.#run.engine.chunks });
    if (!signal.aborted) this.#wanted.ask(source);
  }

  #join(source: Source<Address>): void {
    const { file, reporter } = this.#options;
    this.#sources.push(source.address);
    reporter.report({ event: 'source-added', name: file.name, source: source.address });
    this.#run.add(source);
  }

  #tick(): void {
    this.#run.engine.tick();
    if (this.#wanted.isKnowable) this.#late.look(performance.now());
  }

  #reportProgress(): void {
    const { file, reporter } = this.#options;
    const { name, size } = file;
    const { engine } = this.#run;
    reporter.report({
      event: 'download-progressed',
      name,
      size,
      chunks: engine.chunks,
      ...engine.progress(),
    });
  }
}
