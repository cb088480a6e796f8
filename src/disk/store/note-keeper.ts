import { RESUME_NOTE_INTERVAL_MS } from '../../limits.ts';
import type { ByteRange } from './byte-ranges.ts';
import { fileError } from '../file-error.ts';
import { thisProcess, type Owner } from './owner.ts';
import type { ResumeNote } from './resume-note.ts';
import type { SinkPlan } from './sink.ts';
import type { TemporaryFile } from './temporary-file.ts';

export interface NoteKeeperOptions {
  readonly file: TemporaryFile;
  readonly plan: SinkPlan;
  /** What the user would look at, for errors. */
  readonly path: string;
  /** The note that an interrupted download has left, and that we go on with. */
  readonly former: ResumeNote | undefined;
  /** Brings all that has come to the disk, safe from a power cut, and tells what is there; rejects with FileError. */
  readonly flush: () => Promise<readonly ByteRange[]>;
  /** Hears of a failed flush: what was written may be lost. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps the note about a download true and at most RESUME_NOTE_INTERVAL_MS old. The note is never ahead of the data:
 * first the flush, then the note about what was written before it. A download that ends earlier is never noted.
 */
export class NoteKeeper {
  readonly #options: NoteKeeperOptions;
  #sha256: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** Something has come since the last flush began. */
  #isNew = false;
  /** The note, or the one about to be written, claims too much. */
  #isWrong = false;
  #isNoted: boolean;
  #isStopped = false;

  constructor(options: NoteKeeperOptions) {
    this.#options = options;
    this.#isNoted = options.former !== undefined;
    this.#sha256 = options.plan.sha256 ?? options.former?.sha256;
  }

  /** What the whole should have. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  expect(sha256: string): void {
    this.#sha256 = sha256;
    this.touch();
  }

  /** Something has changed. Called for every chunk. */
  touch(): void {
    this.#isNew = true;
    if (this.#timer === undefined) this.#schedule();
  }

  /** What is noted is not true any more: another note, at once. */
  retract(): void {
    this.#isNew = true;
    this.#isWrong = true;
    if (this.#isNoted) this.#begin();
  }

  /** No more notes; done once none is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /**
   * The last note, after `stop`: these bytes are there, and free for whoever wants them. Rejects with the error of the
   * system.
   */
  release(ranges: readonly ByteRange[]): Promise<void> {
    return this.#write(ranges, undefined);
  }

  #schedule(): void {
    if (this.#isStopped || this.#running !== undefined) return;
    this.#timer = setTimeout(() => this.#begin(), RESUME_NOTE_INTERVAL_MS).unref();
  }

  #begin(): void {
    if (this.#isStopped || this.#running !== undefined) return;
    clearTimeout(this.#timer);
    this.#running = this.#note().finally(() => {
      this.#running = undefined;
      this.#timer = undefined;
      if (this.#isNew) this.#schedule();
    });
  }

  async #note(): Promise<void> {
    do {
      this.#isNew = false;
      this.#isWrong = false;
      let ranges: readonly ByteRange[];
      try {
        ranges = await this.#options.flush();
      } catch (error) {
        this.#isStopped = true;
        this.#options.onFailure(error);
        return;
      }
      if (this.#isWrong || (ranges.length === 0 && !this.#isNoted)) continue;
      try {
        await this.#write(ranges, await thisProcess());
      } catch (error) {
        // Without it an interruption costs more; the download itself goes on.
        fileError(error, this.#options.path);
      }
    } while (this.#isWrong && !this.#isStopped);
  }

  async #write(ranges: readonly ByteRange[], owner: Owner | undefined): Promise<void> {
    const { file, plan } = this.#options;
    const { name, size, chunkSize } = plan;
    this.#isNoted = true;
    await file.writeNote({ name, size, chunkSize, sha256: this.#sha256, ranges, owner });
  }
}
