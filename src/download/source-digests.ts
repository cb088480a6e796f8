import type { Source } from './engine/plan.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { DIGEST_RETRY_MS, FIRST_DIGEST_RETRY_MS } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';

/** What a source says of its file. */
export interface ToldDigest {
  readonly size: number;
  readonly sha256: string;
}

export interface SourceDigestsOptions {
  readonly peer: Peer;
  /** Ends all asking. */
  readonly signal: AbortSignal;
  readonly onDigest: (source: Source<Address>, told: ToldDigest) => void;
}

/** Asks sources for the digest of a file, and again while they are busy with it. Who cannot tell tells nothing. */
export class SourceDigests {
  readonly #options: SourceDigestsOptions;
  readonly #open = new Set<Promise<void>>();
  /** What has been told while nobody is to hear of it. */
  #held: (() => void)[] | undefined;

  constructor(options: SourceDigestsOptions) {
    this.#options = options;
  }

  /** Nothing where the source has never offered digests. */
  ask(source: Source<Address>): void {
    if (!this.#options.peer.hasDigests(source.address)) return;
    const asking = this.#ask(source).finally(() => this.#open.delete(asking));
    this.#open.add(asking);
  }

  /** Waits until nobody is left to answer, at most that long, and not beyond the signal. */
  async settled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    await Promise.race([Promise.all(this.#open), pause(timeoutMs, over.signal)]);
    end();
    signal.removeEventListener('abort', end);
  }

  /** What is told while this work runs is passed on behind it. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    this.#held = [];
    try {
      return await work();
    } finally {
      const held = this.#held;
      this.#held = undefined;
      for (const tell of held) tell();
    }
  }

  async #ask(source: Source<Address>): Promise<void> {
    const { peer, signal, onDigest } = this.#options;
    let hasFailed = false;
    for (
      let retryMs = FIRST_DIGEST_RETRY_MS;
      !signal.aborted;
      retryMs = Math.min(2 * retryMs, DIGEST_RETRY_MS)
    ) {
      try {
        const { token, address } = source;
        const { size, sha256 } = await peer.request(address, { type: 'DIGEST', token }, { signal });
        const tell = () => onDigest(source, { size, sha256 });
        if (this.#held === undefined) tell();
        else this.#held.push(tell);
        return;
      } catch (error) {
        if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
        if (error.code === 'remote-busy') await pause(retryMs, signal);
        // All but a refusal has ended the session: once more in a new one.
        else if (error.code === 'refused-by-remote' || hasFailed) return;
        else hasFailed = true;
      }
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
