import { MAX_REPLY_BYTES, MAX_REQUEST_BYTES } from '../limits.ts';
import { LineBuffer } from './line-buffer.ts';

/**
 * A dialect is how a program puts messages into a stream of bytes and takes them out again. Nothing outside
 * this file knows how a message is framed; the rest of the program sees payloads without framing.
 *
 * Every row has the bytes before a payload (they may depend on its length), the bytes after it, and what
 * reads payloads back out of a stream. What never happens here: looking into a payload.
 */
export interface Dialect {
  readonly name: 'line';
  /** Bytes in front of a payload of that many bytes. */
  readonly opening: (payloadBytes: number) => string;
  readonly closing: string;
  /** A new reader of payloads of at most `limit` bytes. */
  readonly reader: (limit: number) => FrameReader;
}

/** Bytes in, payloads out; see LineBuffer for the contract. */
export interface FrameReader {
  readonly heldBytes: number;
  push(bytes: Buffer): Buffer[];
  end(): Buffer | undefined;
}

/** Section 1: the message, ended by one newline. */
export const LINE: Dialect = {
  name: 'line',
  opening: () => '',
  closing: '\n',
  reader: (limit) => new LineBuffer(limit),
};

/** Reads what others ask us; the framing of a request is the same in all programs. */
export function requestReader(): FrameReader {
  return LINE.reader(MAX_REQUEST_BYTES);
}

/** Reads what others answer us. */
export function replyReader(): FrameReader {
  return LINE.reader(MAX_REPLY_BYTES);
}
