import { ProtocolError } from '../errors.ts';
import { decode } from './decode.ts';
import type { LineBuffer } from './line-buffer.ts';

/** Bytes of the block whose head came before them, as they arrived: part of what was read from the socket, no copy. */
export class RawSlice {
  readonly bytes: Buffer;
  /** The block ends with it. */
  readonly isLast: boolean;

  constructor(bytes: Buffer, isLast: boolean) {
    this.bytes = bytes;
    this.isLast = isLast;
  }
}

const DATA = ' DATA ';
/** Origin and clock stand before the type: no longer host name and no longer number is one. */
const LONGEST_STAMP = 300;

/** How many raw bytes stand behind this line; 0 where it is not the head of a block. */
function rawBytesBehind(line: Buffer): number {
  if (!line.subarray(0, LONGEST_STAMP).includes(DATA)) return 0;
  try {
    const message = decode(line);
    return message.type === 'DATA' ? message.length : 0;
  } catch (error) {
    // Whoever looks at the line next says what is wrong with it.
    if (error instanceof ProtocolError) return 0;
    throw error;
  }
}

/**
 * Bytes in, lines and slices of blocks out, in their order (section 6, "Blocos"). Only the head of a block says where the next line
 * begins, so nothing in a block is searched for a newline, or collected. Whether a block was asked for is not known here.
 */
export class BlockReader {
  readonly framing = 'text';
  readonly #lines: LineBuffer;
  /** Bytes of the block still to come. */
  #left = 0;

  /** @param lines goes on with what it holds */
  constructor(lines: LineBuffer) {
    this.#lines = lines;
  }

  set limit(bytes: number) {
    this.#lines.limit = bytes;
  }

  /** @throws ProtocolError `line-too-long` */
  push(bytes: Buffer): (Buffer | RawSlice)[] {
    const read: (Buffer | RawSlice)[] = [];
    for (let rest = bytes; rest.length > 0;) {
      if (this.#left > 0) {
        const slice = rest.subarray(0, this.#left);
        this.#left -= slice.length;
        read.push(new RawSlice(slice, this.#left === 0));
        rest = rest.subarray(slice.length);
        continue;
      }
      read.push(...this.#lines.push(rest, (line) => (this.#left = rawBytesBehind(line)) > 0));
      rest = this.#lines.unread;
    }
    return read;
  }

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#lines.held;
  }

  peek(): Buffer {
    return this.#lines.peek();
  }

  end(): Buffer | undefined {
    return this.#lines.end();
  }
}
