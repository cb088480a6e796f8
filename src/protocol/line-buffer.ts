import { ProtocolError } from '../errors.ts';

const NEWLINE = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x00 && byte !== 0x0d && byte !== 0x20) return false;
  return true;
}

/**
 * Bytes in, whole lines out (the model is h11's receive buffer).
 *
 * Keeps the fragments of the unfinished line as they came: only new bytes are searched for the newline and
 * nothing is joined before the line is complete, so a line that arrives byte by byte costs linear time.
 * UTF-8 is never decoded here, a character may be split between two reads. Memory is bounded by `limit`.
 * Blank lines are no messages and vanish here: some programs send a NUL behind their newline.
 */
export class LineBuffer {
  readonly framing = 'text';
  /** Longest line in bytes, newline not counted. */
  limit: number;
  /** What came behind the line at which the last `push` has stopped. */
  unread = NOTHING;
  #fragments: Buffer[] = [];
  #held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Takes what was read and returns the lines that it completes, without their newline.
   * @param stopsBehind no bytes behind such a line are looked at: they are `unread`
   * @throws ProtocolError `line-too-long`
   */
  push(bytes: Buffer, stopsBehind?: (line: Buffer) => boolean): Buffer[] {
    this.unread = NOTHING;
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#finish(bytes.subarray(start, end));
      start = end + 1;
      if (isBlank(line)) continue;
      lines.push(line);
      if (stopsBehind?.(line) !== true) continue;
      this.unread = bytes.subarray(start);
      return lines;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
    return lines;
  }

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#held;
  }

  /** The unfinished frame, left where it is. */
  peek(): Buffer {
    return Buffer.concat(this.#fragments);
  }

  /** The last line where the newline was left out before the end of the stream, if there is one. */
  end(): Buffer | undefined {
    const line = this.#release();
    return isBlank(line) ? undefined : line;
  }

  /** The line that ends with these bytes: most begin with them too. */
  #finish(bytes: Buffer): Buffer {
    if (this.#held === 0 && bytes.length <= this.limit) return bytes;
    this.#hold(bytes);
    return this.#release();
  }

  #hold(fragment: Buffer): void {
    // What may come before a line is not the begin of one.
    if (this.#held === 0 && isBlank(fragment)) return;
    this.#held += fragment.length;
    if (this.#held > this.limit) {
      this.#release();
      throw new ProtocolError('line-too-long', `over ${this.limit} bytes`);
    }
    this.#fragments.push(fragment);
  }

  #release(): Buffer {
    const [first] = this.#fragments;
    const line = this.#fragments.length === 1 && first !== undefined ? first : Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#held = 0;
    return line;
  }
}
