import type { FoundFile, Source } from './engine/chunks.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { MAX_SOURCES } from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import { decodeName } from '../protocol/names.ts';

/** Neighbours that a program asks by itself, all downloads together: nobody shall be flooded through us. */
const MAX_ASKED_A_MINUTE = 8;
const MINUTE_MS = 60_000;

/** How often we ask without being told to; one for the whole run. Times in milliseconds. */
export class AskingLimit {
  readonly #hostMs: number;
  /** When each was asked, in the last minute. */
  #asked: { readonly host: string; readonly at: number }[] = [];

  /** @param hostMs no host is asked twice within this time */
  constructor(hostMs: number) {
    this.#hostMs = hostMs;
  }

  /** Whether this host may be asked now; it counts as asked then. */
  take(host: string, now: number): boolean {
    const rememberedMs = Math.max(this.#hostMs, MINUTE_MS);
    this.#asked = this.#asked.filter(({ at }) => now - at < rememberedMs);
    const isTooSoon = this.#asked.some((asked) => asked.host === host && now - asked.at < this.#hostMs);
    const lately = this.#asked.filter(({ at }) => now - at < MINUTE_MS).length;
    if (isTooSoon || lately >= MAX_ASKED_A_MINUTE) return false;
    this.#asked.push({ host, at: now });
    return true;
  }
}

export interface LateSourcesOptions {
  readonly peer: Pick<Peer, 'request'>;
  readonly neighbours: Pick<Neighbours, 'online'>;
  /** Whether a neighbour has answered us before; others are not asked unbidden. */
  readonly isConfirmed: (neighbour: Address) => boolean;
  readonly limit: AskingLimit;
  readonly file: FoundFile<Address>;
  readonly signal: AbortSignal;
  /** A neighbour lists a file of that name and size. */
  readonly onFound: (source: Source<Address>) => void;
}

/** Neighbours that come ONLINE while a download runs: each is asked once whether it has the file too. */
export class LateSources {
  readonly #options: LateSourcesOptions;
  /** Who was there when it began has been asked by the search. */
  readonly #asked: Set<Address>;
  /** How many may still be found. */
  #room: number;

  constructor(options: LateSourcesOptions) {
    this.#options = options;
    const { neighbours, file } = options;
    this.#room = MAX_SOURCES - file.sources.length;
    this.#asked = new Set([...neighbours.online(), ...file.sources.map(({ address }) => address)]);
  }

  /**
   * Asks those that are new, as far as the limits allow.
   * @param now milliseconds
   */
  look(now: number): void {
    const { neighbours, isConfirmed, limit } = this.#options;
    for (const address of neighbours.online()) {
      if (this.#room === 0) return;
      if (this.#asked.has(address) || !isConfirmed(address)) continue;
      if (!limit.take(splitAddress(address).host, now)) continue;
      this.#asked.add(address);
      void this.#ask(address);
    }
  }

  async #ask(address: Address): Promise<void> {
    const { peer, file, signal, onFound } = this.#options;
    try {
      const { files } = await peer.request(address, { type: 'LS' }, { signal });
      const same = files.find(({ token, size }) => size === file.size && decodeName(token) === file.name);
      if (same === undefined || signal.aborted || this.#room === 0) return;
      this.#room -= 1;
      onFound({ address, token: same.token });
    } catch (error) {
      // Peer has reported what is wrong with it.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }
}
