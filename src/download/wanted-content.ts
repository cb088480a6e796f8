import { setMaxListeners } from 'node:events';
import type { FoundFile, Source } from './engine/chunks.ts';
import { ContentVote } from './engine/content-vote.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { SourceDigests, type ToldDigest } from './source-digests.ts';
import type { DownloadTiming } from './timing.ts';

export interface WantedContentOptions {
  readonly file: FoundFile<Address>;
  readonly peer: Pick<Peer, 'request' | 'hasDigests'>;
  readonly timing: DownloadTiming;
  /** Ends all asking. */
  readonly signal: AbortSignal;
  /** It is known what is wanted; called once at the most. */
  readonly onDecided: (sha256: string) => void;
  /** This source has another content, or another size. */
  readonly onOther: (source: Source<Address>) => void;
  /** A source that was not chosen has the content that is wanted. */
  readonly onLate: (source: Source<Address>) => void;
}

/**
 * What the whole of a download should be. Decided once, by the chosen sources alone; a source that was found later is only
 * compared with it (protocol, section 6).
 */
export class WantedContent {
  readonly #options: WantedContentOptions;
  readonly #vote: ContentVote<Address>;
  readonly #digests: SourceDigests;
  readonly #chosen: ReadonlySet<Address>;
  readonly #asked = new Set<Address>();
  /** What each source has told, the late ones too. */
  readonly #told = new Map<Source<Address>, string>();
  #wanted: string | undefined;

  constructor(options: WantedContentOptions) {
    const { file, peer, timing, signal } = options;
    this.#options = options;
    const chosen = file.sources.map(({ address }) => address);
    this.#chosen = new Set(chosen);
    this.#vote = new ContentVote(chosen);
    // As many as digests are asked for.
    setMaxListeners(0, signal);
    this.#digests = new SourceDigests({
      peer,
      timing,
      signal,
      onTold: (source, told) => this.#onTold(source, told),
    });
  }

  /** Undefined as long as it is not decided. */
  get sha256(): string | undefined {
    return this.#wanted;
  }

  /** A digest was told, or may be: there is, or will be, something to compare with. */
  get isKnowable(): boolean {
    return this.#vote.voters > 0;
  }

  /** By how many of the chosen sources this content was told. */
  tellers(sha256: string): number {
    return this.#vote.count(sha256);
  }

  /** The content that is ahead of the others, decided or not. */
  get leader(): string | undefined {
    return this.#wanted ?? this.#vote.leader;
  }

  /** Whether this source has told the content that is wanted. */
  isTeller(address: Address): boolean {
    return [...this.#told].some(([source, sha256]) => source.address === address && sha256 === this.#wanted);
  }

  /** What is known beforehand: what the search was told, and what the choice of a row has decided. */
  begin(): void {
    const { file } = this.#options;
    for (const source of file.sources) {
      // Until its connection is prepared each may be one that can tell.
      if (source.sha256 === undefined) this.#vote.ask(source.address);
      else this.#tell(source, source.sha256);
    }
    if (file.sha256 !== undefined) this.#decide(file.sha256);
    else this.#decideIfSafe();
  }

  /** The connection to this source is prepared: it is known whether it can tell. */
  ask(source: Source<Address>): void {
    const { address } = source;
    if (this.#told.has(source) || this.#asked.has(address)) return;
    this.#asked.add(address);
    if (this.#options.peer.hasDigests(address)) return this.#digests.ask(source);
    this.#vote.abstain(address);
    this.#decideIfSafe();
  }

  /** Waits, for so long at the most, until the sources that might differ have told. */
  async compared(timeoutMs: number, signal: AbortSignal): Promise<void> {
    // One alone has nobody to differ from.
    if (this.#wanted === undefined && this.#vote.voters > 1) await this.#digests.settled(timeoutMs, signal);
  }

  /** Waits, for so long at the most, until all have told. */
  async settled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#wanted === undefined && this.#vote.isOpen) await this.#digests.settled(timeoutMs, signal);
  }

  /** Takes what is ahead: nobody is waited for any longer. */
  close(): void {
    const { leader } = this.#vote;
    if (this.#wanted === undefined && leader !== undefined) this.#decide(leader);
  }

  /** What is told while this work runs is taken after it. */
  quietly<T>(work: () => Promise<T>): Promise<T> {
    return this.#digests.quietly(work);
  }

  #onTold(source: Source<Address>, told: ToldDigest): void {
    const { file, onOther } = this.#options;
    const { address } = source;
    if (told === undefined || told.size !== file.size) this.#vote.abstain(address);
    if (told !== undefined && told.size !== file.size) onOther(source);
    else if (told !== undefined) this.#tell(source, told.sha256);
    this.#decideIfSafe();
  }

  #tell(source: Source<Address>, sha256: string): void {
    this.#told.set(source, sha256);
    this.#vote.tell(source.address, sha256);
    if (this.#wanted !== undefined) this.#judge(source, sha256);
  }

  #decideIfSafe(): void {
    const { winner } = this.#vote;
    if (this.#wanted === undefined && winner !== undefined) this.#decide(winner);
  }

  #decide(sha256: string): void {
    this.#wanted = sha256;
    this.#options.onDecided(sha256);
    for (const [source, told] of this.#told) this.#judge(source, told);
  }

  #judge(source: Source<Address>, sha256: string): void {
    const { onOther, onLate } = this.#options;
    const isChosen = this.#chosen.has(source.address);
    if (sha256 === this.#wanted) {
      if (!isChosen) onLate(source);
    } else if (isChosen) onOther(source);
  }
}
