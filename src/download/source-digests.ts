import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from './engine/chunks.ts';
import { RemoteError } from '../errors.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import type { DownloadTiming } from './timing.ts';

/** What a source says of its file; undefined where it cannot tell. Size in bytes. */
export type ToldDigest = { readonly size: number; readonly sha256: string } | undefined;

export interface SourceDigestsOptions {
  readonly peer: Pick<Peer, 'request'>;
  readonly timing: Pick<DownloadTiming, 'firstDigestRetryMs' | 'longestDigestRetryMs'>;
  /** Ends all asking. */
  readonly signal: AbortSignal;
  /** Called once for each source that is asked, but for the end of all asking. */
  readonly onTold: (source: Source<Address>, told: ToldDigest) => void;
}

/** Asks sources for the digest of a file, and again while they are busy with it. */
export class SourceDigests {
  readonly #options: SourceDigestsOptions;
  readonly #open = new Set<Promise<void>>();
  /** Wakes those that let a busy source do its work: somebody waits for them now. */
  #hurry = new AbortController();
  /** What has been told while nobody is to hear of it. */
  #held: (() => void)[] | undefined;

  constructor(options: SourceDigestsOptions) {
    this.#options = options;
  }

  ask(source: Source<Address>): void {
    const asking = this.#ask(source).finally(() => this.#open.delete(asking));
    this.#open.add(asking);
  }

  /** Waits until all that are asked have answered, at most that long, and not beyond the signal. Busy ones are asked at once, and often. */
  async settled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0) return;
    const hurry = this.#hurry;
    this.#hurry = new AbortController();
    hurry.abort();
    const over = new AbortController();
    await Promise.race([Promise.all(this.#open), pause(timeoutMs, AbortSignal.any([signal, over.signal]))]);
    over.abort();
  }

  /** What is told while this work runs is passed on after it. */
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
    const { signal, onTold } = this.#options;
    const told = await this.#request(source);
    if (signal.aborted) return;
    const tell = () => onTold(source, told);
    if (this.#held === undefined) tell();
    else this.#held.push(tell);
  }

  async #request({ token, address }: Source<Address>): Promise<ToldDigest> {
    const { peer, signal, timing } = this.#options;
    const { firstDigestRetryMs, longestDigestRetryMs } = timing;
    let hasFailed = false;
    let retryMs = firstDigestRetryMs;
    while (!signal.aborted) {
      try {
        const { size, sha256 } = await peer.request(address, { type: 'DIGEST', token }, { signal });
        return { size, sha256 };
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        if (error.code === 'remote-busy') {
          const hurry = this.#hurry.signal;
          await pause(retryMs, AbortSignal.any([signal, hurry]));
          retryMs = hurry.aborted ? firstDigestRetryMs : Math.min(2 * retryMs, longestDigestRetryMs);
          // All but a refusal has ended the session: once more in a new one.
        } else if (error.code === 'refused-by-remote' || hasFailed) return undefined;
        else hasFailed = true;
      }
    }
    return undefined;
  }
}

/** Resolves after that time, or at once when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
