import { ProtocolError } from '../errors.ts';

/** Bytes of a big-endian length in front of each payload. */
export const PREFIX_BYTES = 8;

/** The prefix of a payload, as a Latin-1 string of 8 characters. */
export function lengthPrefix(payloadBytes: number): string {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeBigUInt64BE(BigInt(payloadBytes));
  return prefix.toString('latin1');
}

/**
 * Bytes in, length-prefixed payloads out; the counterpart of LineBuffer. What is promised is not reserved: a prefix
 * that claims more than `limit` is refused as soon as it is read, and memory grows only with what has arrived.
 */
export class LengthBuffer {
  readonly framing = 'length';
  /** Longest payload in bytes. */
  limit: number;
  #fragments: Buffer[] = [];
  #held = 0;
  /** Bytes of the payload under way, undefined while its prefix is incomplete. */
  #expected: number | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Takes what was read and returns the payloads that it completes.
   * @throws ProtocolError `line-too-long`
   */
  push(bytes: Buffer): Buffer[] {
    if (bytes.length > 0) {
      this.#fragments.push(bytes);
      this.#held += bytes.length;
    }
    const payloads: Buffer[] = [];
    for (;;) {
      if (this.#expected === undefined) {
        if (this.#held < PREFIX_BYTES) return payloads;
        const length = this.peek().readBigUInt64BE();
        if (length > BigInt(this.limit)) {
          // What was whole before it counts; the next bytes bring this up again.
          if (payloads.length > 0) return payloads;
          throw new ProtocolError('line-too-long', `a prefix claims ${length} bytes`);
        }
        this.#take(PREFIX_BYTES);
        this.#expected = Number(length);
      }
      if (this.#held < this.#expected) return payloads;
      payloads.push(this.#take(this.#expected));
      this.#expected = undefined;
    }
  }

  /** Bytes of the unfinished payload and its prefix. */
  get held(): number {
    return this.#held;
  }

  /** The unfinished frame, left where it is. */
  peek(): Buffer {
    const [first] = this.#fragments;
    return this.#fragments.length === 1 && first !== undefined ? first : Buffer.concat(this.#fragments);
  }

  /** Half a payload is none: its length says so. */
  end(): Buffer | undefined {
    return undefined;
  }

  #take(length: number): Buffer {
    const joined = this.#fragments.length === 1 ? this.#fragments[0] : Buffer.concat(this.#fragments);
    if (joined === undefined) return Buffer.alloc(0);
    const rest = joined.subarray(length);
    this.#fragments = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    return joined.subarray(0, length);
  }
}
