import type { FileSink, Placed, SinkPlan } from '../../download/file-sink.ts';
import { DownloadError, FileError } from '../../errors.ts';
import { fileError } from '../file-error.ts';
import type { Folder } from '../folder.ts';
import type { ByteRange } from '../../download/engine/download-options.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { checkName, checkPlace, otherNames, syncFolder } from './final-name.ts';
import { claimLeftover } from './leftovers.ts';
import { NoteKeeper } from './note-keeper.ts';
import { PrefixHash } from './prefix-hash.ts';
import type { ResumeNote } from './resume-note.ts';
import { TemporaryFile } from './temporary-file.ts';

/** In milliseconds. */
export interface ResumeTiming {
  readonly noteMs?: number;
  readonly watchMs?: number;
}

export interface PartialFileOptions {
  readonly timing?: ResumeTiming;
  /** Called once, for the first note that could not be written. */
  readonly onNotNoted?: (error: FileError) => void;
}

/**
 * A download on its way: a hidden temporary file beside its final place, so that the last step is a rename and nobody
 * ever sees half a file. What the ChunkWriter has written counts as there; only then is it noted for a resume
 * (NoteKeeper) and hashed (PrefixHash). Memory is bounded by all three, whatever the size of the file.
 * A failure removes by itself what is on the disk.
 */
export class PartialFile implements FileSink {
  readonly present: readonly ByteRange[];
  readonly #folder: Folder;
  readonly #plan: SinkPlan;
  readonly #shown: string;
  readonly #file: TemporaryFile;
  readonly #writer: ChunkWriter;
  readonly #hash: PrefixHash;
  readonly #notes: NoteKeeper;
  /** Takes no chunk any more. */
  #isClosed = false;
  #isDiscarded = false;
  #failure: FileError | undefined;
  #room: Promise<void> | undefined;
  #committed: Promise<Placed> | undefined;
  #suspended: Promise<number> | undefined;
  #removed: Promise<void> | undefined;

