import { FileError } from '../../src/errors.ts';
import type { FileSink, Sinks } from '../../src/fetch-file.ts';
import type { OpenFile, Share, SharedFile } from '../../src/handlers.ts';

/** What a download leaves in memory; it complains where a byte is written twice or is missing at the end. */
class MemorySink implements FileSink {
  readonly #pieces = new Map<number, Buffer>();
  readonly #size: number;
  readonly #commit: (data: Buffer) => void;
  readonly #discard: () => void;

  constructor(size: number, commit: (data: Buffer) => void, discard: () => void) {
    this.#size = size;
    this.#commit = commit;
    this.#discard = discard;
  }

  write(offset: number, data: Buffer): Promise<void> {
    if (this.#pieces.has(offset)) throw new Error(`written twice: offset ${offset}`);
    this.#pieces.set(offset, data);
    return Promise.resolve();
  }

  commit(): Promise<void> {
    const pieces = [...this.#pieces].sort(([a], [b]) => a - b);
    let end = 0;
    for (const [offset, { length }] of pieces) {
      if (offset !== end) throw new Error(`hole or overlap at offset ${offset}, expected ${end}`);
      end += length;
    }
    if (end !== this.#size) throw new Error(`committed ${end} bytes of ${this.#size}`);
    this.#commit(Buffer.concat(pieces.map(([, data]) => data)));
    return Promise.resolve();
  }

  discard(): Promise<void> {
    this.#discard();
    return Promise.resolve();
  }
}

/** A shared folder in memory; downloads land in it as well. */
export class MemoryShare implements Share, Sinks {
  readonly files: Map<string, Buffer>;
  /** Names of the downloads that were given up. */
  readonly discarded: string[] = [];
  /** How often a file was read. */
  reads = 0;
  /** Runs before every read of a shared file: the place to wait, or to throw a FileError. */
  beforeRead: (name: string, offset: number) => Promise<void> | void = () => undefined;
  /** Runs before every listing, likewise. */
  beforeList: () => Promise<void> | void = () => undefined;

  constructor(files: Readonly<Record<string, Buffer>> = {}) {
    this.files = new Map(Object.entries(files));
  }

  async list(): Promise<readonly SharedFile[]> {
    await this.beforeList();
    return [...this.files].map(([name, { length }]) => ({ name, size: length }));
  }

  open(name: string): Promise<OpenFile> {
    const data = this.files.get(name);
    if (data === undefined) return Promise.reject(new FileError('not-found', name));
    const read = async (offset: number, length: number) => {
      this.reads += 1;
      await this.beforeRead(name, offset);
      if (offset + length > data.length) throw new FileError('out-of-range', name);
      return data.subarray(offset, offset + length);
    };
    return Promise.resolve({ size: data.length, read });
  }

  sizeOf(name: string): number | undefined {
    return this.files.get(name)?.length;
  }

  createSink(name: string, size: number): Promise<FileSink> {
    const commit = (data: Buffer) => void this.files.set(name, data);
    return Promise.resolve(new MemorySink(size, commit, () => void this.discarded.push(name)));
  }
}
