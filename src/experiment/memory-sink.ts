import { createHash } from 'node:crypto';
import type { FileSink, Placed, SinkPlan, Sinks } from '../download/file-sink.ts';

/** A download that lands in memory: the disk is not what is measured. */
class MemorySink implements FileSink {
  readonly present = [];
  readonly sha256: string | undefined;
  readonly #name: string;
  readonly #bytes: Buffer;

  constructor({ name, size, sha256 }: SinkPlan) {
    this.#name = name;
    this.sha256 = sha256;
    // The pages of the memory are there before the first DL.
    this.#bytes = Buffer.alloc(size, 1);
  }

  write(offset: number, data: Buffer): undefined {
    data.copy(this.#bytes, offset);
  }

  expect(): void {
    // What it should be is known to those who have made it.
  }

  doubt(): void {
    // It is written again, over what is there.
  }

  digest(): Promise<string> {
    return Promise.resolve(createHash('sha256').update(this.#bytes).digest('hex'));
  }

  commit(): Promise<Placed> {
    return Promise.resolve({ name: this.#name, replaced: undefined });
  }

  suspend(): Promise<number> {
    return Promise.resolve(0);
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}

export const MEMORY_SINKS: Sinks = {
  createSink: (plan) => Promise.resolve(new MemorySink(plan)),
  noteDigest: () => Promise.resolve(),
};
