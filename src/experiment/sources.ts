import { join } from 'node:path';
import type { Source } from '../download/engine/chunks.ts';
import { formatAddress, splitAddress, type Address } from '../protocol/address.ts';
import type { DownloadingPeer, MadeFile } from './downloading-peer.ts';
import { Link, type LinkSpec } from './link.ts';
import { ServingPeer, type Files } from './serving-peer.ts';

export interface SourcesOptions {
  /** A folder that exists; each gets one of its own in it. */
  readonly home: string;
  readonly count: number;
  readonly program: string | undefined;
  readonly files: Files;
  readonly made: readonly MadeFile[];
  readonly downloader: DownloadingPeer;
  /** Undefined where they are reached directly. */
  readonly link: Omit<LinkSpec, 'port'> | undefined;
}

/** From its start until a program lists its files; an interpreter on a slow disk takes seconds. */
const START_MS = 15_000;

/** Why a set of sources cannot be used, or not any longer: one line in Portuguese. */
export class SourceFailure extends Error {}

/** The serving peers of one block, with the links that lead to them. */
export class Sources {
  readonly #peers: ServingPeer[] = [];
  readonly #links: Link[] = [];
  readonly #over = new AbortController();
  readonly #tokens: (readonly [Address, ReadonlyMap<string, string>])[] = [];
  #isStopping = false;
  #failure: SourceFailure | undefined;

  /** Aborted when one of them ends by itself. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get failure(): SourceFailure | undefined {
    return this.#failure;
  }

  /**
   * Starts them and waits until all list their files. Whatever comes of it, `stop` has to be called.
   * @throws SourceFailure
   * @throws FileError where their folders cannot be written
   */
  async start(options: SourcesOptions, signal: AbortSignal): Promise<void> {
    for (let number = 1; number <= options.count && !signal.aborted; number += 1) {
      const home = join(options.home, String(number));
      const peer = await ServingPeer.start({ ...options, home, neighbour: options.downloader.address });
      this.#peers.push(peer);
      void peer.ended.then((reason) => this.#onEnd(peer, reason));
    }
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), START_MS + 8 * (options.link?.delayMs ?? 0));
    const stop = AbortSignal.any([signal, this.signal, late.signal]);
    try {
      await Promise.all(this.#peers.map((peer) => this.#meet(peer, options, stop)));
    } finally {
      clearTimeout(timer);
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (late.signal.aborted) throw new SourceFailure(this.#lateness(options.made));
  }

  /** Where each offers a file, and under which token. */
  of(file: MadeFile): Source<Address>[] {
    return this.#tokens.map(([address, tokens]) => ({ address, token: tokens.get(file.name)! }));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([
      ...this.#peers.map((peer) => peer.stop()),
      ...this.#links.map((link) => link.close()),
    ]);
  }

  /** At once, for a process that is about to end. */
  kill(): void {
    this.#peers.forEach((peer) => peer.kill());
  }

  async #meet(
    peer: ServingPeer,
    { downloader, link, made }: SourcesOptions,
    stop: AbortSignal,
  ): Promise<void> {
    await downloader.untilAnswers(peer.address, stop);
    let { address } = peer;
    if (link !== undefined) {
      const way = new Link({ ...link, ...splitAddress(address) });
      this.#links.push(way);
      address = formatAddress({ host: '127.0.0.1', port: await way.listen() });
      await downloader.untilAnswers(address, stop);
    }
    const tokens = await downloader.untilLists(address, made, stop);
    if (tokens !== undefined) this.#tokens.push([address, tokens]);
  }

  #onEnd(peer: ServingPeer, reason: string): void {
    if (this.#isStopping) return;
    const number = this.#peers.indexOf(peer) + 1;
    this.#failure ??= new SourceFailure(`a fonte ${number} de ${this.#peers.length} ${reason}`);
    this.#over.abort();
  }

  #lateness(made: readonly MadeFile[]): string {
    const lacking = this.#peers.length - this.#tokens.length;
    const files = made.map(({ name, size }) => `${name}:${size}`).join(' ');
    const seconds = START_MS / 1000;
    return `${lacking} de ${this.#peers.length} fontes não responderam a HELLO e LS com ${files} em ${seconds} s`;
  }
}
