import { setMaxListeners } from 'node:events';
import { chunkOf } from './chunk-of.ts';
import { Download } from './engine/download.ts';
import { chunkCount, type FoundFile, type Source } from './engine/plan.ts';
import { DownloadError } from '../errors.ts';
import type { Reporter } from '../events.ts';
import type { FileSink, Sinks } from './file-sink.ts';
import { LateSources } from './late-sources.ts';
import {
  DOWNLOAD_TICK_MS,
  MAX_SOURCES,
  PREPARE_TIMEOUT_MS,
  PROGRESS_INTERVAL_MS,
  REPLY_TIMEOUT_MS,
} from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { SourceDigests, type ToldDigest } from './source-digests.ts';

export interface TransferOptions {
  readonly file: FoundFile<Address>;
  /** Bytes. */
  readonly chunkSize: number;
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly sinks: Sinks;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** A download that has succeeded. */
export interface FetchedFile {
  /** From the first request to the last chunk received. */
  readonly seconds: number;
  /** How many have delivered. */
  readonly sources: number;
  /** Bytes that were there before. */
  readonly resumed: number;
}

const now = (): number => performance.now() / 1000;

/** One download from its first request to its file; the digests that its sources tell are compared as they come. */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #sink: FileSink;
  readonly #download: Download<Address>;
  readonly #digests: SourceDigests;
  readonly #late: LateSources;
  readonly #streams = new Map<Source<Address>, ReturnType<Peer['chunksFrom']>>();
  readonly #over = new AbortController();
  /** Outside of sessions every request under way listens to it. */
  #ofRun: AbortSignal | undefined;
  /** What the whole should be, and whether a source of now has told so. */
  #expected: string | undefined;
  #isProven: boolean;
  /** Nobody but sources that have told the right digest may take part any more. */
  #isSecondTry = false;
  #joined: number;

