import { escaped, strictText } from './escaped.ts';
import { entriesToCome } from '../protocol/list-lines.ts';

/**
 * A reply as it came, taken apart without forgiving anything and without refusing anything: every case looks at its own part of it,
 * so that one mistake is found once. On purpose not the decoder of `protocol/`, which mends what it can.
 */
export interface Reading {
  /** Framing included. */
  readonly bytes: Buffer;
  readonly framing: 'text' | 'length';
  /** Whether the bytes are UTF-8. */
  readonly isUtf8: boolean;
  /** What stands behind the length, or all of it. */
  readonly text: string;
  /** Newlines, NUL, `\r` and spaces at the end of it. */
  readonly tail: string;
  readonly origin: string;
  readonly clockText: string;
  /** Undefined where it is none, or was left out. */
  readonly clock: number | undefined;
  readonly type: string;
  readonly args: readonly string[];
}

const PREFIX_BYTES = 8;
const NEWLINE = 0x0a;
const TYPE = /^[A-Z]+(_[A-Z]+)*$/;
const ORIGIN = /^\S+:[0-9]{1,5}$/;
const MOST_CLOCK_DIGITS = 15;

function isLength(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.length > 0;
}

/** Bytes that the length in front of them promises, itself included; Infinity before it is there. */
function promised(bytes: Buffer): number {
  if (bytes.length < PREFIX_BYTES) return Infinity;
  return PREFIX_BYTES + Number(bytes.readBigUInt64BE());
}

/** Bytes of the first whole reply; undefined where its end has not come. Without a newline only the end of the connection ends it. */
export function firstReply(bytes: Buffer): number | undefined {
  if (isLength(bytes)) {
    const length = promised(bytes);
    return bytes.length >= length ? length : undefined;
  }
  const newline = bytes.indexOf(NEWLINE);
  if (newline === -1) return undefined;
  const missing = entriesToCome(bytes.subarray(0, newline));
  if (missing === 0) return newline + 1;
  // A list with an entry a line ends with an empty one.
  const end = bytes.indexOf('\n\n');
  return end === -1 ? undefined : end + 2;
}

/** Takes a reply apart; undefined for what is no message at all. */
export function read(bytes: Buffer): Reading | undefined {
  const framing = isLength(bytes) ? 'length' : 'text';
  const payload = framing === 'length' ? bytes.subarray(PREFIX_BYTES) : bytes;
  const strict = strictText(payload);
  const text = strict ?? payload.toString('latin1');
  const tail = /[\n\r\0 ]*$/.exec(text)?.[0] ?? '';
  const body = text.slice(0, text.length - tail.length);
  const [origin = '', second = '', ...others] = body.split(/[ \n\r\0\t]+/).filter((token) => token !== '');
  if (!ORIGIN.test(origin)) return undefined;
  const isClockless = TYPE.test(second);
  const [type = '', ...args] = isClockless ? [second, ...others] : others;
  if (!TYPE.test(type)) return undefined;
  const isNumber = /^[0-9]+$/.test(second) && second.length <= MOST_CLOCK_DIGITS;
  const clockText = isClockless ? '' : second;
  const clock = isNumber ? Number(second) : undefined;
  return { bytes, framing, isUtf8: strict !== undefined, text, tail, origin, clockText, clock, type, args };
}

/** What came, for a person; also where nothing came. */
export function shownReply(bytes: Buffer, end: 'open' | 'closed' | 'reset'): string {
  if (bytes.length > 0) return escaped(bytes);
  const words = {
    open: 'nada, até o prazo',
    closed: 'nada: a conexão foi fechada',
    reset: 'nada: a conexão foi cortada',
  };
  return `(${words[end]})`;
}
