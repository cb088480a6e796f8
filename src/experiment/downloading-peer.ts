import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../clock.ts';
import { Downloads } from '../download/downloads.ts';
import type { FoundFile, Source } from '../download/engine/chunks.ts';
import { FileError, RemoteError } from '../errors.ts';
import type { AppEvent } from '../events.ts';
import type { Share } from '../handlers.ts';
import { Neighbours } from '../neighbours.ts';
import { DEFAULT_TIMING, slowed } from '../network/timing.ts';
import { Peer } from '../peer.ts';
import { formatAddress, type Address } from '../protocol/address.ts';
import { decodeName } from '../protocol/names.ts';
import { reason, type ReasonCode } from '../terminal/reasons.ts';
import { MEMORY_SINKS } from './memory-sink.ts';

/** A download from sources that are all silent is given up after this; the user's own waits two minutes. */
const SILENCE_MS = 10_000;
/** Between two looks at whether a program that has just been started answers. */
const LOOK_AGAIN_MS = 50;

/** A folder with nothing in it. */
const NOTHING: Share = {
  list: () => Promise.resolve([]),
  open: (name) => Promise.reject(new FileError('not-found', name)),
  openNow: () => undefined,
  digest: (name) => Promise.reject(new FileError('not-found', name)),
  sizeOf: () => undefined,
};

/** A file as it was made. */
export interface MadeFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What one download has taken. */
export interface Taken {
  readonly seconds: number;
  readonly messages: number;
}

/** The side that downloads: a peer within this process that shares nothing, keeps nothing, and speaks as the course does. */
export class DownloadingPeer {
  readonly #peer: Peer;
  readonly #neighbours: Neighbours;
  readonly #downloads: Downloads;
  #messages = 0;
  /** Why the download has failed, and why the last chunk that failed before. */
  #failure: ReasonCode = 'aborted';
  #chunkFailure: ReasonCode | undefined;

  /** @param delayMs by which both directions of every link are held back */
  constructor(delayMs: number) {
    const neighbours: Neighbours = new Neighbours(() => this.#peer.address);
    const reporter = { report: (event: AppEvent) => this.#note(event) };
    const timing = { ...slowed(DEFAULT_TIMING, delayMs), connect: DEFAULT_TIMING.connect + 2 * delayMs };
    this.#neighbours = neighbours;
    this.#peer = new Peer({
      address: formatAddress({ host: '127.0.0.1', port: 0 }),
      clock: new Clock(),
      neighbours,
      share: NOTHING,
      reporter,
      timing,
      pure: true,
    });
    this.#downloads = new Downloads({
      peer: this.#peer,
      neighbours,
      sinks: MEMORY_SINKS,
      reporter,
      timing: { silenceMs: SILENCE_MS + 4 * delayMs },
    });
  }

  /** @throws StartError */
  listen(): Promise<void> {
    return this.#peer.listen();
  }

  close(): Promise<void> {
    return this.#peer.close();
  }

  get address(): Address {
    return this.#peer.address;
  }

  /** Greets a program until it answers; what is learnt of how it speaks is not part of a measurement. */
  async untilAnswers(address: Address, signal: AbortSignal): Promise<void> {
    this.#peer.know(address);
    while (!signal.aborted) {
      await this.#peer.hello(address, signal);
      if (this.#neighbours.get(address)?.status === 'ONLINE') return;
      await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Asks a program for its list until that has all these files, and returns under which tokens.
   * @returns undefined where the signal came first
   */
  async untilLists(
    address: Address,
    files: readonly MadeFile[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    while (!signal.aborted) {
      const tokens = await this.#tokensOf(address, signal);
      if (files.every(({ name, size }) => tokens.has(`${size} ${name}`)))
        return new Map(files.map(({ name, size }) => [name, tokens.get(`${size} ${name}`)!]));
      await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  async #tokensOf(address: Address, signal: AbortSignal): Promise<Map<string, string>> {
    try {
      const { files } = await this.#peer.request(address, { type: 'LS' }, { signal });
      return new Map(files.map(({ token, size }) => [`${size} ${decodeName(token)}`, token]));
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return new Map();
    }
  }

  /** Downloads a file into memory; a text in Portuguese where that failed. */
  async download(
    file: MadeFile,
    sources: readonly Source<Address>[],
    chunkSize: number,
    signal: AbortSignal,
  ): Promise<Taken | string> {
    const found: FoundFile<Address> = { name: file.name, size: file.size, sources };
    const before = this.#messages;
    this.#failure = 'aborted';
    this.#chunkFailure = undefined;
    const fetched = await this.#downloads.fetch(found, chunkSize, signal);
    if (fetched === undefined) return this.#whyFailed();
    if (fetched.sha256 !== file.sha256) return 'os bytes que chegaram não são os do arquivo';
    if (fetched.sources < Math.min(sources.length, Math.ceil(file.size / chunkSize)))
      return `só ${fetched.sources} de ${sources.length} peers enviaram chunks`;
    return { seconds: fetched.seconds, messages: this.#messages - before };
  }

  #note(event: AppEvent): void {
    if (event.event === 'message-sent' || event.event === 'message-received') this.#messages += 1;
    else if (event.event === 'download-failed') this.#failure = event.code;
    else if (event.event === 'chunk-failed') this.#chunkFailure = event.code;
  }

  #whyFailed(): string {
    const chunk = this.#chunkFailure === undefined ? '' : ` (${reason(this.#chunkFailure)})`;
    return reason(this.#failure) + chunk;
  }
}
