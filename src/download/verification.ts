import type { Download } from './engine/download.ts';
import { Repair } from './engine/repair.ts';
import { DownloadError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import type { WantedContent } from './wanted-content.ts';

export interface VerificationOptions {
  readonly engine: Download<Address>;
  readonly wanted: WantedContent;
  /** All that take part, as they come. */
  readonly sources: readonly Address[];
  /** What an interrupted download was told. */
  readonly noted: string | undefined;
  /** How long to wait where the content that came is not the one that the fast sources tell. */
  readonly disputeMs: number;
  readonly signal: AbortSignal;
  /** So many bytes are open again. */
  readonly onReopened: (bytes: number) => void;
  /** This source has told the right digest and sent other bytes. */
  readonly onLiar: (source: Address) => void;
}

/** Whether the whole is the file; where it is not, opens again what may be wrong. */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #repair: Repair<Address>;
  /** Worth nothing as soon as the sources of now say what the whole should be, or the bytes of then are gone. */
  #noted: string | undefined;

  constructor(options: VerificationOptions) {
    const { engine, wanted, noted } = options;
    this.#options = options;
    this.#noted = noted;
    this.#repair = new Repair(engine, (source) => wanted.isTeller(source));
  }

  /** It is decided what the whole should be: bytes that were fetched for another content are fetched again. */
  expect(sha256: string): void {
    const isOther = this.#noted !== undefined && this.#noted !== sha256;
    this.#noted = undefined;
    if (isOther) this.#reopenResumed();
  }

  /** The sources that are asked have all failed: whether others were only left out for a try, and take part again. */
  endTry(): boolean {
    return this.#repair.endTry();
  }

  /**
   * Whether the whole, of this digest, is the file; otherwise something was opened again.
   * @throws DownloadError `digest-mismatch` where nothing is left to try
   */
  async isRight(sha256: string): Promise<boolean> {
    const { engine, wanted, disputeMs, signal } = this.#options;
    if (wanted.sha256 === undefined && wanted.leader !== undefined && sha256 !== wanted.leader) {
      // What came is not what the fast ones tell; the others may still say more than they do.
      await wanted.settled(disputeMs, signal);
      wanted.close();
      if (!engine.isDone) return false;
    }
    const expected = wanted.sha256 ?? wanted.leader;
    if (expected === undefined) return this.#fitsTheNote(sha256);
    if (sha256 !== expected) return this.#tryAgain();
    const { culprit } = this.#repair;
    if (culprit !== undefined) this.#options.onLiar(culprit);
    return true;
  }

  /** None of the sources can tell: what came before and does not fit is fetched once more; then the old word is void. */
  #fitsTheNote(sha256: string): boolean {
    if (this.#noted === undefined || this.#noted === sha256) return true;
    this.#noted = undefined;
    return this.#reopenResumed() === 0;
  }

  #tryAgain(): false {
    const { sources, onReopened } = this.#options;
    const bytes = this.#repair.next(sources);
    if (bytes === 0) throw new DownloadError('digest-mismatch', []);
    onReopened(bytes);
    return false;
  }

  #reopenResumed(): number {
    const { engine, onReopened } = this.#options;
    const bytes = engine.reopenResumed();
    if (bytes > 0) onReopened(bytes);
    return bytes;
  }
}
