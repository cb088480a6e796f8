import { MAX_REPLY_BYTES, MAX_REQUEST_BYTES } from '../limits.ts';
import { LengthBuffer } from './length-buffer.ts';
import { LineBuffer } from './line-buffer.ts';

/** How payloads are told apart in a stream; unknown before its first byte. */
export type Framing = 'unknown' | 'length' | 'text';

/** Bytes in, payloads out; see LineBuffer for the contract. */
export interface FrameReader {
  readonly framing: Framing;
  /** Longest payload in bytes. */
  limit: number;
  push(bytes: Buffer): Buffer[];
  /** The unfinished payload, left where it is. */
  peek(): Buffer;
  end(): Buffer | undefined;
}

/**
 * Reads what others ask us: all programs ask in lines.
 * @param awaitedBytes longest reply that we wait for on such a connection
 */
export function requestReader(awaitedBytes = 0): FrameReader {
  return new LineBuffer(Math.max(MAX_REQUEST_BYTES, awaitedBytes));
}

/** Reads what others answer us; the first byte of a connection decides its framing, for good. */
export function replyReader(): FrameReader {
  return new ReplyReader();
}

class ReplyReader implements FrameReader {
  limit = MAX_REPLY_BYTES;
  #reader: FrameReader | undefined;

  get framing(): Framing {
    return this.#reader?.framing ?? 'unknown';
  }

  push(bytes: Buffer): Buffer[] {
    if (bytes.length === 0) return [];
    // A payload begins with the address of its sender: a 0 is the first byte of a length.
    this.#reader ??= bytes[0] === 0 ? new LengthBuffer(this.limit) : new LineBuffer(this.limit);
    return this.#reader.push(bytes);
  }

  peek(): Buffer {
    return this.#reader?.peek() ?? Buffer.alloc(0);
  }

  end(): Buffer | undefined {
    return this.#reader?.end();
  }
}
