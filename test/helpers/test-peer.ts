import { Clock } from '../../src/clock.ts';
import type { Context } from '../../src/commands.ts';
import { Downloads } from '../../src/download/downloads.ts';
import { Statistics } from '../../src/download/statistics.ts';
import type { Sinks } from '../../src/download/file-sink.ts';
import type { OwnFolder } from '../../src/download/own-files.ts';
import type { DownloadTiming } from '../../src/download/timing.ts';
import type { Share } from '../../src/handlers.ts';
import { DEFAULT_CHUNK_BYTES } from '../../src/limits.ts';
import type { Timing } from '../../src/network/timing.ts';
import { Neighbours } from '../../src/neighbours.ts';
import { Peer } from '../../src/peer.ts';
import type { Address } from '../../src/protocol/address.ts';
import { MemoryShare } from './memory-share.ts';
import { RecordingReporter } from './recording-reporter.ts';
import { scriptedAsk, type Answer } from './scripted-ask.ts';

export interface TestPeerOptions {
  /** Content of the shared folder by name. */
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Neighbours known at start, OFFLINE. */
  readonly knows?: readonly Address[];
  /** A shared folder other than the one in memory. */
  readonly folder?: Share & Sinks & OwnFolder;
  /** Waits other than the usual ones, of its connections and its downloads. */
  readonly timing?: Partial<Timing & DownloadTiming>;
  /** Of a private network. */
  readonly key?: Buffer | undefined;
}

/** A test has no patience with a link that is down or a digest that is not told, and all its neighbours live on one host. */
const TIMING: Partial<DownloadTiming> = {
  silenceMs: 0,
  lateHostMs: 0,
  firstDigestRetryMs: 20,
  longestDigestRetryMs: 60,
  firstDigestsMs: 300,
  lastDigestsMs: 2_000,
  disputeMs: 700,
  searchDigestsMs: 700,
};

export interface DeskOptions {
  readonly answers?: readonly Answer[];
  readonly signal?: AbortSignal;
  /** Bytes. */
  readonly chunkSize?: number;
  readonly isInteractive?: boolean;
  readonly overwrite?: Context['overwrite'];
}

/** A listening peer of this process on a free port, with everything that it works with. */
export class TestPeer implements AsyncDisposable {
  readonly clock = new Clock();
  readonly reporter = new RecordingReporter();
  readonly statistics = new Statistics();
  readonly share: MemoryShare;
  readonly neighbours: Neighbours;
  readonly peer: Peer;
  readonly downloads: Downloads;
  readonly #folder: Share & Sinks & OwnFolder;
  #closed: Promise<void> | undefined;

  private constructor({ files = {}, folder, timing = {}, key }: TestPeerOptions) {
    this.share = new MemoryShare(files);
    this.#folder = folder ?? this.share;
    this.neighbours = new Neighbours(() => this.peer.address);
    this.peer = new Peer({
      address: '127.0.0.1:0' as Address,
      clock: this.clock,
      neighbours: this.neighbours,
      share: this.#folder,
      reporter: this.reporter,
      timing: { linger: 1, probeInterval: 1, ...timing },
      key,
    });
    this.downloads = new Downloads({
      peer: this.peer,
      neighbours: this.neighbours,
      sinks: this.#folder,
      reporter: this.reporter,
      timing: { ...TIMING, ...timing },
    });
  }

  static async start(options: TestPeerOptions = {}): Promise<TestPeer> {
    const peer = new TestPeer(options);
    await peer.peer.listen();
    for (const address of options.knows ?? []) peer.peer.know(address);
    return peer;
  }

  get address(): Address {
    return this.peer.address;
  }

  get port(): number {
    return Number(this.address.slice(this.address.lastIndexOf(':') + 1));
  }

  /** What the commands need, with the answers that the person will give. */
  desk({
    answers = [],
    signal,
    chunkSize = DEFAULT_CHUNK_BYTES,
    isInteractive = false,
    overwrite = 'ask',
  }: DeskOptions = {}): Context {
    return {
      peer: this.peer,
      neighbours: this.neighbours,
      folder: this.#folder,
      downloads: this.downloads,
      statistics: this.statistics,
      reporter: this.reporter,
      ask: scriptedAsk(...answers),
      signal: signal ?? new AbortController().signal,
      chunkSize,
      isInteractive,
      overwrite,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.peer.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
