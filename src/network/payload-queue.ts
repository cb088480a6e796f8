import { MAX_QUEUED_BYTES, MAX_QUEUED_LINES } from '../limits.ts';

/** Payloads that were received and not taken yet, in their order. Taking one costs the same however many wait. */
export class PayloadQueue {
  #payloads: Buffer[] = [];
  /** Place of the next one. */
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#payloads.length - this.#head;
  }

  /** More waits than should: nothing more is to be read. */
  get isFull(): boolean {
    return this.length >= MAX_QUEUED_LINES || this.#bytes >= MAX_QUEUED_BYTES;
  }

  push(payload: Buffer): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length;
  }

  shift(): Buffer | undefined {
    const payload = this.#payloads[this.#head];
    if (payload === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= payload.length;
    if (this.#head === this.#payloads.length) this.clear();
    return payload;
  }

  clear(): void {
    this.#payloads = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
