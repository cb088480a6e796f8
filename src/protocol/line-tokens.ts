import { isAscii } from 'node:buffer';
import { MAX_REQUEST_BYTES, MAX_TOKEN_BYTES } from '../limits.ts';
import { nameFromBytes } from './names.ts';

/** Tokens in front of the base64 of a FILE. */
const HEAD_TOKENS = 6;
const LAST_ASCII = 0x7f;
const SPACE = 0x20;

/** Bytes of a list that are read at once: about a millisecond of work. */
const SLICE_BYTES = 16 * 1024;

function isPadding(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x00 || byte === 0x0d;
}

/** A non-negative integer of at most 16 digits that a double holds exactly, undefined for everything else. */
export function parseCount(token: string | undefined): number | undefined {
  if (token === undefined || token === '' || token.length > 16) return undefined;
  let value = 0;
  for (let at = 0; at < token.length; at++) {
    const digit = token.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** The text of a Latin-1 string whose characters are bytes; nearly all are ASCII and stand for themselves. */
function textOf(latin1: string): string {
  for (let at = 0; at < latin1.length; at++) {
    if (latin1.charCodeAt(at) > LAST_ASCII) return nameFromBytes(Buffer.from(latin1, 'latin1'));
  }
  return latin1;
}

/**
 * Reads a payload token by token, without the NUL, `\r` and spaces at its ends. A token ends at one space: between two
 * spaces stands an empty one.
 *
 * Small chunks come by the hundred thousand a second, and what costs is the number of calls that leave JavaScript: a
 * line becomes one Latin-1 string, a character for each byte, and is cut there; only a token that is not ASCII goes back
 * to bytes. Of a long line just the head is read like that: its list or base64 is copied once, by whoever asks for it.
 */
export class LineTokens {
  readonly #payload: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** The line, or as much of it as holds HEAD_TOKENS tokens. */
  readonly #head: string;
  #at = 0;

  constructor(payload: Buffer) {
    let start = 0;
    let end = payload.length;
    while (end > 0 && isPadding(payload[end - 1])) end--;
    while (start < end && isPadding(payload[start])) start++;
    this.#payload = payload;
    this.#start = start;
    this.#end = end;
    this.#head = this.#readHead();
  }

  /** The next token, undefined behind the last one. */
  next(): string | undefined {
    const head = this.#head;
    const at = this.#at;
    if (at > head.length) return undefined;
    const space = head.indexOf(' ', at);
    const end = space === -1 ? head.length : space;
    this.#at = end + 1;
    return textOf(head.slice(at, end));
  }

  /** All tokens behind those that were read. */
  others(): string[] {
    const at = this.#start + this.#at;
    if (at >= this.#end) return [];
    const bytes = this.#payload.subarray(at, this.#end);
    return (isAscii(bytes) ? bytes.toString('latin1') : nameFromBytes(bytes)).split(' ');
  }

  /**
   * The tokens after those that were read, a slice at a time, so that a list of megabytes keeps nobody waiting. A token of
   * more than MAX_TOKEN_BYTES is cut to one byte more: no entry of a list is as long, and none is decoded at that length.
   */
  *slices(): Generator<readonly string[]> {
    const end = this.#end;
    for (let at = this.#start + this.#at; at < end;) {
      const tokens: string[] = [];
      for (const until = at + SLICE_BYTES; at < end && at < until;) {
        const space = this.#payload.indexOf(SPACE, at);
        const stop = space === -1 || space > end ? end : space;
        tokens.push(textOf(this.#latin1(at, Math.min(stop, at + MAX_TOKEN_BYTES + 1))));
        at = stop + 1;
      }
      yield tokens;
    }
  }

  /** What stands behind the tokens that were read, a character for each byte. */
  rest(): string {
    const isWhole = this.#head.length === this.#end - this.#start;
    return isWhole ? this.#head.slice(this.#at) : this.#latin1(this.#start + this.#at, this.#end);
  }

  #readHead(): string {
    const isShort = this.#end - this.#start <= MAX_REQUEST_BYTES;
    if (isShort) return this.#latin1(this.#start, this.#end);
    const head = this.#latin1(this.#start, this.#start + MAX_REQUEST_BYTES);
    // Behind the last of those tokens another one begins, or it may have been cut.
    const isEnough = head.split(' ', HEAD_TOKENS + 1).length > HEAD_TOKENS;
    return isEnough ? head : this.#latin1(this.#start, this.#end);
  }

  #latin1(from: number, to: number): string {
    return this.#payload.toString('latin1', from, to);
  }
}