  constructor(options: TransferOptions, sink: FileSink) {
    const { peer, neighbours, file } = options;
    this.#options = options;
    this.#sink = sink;
    this.#expected = file.sha256 ?? sink.sha256;
    this.#isProven = file.sha256 !== undefined;
    this.#joined = file.sources.length;
    const { signal } = this.#over;
    setMaxListeners(0, signal);
    this.#digests = new SourceDigests({
      peer,
      signal,
      onDigest: (source, told) => this.#compare(source, told),
    });
    this.#download = this.#createDownload();
    for (const { address, sha256 } of file.sources) if (sha256 !== undefined) this.#download.prove(address);
    this.#late = new LateSources({ peer, neighbours, file, signal, onFound: (source) => this.#join(source) });
  }

  /** @throws DownloadError, FileError */
  async run(): Promise<FetchedFile> {
    const { file, chunkSize, sinks, reporter } = this.#options;
    const { name, size } = file;
    const download = this.#download;
    const sources = file.sources.map(({ address }) => address);
    const { chunks, resumed } = download;
    reporter.report({
      event: 'download-started',
      name,
      size,
      chunkSize,
      chunks,
      sources,
      resumed,
    });
    const timers = [
      setInterval(() => this.#tick(), DOWNLOAD_TICK_MS),
      setInterval(() => this.#reportProgress(), PROGRESS_INTERVAL_MS),
    ];
    let sha256: string;
    try {
      sha256 = await this.#fetchAll();
    } finally {
      timers.forEach(clearInterval);
      this.#over.abort();
    }
    await this.#sink.commit();
    const { shares, seconds, resumed: untouched } = download;
    reporter.report({
      event: 'download-finished',
      name,
      size,
      chunkSize,
      sources: shares.map(({ source }) => source),
      shares,
      resumed: untouched,
      seconds,
      sha256,
      isProven: this.#expected !== undefined,
    });
    await sinks.noteDigest(name, sha256);
    return { seconds, sources: shares.length, resumed };
  }

  /**
   * Fetches until the whole is what it should be, and returns its digest. What may be wrong is fetched once more, from
   * sources that have told the right digest.
   */
  async #fetchAll(): Promise<string> {
    const { file, signal, reporter } = this.#options;
    for (;;) {
      await this.#download.run(signal);
      if (!this.#isProven) await this.#digests.settled(REPLY_TIMEOUT_MS, signal);
      // A source turned out to have another content only now.
      if (!this.#download.isDone) continue;
      // The bytes must stay as they are meanwhile.
      const sha256 = await this.#digests.quietly(() => this.#sink.digest(signal));
      if (!this.#download.isDone) continue;
      if (this.#expected === undefined || sha256 === this.#expected) return sha256;
      const bytes = this.#isProven && !this.#isSecondTry ? this.#download.excludeUnproven() : 0;
      if (bytes === 0) throw new DownloadError('digest-mismatch', []);
      reporter.report({ event: 'chunks-doubted', name: file.name, bytes });
      this.#isSecondTry = true;
    }
  }

  #createDownload(): Download<Address> {
    const { file, chunkSize, peer, reporter } = this.#options;
    const { name, size } = file;
    const chunks = chunkCount(size, chunkSize);
    return new Download({
      file,
      chunkSize,
      sink: this.#sink,
      now,
      prepare: async (source, signal) => {
        setMaxListeners(0, signal);
        await peer.prepare(source.address, { signal, chunks });
        if (source.sha256 === undefined) this.#digests.ask(source);
      },
      patience: () => new Promise((resolve) => void setTimeout(resolve, PREPARE_TIMEOUT_MS).unref()),
      requestsAtOnce: (source) => peer.requestsAtOnce(source),
      fetch: (source, chunk, signal, settle) => {
        if (signal !== this.#ofRun) setMaxListeners(0, (this.#ofRun = signal));
        this.#stream(source).ask(chunk.index, signal, (reply) =>
          settle(reply instanceof Error ? reply : chunkOf(reply, source.token, chunk, size)),
        );
      },
      onChunkFailed: (source, index, { code }) =>
        reporter.report({ event: 'chunk-failed', name, source, index, code }),
      onSourceRetired: (source, seconds) =>
        reporter.report({ event: 'source-retired', name, source, seconds }),
      onSourceReturned: (source) => reporter.report({ event: 'source-returned', name, source }),
    });
  }

  #stream(source: Source<Address>): ReturnType<Peer['chunksFrom']> {
    const known = this.#streams.get(source);
    if (known !== undefined) return known;
    const { chunkSize, peer } = this.#options;
    const wanted = { token: source.token, size: chunkSize, chunks: this.#download.chunks };
    const stream = peer.chunksFrom(source.address, wanted);
    this.#streams.set(source, stream);
    return stream;
  }

  #compare({ address: source }: Source<Address>, told: ToldDigest): void {
    const { file, reporter } = this.#options;
    const { name, size } = file;
    const isSameSize = told.size === size;
    if (!this.#isProven && isSameSize) {
      // What an interrupted download was told is worth less than what a source says now.
      const bytes =
        this.#expected === undefined || this.#expected === told.sha256 ? 0 : this.#download.doubt();
      if (bytes > 0) reporter.report({ event: 'chunks-doubted', name, bytes });
      this.#expected = told.sha256;
      this.#isProven = true;
      this.#sink.expect(told.sha256);
    }
    if (isSameSize && told.sha256 === this.#expected) return this.#download.prove(source);
    const bytes = this.#download.exclude(source);
    reporter.report({ event: 'source-excluded', name, source });
    if (bytes > 0) reporter.report({ event: 'chunks-doubted', name, bytes });
  }

  #join(source: Source<Address>): void {
    if (this.#isSecondTry || this.#joined >= MAX_SOURCES) return;
    this.#joined += 1;
    this.#options.reporter.report({
      event: 'source-added',
      name: this.#options.file.name,
      source: source.address,
    });
    this.#download.add(source);
  }

  #tick(): void {
    this.#download.tick();
    this.#late.look();
  }

  #reportProgress(): void {
    const { file, reporter } = this.#options;
    const { name, size } = file;
    const { chunks } = this.#download;
    const progress = this.#download.progress();
    reporter.report({
      event: 'download-progressed',
      name,
      size,
      chunks,
      ...progress,
    });
  }
}
