import { ProtocolError } from '../errors.ts';
import {
  MAX_LISTED_FILES,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_LINES,
  MAX_REPLY_BYTES,
  MAX_REQUEST_BYTES,
} from '../limits.ts';
import { BlockReader, RawSlice } from '../protocol/block-reader.ts';
import { decode, decodeInSlices } from '../protocol/decode.ts';
import type { Framing } from '../protocol/dialect.ts';
import { LengthBuffer } from '../protocol/length-buffer.ts';
import { LineBuffer } from '../protocol/line-buffer.ts';
import { entriesToCome, joinLines, looksLikeMessage } from '../protocol/list-lines.ts';
import type { Message } from '../protocol/message.ts';

/** A message up to this size is decoded at once; a longer one in slices, and others have their turn in between. */
const LONG_MESSAGE_BYTES = 64 * 1024;

/** What comes next may be a list, over one line or several; the data of a file; or a request, where no reply is due. */
export type Expected = 'list' | 'file' | 'request';

export interface Read {
  readonly message: Message;
  /** Lines that it came on: lists may have several (section 7). */
  readonly lines: number;
  /** A space stood before its newline. */
  readonly trailingSpace: boolean;
}

/** A list that has several lines, so far. */
interface ListLines {
  readonly lines: Buffer[];
  /** Lines to come, by its count. */
  left: number;
  bytes: number;
  due: number;
}

interface Decoding {
  readonly slices: Generator<undefined, Message>;
  readonly lines: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Bytes of one connection in, messages out: its framing, the payloads that wait to be looked at, lists over several lines, and long
 * messages in slices. A message is decoded when it is asked for. No sockets, no clocks: times come in.
 */
export class Incoming {
  /** The payload that was looked at last; empty once it was understood as a message. */
  looked: Buffer = NOTHING;
  /** The last payload came without the newline that ends a line, only with the end of the stream. */
  lacksLastNewline = false;
  readonly #listGapMs: number;
  #reader: LineBuffer | LengthBuffer | BlockReader | undefined;
  #payloads: (Buffer | RawSlice)[] = [];
  /** Place of the next one: taking one costs the same however many wait. */
  #head = 0;
  #bytes = 0;
  #list: ListLines | undefined;
  #decoding: Decoding | undefined;
  #hasEnded = false;

  /**
   * @param isOurs we have opened the connection: a reply may be framed by its length, while all programs ask in lines
   * @param listGapMs longest silence between the lines of a list
   */
  constructor(isOurs: boolean, listGapMs: number) {
    this.#listGapMs = listGapMs;
    if (!isOurs) this.#reader = new LineBuffer(0);
  }

  get framing(): Framing {
    return this.#reader?.framing ?? 'unknown';
  }

  /** All that was received is read, but for an unfinished payload. */
  get isEmpty(): boolean {
    return this.#head === this.#payloads.length && this.#list === undefined && this.#decoding === undefined;
  }

  /** More waits than should: nothing more is to be read from the connection. */
  get isFull(): boolean {
    return this.#payloads.length - this.#head >= MAX_QUEUED_LINES || this.#bytes >= MAX_QUEUED_BYTES;
  }

  /** A long message is under way: `next` goes on with it. */
  get isDecoding(): boolean {
    return this.#decoding !== undefined;
  }

  /** Bytes of the unfinished payload. */
  get unfinished(): number {
    return this.#reader?.held ?? 0;
  }

  /** When the lines of a list count as complete, if no other comes. */
  get listDueAt(): number {
    return this.#list?.due ?? Infinity;
  }

  /** From now on a line may be the head of a block. */
  expectBlocks(): void {
    if (this.#reader instanceof LineBuffer) this.#reader = new BlockReader(this.#reader);
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

  /**
   * The stream has ended.
   * @param isWhole what is there of a line is one: some programs leave the last newline out
   */
  end(isWhole: boolean): void {
    this.#hasEnded = true;
    const last = isWhole ? this.#reader?.end() : undefined;
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

  /**
   * The next message; undefined until more comes, or while `isDecoding`.
   * @throws ProtocolError as `decode`; `looked` is what it was
   */
  next(expected: Expected, now: number): Read | RawSlice | undefined {
    for (;;) {
      if (this.#decoding !== undefined) return this.#goOn(this.#decoding);
      const payload = this.#shift();
      if (payload === undefined) {
        if (this.#list === undefined || !this.#hasEnded) return undefined;
        this.endList();
        continue;
      }
      if (payload instanceof RawSlice) return payload;
      this.looked = payload;
      const left = expected === 'list' && this.#list === undefined ? this.#linesToCome(payload) : 0;
      if (this.#list !== undefined) {
        this.#addLine(this.#list, payload, now);
      } else if (left > 0) {
        this.#list = { lines: [payload], left, bytes: payload.length, due: now + this.#listGapMs };
      } else if (payload.length >= LONG_MESSAGE_BYTES && expected !== 'file') {
        this.#decoding = { slices: decodeInSlices(payload), lines: 1 };
      } else {
        const message = decode(payload);
        this.looked = NOTHING;
        return { message, lines: 1, trailingSpace: endsWithSpace(payload) };
      }
    }
  }

  /** Its count may be wrong: silence ends a list too. */
  endList(): void {
    const lines = this.#list?.lines ?? [];
    this.#list = undefined;
    this.#decoding = { slices: decodeInSlices(joinLines(lines)), lines: lines.length };
  }

  clear(): void {
    this.#payloads = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#list = undefined;
    this.#decoding = undefined;
    this.looked = NOTHING;
  }

  #linesToCome(payload: Buffer): number {
    return this.framing === 'text' ? Math.min(entriesToCome(payload), MAX_LISTED_FILES) : 0;
  }

  #addLine(list: ListLines, payload: Buffer, now: number): void {
    if (looksLikeMessage(payload)) {
      this.#payloads.splice(this.#head, 0, payload);
      this.#bytes += payload.length;
      return this.endList();
    }
    list.bytes += payload.length;
    if (list.bytes > MAX_REPLY_BYTES) throw new ProtocolError('line-too-long', 'a list of many lines');
    list.lines.push(payload);
    list.left -= 1;
    list.due = now + this.#listGapMs;
    if (list.left === 0) this.endList();
  }

  #goOn(decoding: Decoding): Read | undefined {
    const step = decoding.slices.next();
    if (step.done !== true) return undefined;
    this.#decoding = undefined;
    this.looked = NOTHING;
    return { message: step.value, lines: decoding.lines, trailingSpace: false };
  }

  #push(payload: Buffer | RawSlice): void {
    this.#payloads.push(payload);
    this.#bytes += bytesOf(payload);
  }

  #shift(): Buffer | RawSlice | undefined {
    const payload = this.#payloads[this.#head];
    if (payload === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= bytesOf(payload);
    if (this.#head === this.#payloads.length) {
      this.#payloads = [];
      this.#head = 0;
    }
    return payload;
  }
}

function bytesOf(payload: Buffer | RawSlice): number {
  return payload instanceof RawSlice ? payload.bytes.length : payload.length;
}

/** Whether a space is the last thing in a payload, but for what stands for its end. */
function endsWithSpace(payload: Buffer): boolean {
  let end = payload.length;
  while (end > 0 && (payload[end - 1] === 0x00 || payload[end - 1] === 0x0d)) end--;
  return payload[end - 1] === 0x20;
}
