import type { FoundFile, Source } from './engine/plan.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { MAX_SOURCES } from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { decodeName } from '../protocol/names.ts';

export interface LateSourcesOptions {
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly file: FoundFile<Address>;
  readonly signal: AbortSignal;
  readonly onFound: (source: Source<Address>) => void;
}

/** Neighbours that come ONLINE while a download runs: each is asked once whether it has the file too. */
export class LateSources {
  readonly #options: LateSourcesOptions;
  /** Who was there when it began has been asked by the search. */
  readonly #asked: Set<Address>;
  /** How many may still join. */
  #room: number;

  constructor(options: LateSourcesOptions) {
    this.#options = options;
    const { neighbours, file } = options;
    this.#room = MAX_SOURCES - file.sources.length;
    this.#asked = new Set([...neighbours.online(), ...file.sources.map(({ address }) => address)]);
  }

  /** Asks those that are new, as long as there is room for them (MAX_SOURCES). */
  look(): void {
    for (const address of this.#options.neighbours.online()) {
      if (this.#room === 0) return;
      if (this.#asked.has(address)) continue;
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
      // Peer has told what is wrong with it.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }
}
