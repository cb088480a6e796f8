import { chunkCount, type FoundFile } from './engine/chunks.ts';
import { DownloadError, FileError } from '../errors.ts';
import type { Reporter } from '../events.ts';
import type { Existing, FileSink, Sinks } from './file-sink.ts';
import { AskingLimit } from './late-sources.ts';
import { MAX_CHUNKS, MAX_SOURCES } from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { searchNetwork } from './search.ts';
import { SourceDigests } from './source-digests.ts';
import { DOWNLOAD_TIMING, type DownloadTiming } from './timing.ts';
import { Transfer, type FetchedFile } from './transfer.ts';

export interface DownloadsOptions {
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly sinks: Sinks;
  readonly reporter: Reporter;
  /** What becomes of files of ours that have the name of a download: replaced where nothing else is said. */
  readonly existing?: Existing | undefined;
  /** Whether a neighbour has answered us before: others are not asked unbidden. All have by default. */
  readonly isConfirmed?: (neighbour: Address) => boolean;
  /** In milliseconds; DOWNLOAD_TIMING where nothing else is said. */
  readonly timing?: Partial<DownloadTiming>;
}

/** The searches and downloads of one run of the program, and what they remember of each other. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #timing: DownloadTiming;
  readonly #limit: AskingLimit;
  /** Those that have sent wrong bytes: not asked for files any more. */
  readonly #banned = new Set<Address>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#timing = { ...DOWNLOAD_TIMING, ...options.timing };
    this.#limit = new AskingLimit(this.#timing.lateHostMs);
  }

  /** How many neighbours were asked, and the files that they have. */
  async search(signal: AbortSignal): Promise<{ asked: number; files: FoundFile<Address>[] }> {
    const { neighbours } = this.#options;
    const asked = neighbours.online().filter((address) => !this.#banned.has(address));
    const files = await searchNetwork({ ...this.#options, timing: this.#timing, signal }, asked);
    return { asked: asked.length, files };
  }

  /** The file with its SHA-256, where a search has not asked for it and a source tells it within the time of a search. */
  async withDigest(file: FoundFile<Address>, signal: AbortSignal): Promise<FoundFile<Address>> {
    const { peer } = this.#options;
    const source = file.sources.find(({ address }) => peer.hasDigests(address));
    if (file.sha256 !== undefined || source === undefined) return file;
    let sha256: string | undefined;
    const over = new AbortController();
    const digests = new SourceDigests({
      peer,
      timing: this.#timing,
      signal: AbortSignal.any([signal, over.signal]),
      onTold: (_, told) => (sha256 = told?.size === file.size ? told.sha256 : undefined),
    });
    digests.ask(source);
    await digests.settled(this.#timing.searchDigestsMs, signal);
    over.abort();
    return sha256 === undefined ? file : { ...file, sha256 };
  }

  /**
   * Fetches a file into the shared folder. Undefined after a failure, which is reported.
   * @param chunkSize in bytes
   * @param isPatient whether sources that are gone are waited for, until the signal
   * @param existing what becomes of a file of ours that has the name
   */
  async fetch(
    found: FoundFile<Address>,
    chunkSize: number,
    signal: AbortSignal,
    isPatient = false,
    existing: Existing | undefined = this.#options.existing,
  ): Promise<FetchedFile | undefined> {
    const { sinks, reporter, isConfirmed = () => true } = this.#options;
    const file = { ...found, sources: found.sources.slice(0, MAX_SOURCES) };
    const { name, size, sha256 } = file;
    const chunks = chunkCount(size, chunkSize);
    let sink: FileSink | undefined;
    try {
      if (chunks > MAX_CHUNKS) throw new DownloadError('too-many-chunks', []);
      sink = await sinks.createSink({ name, size, chunkSize, sha256, existing, signal });
      const transfer = new Transfer({
        ...this.#options,
        file,
        chunkSize,
        sink,
        signal,
        isPatient,
        timing: this.#timing,
        limit: this.#limit,
        isConfirmed: (address) => !this.#banned.has(address) && isConfirmed(address),
        onLiar: (address) => this.#banned.add(address),
      });
      const fetched = await transfer.run();
      await sinks.noteDigest(fetched.savedAs, fetched.sha256);
      return fetched;
    } catch (error) {
      const isResumable = error instanceof DownloadError && ['aborted', 'no-sources'].includes(error.code);
      const kept = isResumable ? await sink?.suspend() : undefined;
      if (!isResumable) await sink?.discard();
      const cause = error instanceof DownloadError && error.cause instanceof FileError ? error.cause : error;
      if (!(cause instanceof DownloadError || cause instanceof FileError)) throw error;
      const missing = error instanceof DownloadError ? error.missing : [];
      reporter.report({
        event: 'download-failed',
        name,
        code: cause.code,
        missing,
        chunks,
        kept: kept ?? 0,
      });
      return undefined;
    }
  }
}
