import { MAX_QUEUED_BYTES, MAX_QUEUED_LINES, MAX_REQUEST_BYTES } from '../limits.ts';
import type { Framing } from '../protocol/dialect.ts';
import { LengthBuffer } from '../protocol/length-buffer.ts';
import { LineBuffer } from '../protocol/line-buffer.ts';

/** The payloads of one connection that were received and not looked at yet. Taking one costs the same however many wait. */
export class Incoming {
  /** The last payload came without the newline that ends a line, only with the end of the stream. */
  lacksLastNewline = false;
  #reader: LineBuffer | LengthBuffer | undefined;
  #payloads: Buffer[] = [];
  /** Place of the next one. */
  #head = 0;
  #bytes = 0;

  /** @param isOurs we have opened the connection: a reply may be framed by its length, all programs ask in lines */
  constructor(isOurs: boolean) {
    if (!isOurs) this.#reader = new LineBuffer(0);
  }

  get framing(): Framing {
    return this.#reader?.framing ?? 'unknown';
  }

  get isEmpty(): boolean {
    return this.#head === this.#payloads.length;
  }

  /** More waits than should: nothing more is to be read. */
  get isFull(): boolean {
    return this.#payloads.length - this.#head >= MAX_QUEUED_LINES || this.#bytes >= MAX_QUEUED_BYTES;
  }

  /** Bytes of the unfinished payload. */
  get unfinished(): number {
    return this.#reader?.held ?? 0;
  }

  /**
   * @param limit longest payload in bytes
   * @throws ProtocolError `line-too-long`
   */
  receive(bytes: Buffer, limit: number): void {
    // A payload begins with the address of its sender: a 0 is the first byte of a length.
    this.#reader ??= bytes[0] === 0 ? new LengthBuffer(0) : new LineBuffer(0);
    this.#reader.limit = limit;
    for (const payload of this.#reader.push(bytes)) this.#push(payload);
  }

  /** The stream has ended: what is there of a line is one. */
  end(): void {
    const last = this.#reader?.end();
    if (last === undefined) return;
    this.lacksLastNewline = this.framing === 'text';
    this.#push(last);
  }

  /** Takes an unfinished request as it stands, where it is complete all the same. */
  takeUnfinished(isComplete: (text: string) => boolean): boolean {
    if (this.unfinished === 0 || this.unfinished > MAX_REQUEST_BYTES) return false;
    if (!isComplete(this.#reader?.peek().toString('latin1') ?? '')) return false;
    const payload = this.#reader?.end();
    if (payload !== undefined) this.#push(payload);
    return payload !== undefined;
  }

  shift(): Buffer | undefined {
    const payload = this.#payloads[this.#head];
    if (payload === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= payload.length;
    if (this.#head === this.#payloads.length) {
      this.#payloads = [];
      this.#head = 0;
    }
    return payload;
  }

  /** Puts back what was taken too early. */
  unshift(payload: Buffer): void {
    this.#payloads.splice(this.#head, 0, payload);
    this.#bytes += payload.length;
  }

  clear(): void {
    this.#payloads = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #push(payload: Buffer): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length;
  }
}
