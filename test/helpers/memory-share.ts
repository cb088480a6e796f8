import { createHash } from 'node:crypto';
import type { ByteRange } from '../../src/download/engine/download-options.ts';
import { FileError } from '../../src/errors.ts';
import type { FileSink, Placed, SinkPlan, Sinks } from '../../src/download/file-sink.ts';
import type { OpenFile, Share, SharedFile } from '../../src/handlers.ts';

/** What an interrupted download has left. */
export interface Leftover {
  readonly present: readonly ByteRange[];
  readonly data: Buffer;
  readonly sha256?: string;
}

const NOTHING: Leftover = { present: [], data: Buffer.alloc(0) };

/** What a download leaves in memory; it complains where a byte is missing at the end, or is written twice unasked. */
class MemorySink implements FileSink {
  readonly present: readonly ByteRange[];
  sha256: string | undefined;
  readonly #name: string;
  readonly #data: Buffer;
  /** 1 for each byte that is there. */
  readonly #written: Uint8Array;
  readonly #commit: (data: Buffer) => void;
  readonly #discard: () => void;

  constructor(
    { name, size, sha256 }: SinkPlan,
    { present, data, ...noted }: Leftover,
    commit: (data: Buffer) => void,
    discard: () => void,
  ) {
    this.sha256 = sha256 ?? noted.sha256;
    this.#name = name;
    this.present = present;
    this.#data = Buffer.alloc(size);
    this.#written = new Uint8Array(size);
    for (const [from, to] of present) {
      data.copy(this.#data, from, from, to);
      this.#written.fill(1, from, to);
    }
    this.#commit = commit;
    this.#discard = discard;
  }

  write(offset: number, ...pieces: Buffer[]): undefined {
    const data = Buffer.concat(pieces);
    if (this.#written.subarray(offset, offset + data.length).includes(1)) throw new Error(`twice: ${offset}`);
    this.#written.fill(1, offset, offset + data.length);
    data.copy(this.#data, offset);
  }

  expect(sha256: string): void {
    this.sha256 = sha256;
  }

  doubt(ranges: readonly ByteRange[]): void {
    for (const [from, to] of ranges) this.#written.fill(0, from, to);
  }

  digest(): Promise<string> {
    return Promise.resolve(sha256Of(this.#data));
  }

  commit(): Promise<Placed> {
    const hole = this.#written.indexOf(0);
    if (hole !== -1) throw new Error(`committed without byte ${hole}`);
    this.#commit(this.#data);
    return Promise.resolve({ name: this.#name, replaced: undefined });
  }

  suspend(): Promise<number> {
    this.#discard();
    return Promise.resolve(0);
  }

  discard(): Promise<void> {
    this.#discard();
    return Promise.resolve();
  }
}

/** In hexadecimal digits. */
export function sha256Of(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A shared folder in memory; downloads land in it as well. */
export class MemoryShare implements Share, Sinks {
  readonly files: Map<string, Buffer>;
  /** What the next download goes on with. */
  leftover = NOTHING;
  /** Names of the downloads that were given up. */
  readonly discarded: string[] = [];
  /** How often a file was read. */
  reads = 0;
  /** Runs before every read of a shared file: the place to wait, or to throw a FileError. */
  beforeRead: (name: string, offset: number) => Promise<void> | void = () => undefined;
  /** Runs before every digest, likewise. */
  beforeDigest: (name: string) => Promise<void> | void = () => undefined;
  /** Runs before every listing, likewise. */
  beforeList: () => Promise<void> | void = () => undefined;
  /** Which reads need no look at the disk; none, because tests that watch the reads want to see all of them. */
  isInMemory: (name: string, offset: number) => boolean = () => false;

  constructor(files: Readonly<Record<string, Buffer>> = {}) {
    this.files = new Map(Object.entries(files));
  }

  async list(): Promise<readonly SharedFile[]> {
    await this.beforeList();
    return [...this.files].map(([name, { length }]) => ({ name, size: length }));
  }

  open(name: string): Promise<OpenFile> {
    const file = this.openNow(name);
    return file === undefined ? Promise.reject(new FileError('not-found', name)) : Promise.resolve(file);
  }

  openNow(name: string): OpenFile | undefined {
    const data = this.files.get(name);
    if (data === undefined) return undefined;
    const read = async (offset: number, length: number) => {
      this.reads += 1;
      await this.beforeRead(name, offset);
      if (offset + length > data.length) throw new FileError('out-of-range', name);
      return data.subarray(offset, offset + length);
    };
    const readNow = (offset: number, length: number) =>
      this.isInMemory(name, offset) ? data.subarray(offset, offset + length) : undefined;
    const readInto = async (bytes: Buffer, offset: number) => {
      (await read(offset, bytes.length)).copy(bytes);
    };
    return { size: data.length, read, readInto, readNow };
  }

  async digest(name: string): Promise<{ size: number; sha256: string }> {
    await this.beforeDigest(name);
    const data = this.files.get(name);
    if (data === undefined) throw new FileError('not-found', name);
    return { size: data.length, sha256: sha256Of(data) };
  }

  sizeOf(name: string): number | undefined {
    return this.files.get(name)?.length;
  }

  createSink(plan: SinkPlan): Promise<FileSink> {
    const { name } = plan;
    const commit = (data: Buffer) => void this.files.set(name, data);
    return Promise.resolve(new MemorySink(plan, this.leftover, commit, () => void this.discarded.push(name)));
  }

  modifiedAt(): Promise<number> {
    return Promise.resolve(0);
  }

  interrupted(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  noteDigest(): Promise<void> {
    return Promise.resolve();
  }
}