  private constructor(
    folder: Folder,
    plan: SinkPlan,
    file: TemporaryFile,
    former: ResumeNote | undefined,
    { timing, onNotNoted = () => undefined }: PartialFileOptions,
  ) {
    const { handle } = file;
    const path = folder.shownEntry(plan.name);
    const present = former?.ranges ?? [];
    this.present = present;
    this.#folder = folder;
    this.#plan = plan;
    this.#shown = path;
    this.#file = file;
    this.#hash = new PrefixHash(handle, path);
    this.#notes = new NoteKeeper({
      file,
      plan,
      path,
      former,
      intervalMs: timing?.noteMs,
      onNotNoted,
      flush: () => this.#flush(),
      onFailure: (error) => void this.#fail(error),
    });
    this.#writer = new ChunkWriter({
      ...plan,
      handle,
      path,
      present,
      onWritten: ({ position, bytes }) => {
        this.#hash.invalidate(position);
        this.#hash.take(position, bytes);
        this.#hash.follow(this.#writer.written.prefix);
      },
    });
    this.#hash.follow(this.#writer.written.prefix);
  }

  /**
   * Goes on with what an interrupted download of this file has left, or begins anew.
   * @throws FileError `unsafe-name`, `not-a-file`, `name-twin`, `not-found`, `no-permission`, `disk-full`, `io`
   */
  static async create(
    folder: Folder,
    plan: SinkPlan,
    options: PartialFileOptions = {},
  ): Promise<PartialFile> {
    checkName(plan.name);
    try {
      // It is checked again before the rename; here it spares a download that could not end well.
      if (plan.existing !== 'rename') await checkPlace(folder, plan.name);
      const leftover = await claimLeftover(folder, plan, options.timing?.watchMs);
      const file = leftover?.file ?? (await TemporaryFile.create(folder, plan));
      return new PartialFile(folder, plan, file, leftover?.note, options);
    } catch (error) {
      throw fileError(error, folder.shownEntry(plan.name));
    }
  }

  get sha256(): string | undefined {
    return this.#notes.sha256;
  }

  write(offset: number, ...pieces: Buffer[]): Promise<void> | undefined {
    // A chunk that was on its way when the download ended.
    if (this.#isClosed) return undefined;
    const failure = this.#failure ?? this.#writer.failure;
    if (failure !== undefined) return this.#orFail(Promise.reject(failure));
    const end = pieces.reduce((at, { length }) => at + length, offset);
    const isInside = offset >= 0 && end <= this.#plan.size && Number.isSafeInteger(offset);
    if (!isInside) return this.#orFail(Promise.reject(new FileError('out-of-range', this.#shown)));
    this.#writer.put(offset, pieces, end - offset);
    this.#notes.changed();
    if (!this.#writer.congested) return undefined;
    this.#room ??= this.#orFail(this.#writer.caughtUp()).finally(() => (this.#room = undefined));
    return this.#room;
  }

  expect(sha256: string): void {
    this.#notes.expect(sha256);
  }

  doubt(ranges: readonly ByteRange[]): void {
    this.#writer.doubt(ranges);
    for (const [from] of ranges) this.#hash.invalidate(from);
    this.#notes.retract();
  }

  async digest(signal?: AbortSignal): Promise<string> {
    try {
      this.#check();
      await this.#writer.settled();
      if (this.#isComplete) return await this.#hash.finish(this.#plan.size, signal);
    } catch (error) {
      // All bytes are there, and may be kept.
      if (error instanceof DownloadError) throw error;
      // `commit`, `suspend` or `discard` was called meanwhile and decides what stays.
      throw this.#isClosed ? fileError(error, this.#shown) : await this.#fail(error);
    }
    throw this.#error(`${this.#writer.written.total} of ${this.#plan.size} bytes`);
  }

  commit(): Promise<Placed> {
    if (this.#suspended !== undefined) return Promise.reject(this.#error('suspended'));
    this.#committed ??= this.#commit();
    return this.#committed;
  }

  suspend(): Promise<number> {
    if (this.#suspended === undefined && this.#isClosed) return this.#removeUnlessCommitted().then(() => 0);
    this.#suspended ??= this.#suspend();
    return this.#suspended;
  }

  async discard(): Promise<void> {
    if (this.#suspended !== undefined) return void (await this.#suspended);
    this.#isClosed = true;
    this.#isDiscarded = true;
    await this.#removeUnlessCommitted();
  }

  async #commit(): Promise<Placed> {
    let placed: Placed;
    try {
      this.#check();
      this.#isClosed = true;
      await this.#writer.settled();
      await this.#checkComplete();
      await Promise.all([this.#hash.stop(), this.#notes.stop()]);
      await this.#file.handle.sync();
      await this.#file.handle.close();
      placed = await (this.#plan.existing === 'rename' ? this.#placeBeside() : this.#place());
    } catch (error) {
      throw await this.#fail(error);
    }
    await syncFolder(this.#folder);
    return placed;
  }

  async #place(): Promise<Placed> {
    const { name } = this.#plan;
    const replaced = await checkPlace(this.#folder, name);
    if (this.#isDiscarded) throw this.#error('discarded');
    await this.#file.place(name);
    return { name, replaced };
  }

  /** What has the name keeps it: the first name that is free is taken. */
  async #placeBeside(): Promise<Placed> {
    for (const name of otherNames(this.#plan.name)) {
      if (this.#isDiscarded) throw this.#error('discarded');
      if (await this.#file.placeIfFree(name)) return { name, replaced: undefined };
    }
    throw new FileError('exists', this.#shown);
  }

  async #suspend(): Promise<number> {
    try {
      this.#check();
      this.#isClosed = true;
      await Promise.all([this.#hash.stop(), this.#notes.stop()]);
      const ranges = await this.#flush();
      if (ranges.length > 0) await this.#notes.release(ranges);
      else await this.#remove();
      await this.#file.handle.close();
      return this.#writer.written.total;
    } catch (error) {
      await this.#fail(error);
      return 0;
    }
  }

  get #isComplete(): boolean {
    return this.#writer.written.has(0, this.#plan.size);
  }

  async #checkComplete(): Promise<void> {
    const { size } = await this.#file.handle.stat();
    if (this.#isComplete && size === this.#plan.size) return;
    throw this.#error(`${this.#writer.written.total} bytes written, ${size} on disk, ${this.#plan.size} due`);
  }

  /** What the disk has once all that has come is written, even after a power cut. */
  async #flush(): Promise<readonly ByteRange[]> {
    await this.#writer.settled();
    const ranges = this.#writer.written.list();
    await this.#file.handle.datasync();
    return ranges;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw this.#error('ended');
  }

  #error(detail: string): FileError {
    return new FileError('io', this.#shown, { cause: new Error(detail) });
  }

  async #orFail(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<FileError> {
    try {
      this.#failure ??= fileError(error, this.#shown);
      return this.#failure;
    } finally {
      await this.#remove();
    }
  }

  async #removeUnlessCommitted(): Promise<void> {
    const isCommitted = await this.#committed?.then(
      () => true,
      () => false,
    );
    if (isCommitted !== true) await this.#remove();
  }

  #remove(): Promise<void> {
    this.#removed ??= this.#removeOnce();
    return this.#removed;
  }

  async #removeOnce(): Promise<void> {
    await Promise.all([this.#writer.stop(), this.#hash.stop(), this.#notes.stop()]);
    await this.#file.remove();
  }
}
