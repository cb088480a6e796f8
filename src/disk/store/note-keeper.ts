import type { FileError } from '../../errors.ts';
import type { SinkPlan } from '../../download/file-sink.ts';
import type { ByteRange } from '../../download/engine/download-options.ts';
import { fileError, systemCode } from '../file-error.ts';
import type { ResumeNote } from './resume-note.ts';
import type { TemporaryFile } from './temporary-file.ts';

/** What is written is noted this often, after the data: so much at most is asked for again. */
export const NOTE_INTERVAL_MS = 1_000;

/** Touches during the time between two notes. */
const TOUCHES = 4;

export interface NoteKeeperOptions {
  readonly file: TemporaryFile;
  readonly plan: SinkPlan;
  /** What the user would look at, for errors. */
  readonly path: string;
  /** The note that an interrupted download has left, and that we go on with. */
  readonly former: ResumeNote | undefined;
  /** The time between two notes, in milliseconds; NOTE_INTERVAL_MS by default. */
  readonly intervalMs: number | undefined;
  /** Brings all that has come to the disk, safe from a power cut, and tells what is there; rejects with FileError. */
  readonly flush: () => Promise<readonly ByteRange[]>;
  /** Called once the flush has failed or another download has claimed the bytes: what was written may be lost. */
  readonly onFailure: (error: unknown) => void;
  /** Called for the first note that could not be written: an interruption costs more than it should. */
  readonly onNotNoted: (error: FileError) => void;
}

/**
 * Keeps the note about a download true and at most one interval old, and touches it more often than that: so others see that
 * the download goes on. The note is never ahead of the data: first the flush, then the note about what was
 * written before it. A download that ends earlier is never noted.
 */
export class NoteKeeper {
  readonly #options: NoteKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #sha256: string | undefined;
  #running: Promise<void> | undefined;
  /** Something has come since the last flush began. */
  #isNew = false;
  /** The note, or the one about to be written, claims too much. */
  #isWrong = false;
  #isNoted: boolean;
  #isStopped = false;
  /** Since the last note. */
  #ticks = 0;
  #hasFailed = false;

  constructor(options: NoteKeeperOptions) {
    this.#options = options;
    this.#isNoted = options.former !== undefined;
    this.#sha256 = options.plan.sha256 ?? options.former?.sha256;
    this.#timer = setInterval(() => this.#tick(), (options.intervalMs ?? NOTE_INTERVAL_MS) / TOUCHES).unref();
  }

  /** What the whole should have. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  expect(sha256: string): void {
    this.#sha256 = sha256;
    this.#isNew = true;
  }

  /** Something has changed. Called for every chunk. */
  changed(): void {
    this.#isNew = true;
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
    clearInterval(this.#timer);
    await this.#running;
  }

  /**
   * The last note, after `stop`: these bytes are there, and free for anybody who wants them.
   * @throws the error of the system
   */
  release(ranges: readonly ByteRange[]): Promise<void> {
    return this.#write(ranges, true);
  }

  #tick(): void {
    this.#ticks += 1;
    this.#begin();
  }

  #begin(): void {
    if (this.#isStopped || this.#running !== undefined) return;
    this.#running = this.#keep().finally(() => (this.#running = undefined));
  }

  async #keep(): Promise<void> {
    try {
      do {
        await this.#touch();
        if (this.#isWrong || (this.#isNew && this.#ticks >= TOUCHES)) await this.#note();
      } while (this.#isWrong && !this.#isStopped);
    } catch (error) {
      this.#isStopped = true;
      clearInterval(this.#timer);
      this.#options.onFailure(error);
    }
  }

  async #touch(): Promise<void> {
    try {
      await this.#options.file.touch();
    } catch (error) {
      // Another process has taken this one for dead, and the bytes with it.
      if (systemCode(error) === 'ENOENT' && !this.#isStopped) throw error;
      this.#notNoted(error);
    }
  }

  async #note(): Promise<void> {
    this.#isNew = false;
    this.#isWrong = false;
    this.#ticks = 0;
    const ranges = await this.#options.flush();
    if (this.#isWrong || (ranges.length === 0 && !this.#isNoted)) return;
    try {
      await this.#write(ranges, false);
    } catch (error) {
      this.#notNoted(error);
    }
  }

  /** Without a note an interruption costs more; the download itself goes on. */
  #notNoted(error: unknown): void {
    const problem = fileError(error, this.#options.path);
    if (!this.#hasFailed) this.#options.onNotNoted(problem);
    this.#hasFailed = true;
  }

  async #write(ranges: readonly ByteRange[], isFree: boolean): Promise<void> {
    const { file, plan } = this.#options;
    this.#isNoted = true;
    await file.writeNote({ name: plan.name, size: plan.size, sha256: this.#sha256, ranges, isFree });
  }
}
