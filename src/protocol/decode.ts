import { isAscii } from 'node:buffer';
import { ProtocolError } from '../errors.ts';
import { MAX_CLOCK, MAX_LISTED_FILES, MAX_LISTED_PEERS } from '../limits.ts';
import { nameFromBytes } from '../name-bytes.ts';
import { parseAddress, type Address } from './address.ts';
import type { FileEntry, Message, PeerEntry, PeerStatus, Stamp } from './message.ts';

/**
 * One payload in, one message out (section 1), with the tolerance that section 7 asks for.
 *
 * Accepted beyond the letter: NUL, `\r` and spaces at the ends, PEERS_LIST for PEER_LIST, a missing clock
 * (taken as 0), a list whose count disagrees with its items, malformed list entries (left out one by one).
 * Refused with a ProtocolError: everything else. Nothing received here was checked as a path or for a screen.
 * Cost: one pass; of a FILE only the head is split into tokens.
 */

const SPACE = 0x20;
const TYPE = /^[A-Z]+(_[A-Z]+)?$/;
const COUNT = /^[0-9]{1,16}$/;
const FILE_ENTRY = /^(.+):([0-9]{1,16})$/s;

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0x00 || byte === 0x0d;
}

function trim(line: Buffer): Buffer {
  let start = 0;
  let end = line.length;
  while (end > 0 && isPadding(line[end - 1])) end--;
  while (start < end && isPadding(line[start])) start++;
  return line.subarray(start, end);
}

function text(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : nameFromBytes(bytes);
}

/** A non-negative integer that a double holds exactly. */
function parseCount(token: string | undefined): number | undefined {
  if (token === undefined || !COUNT.test(token)) return undefined;
  const value = Number(token);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Strict base64 (RFC 4648, section 4): `Buffer.from` alone would skip junk and stop at the first `=`. */
function decodeBase64(encoded: Buffer): Buffer {
  const { length } = encoded;
  if (length === 0) return encoded;
  const padding = encoded[length - 1] !== 0x3d ? 0 : encoded[length - 2] !== 0x3d ? 1 : 2;
  const data = Buffer.from(encoded.toString('latin1'), 'base64');
  // Skipped junk makes the result shorter than its text; the URL alphabet is the one thing that does not.
  if (
    length % 4 !== 0 ||
    data.length !== (length / 4) * 3 - padding ||
    encoded.includes('-') ||
    encoded.includes('_')
  ) {
    throw new ProtocolError('bad-base64');
  }
  return data;
}

function parsePeerEntry(item: string): PeerEntry | undefined {
  const match = /^(.+):(ONLINE|OFFLINE):([0-9]{1,16})$/.exec(item);
  const address = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  const clock = parseCount(match?.[3]);
  if (address === undefined || clock === undefined) return undefined;
  return { address, status: match?.[2] as PeerStatus, clock: Math.min(clock, MAX_CLOCK) };
}

/**
 * Some programs list names with raw spaces: `my file.txt:7` arrives as two items, and the second alone would be
 * a file that nobody offered. Where the count shows that items are pieces of names, those names are left out.
 */
function parseFileEntries(count: number, items: readonly string[]): FileEntry[] {
  const matches = items.slice(0, MAX_LISTED_FILES).map((item) => FILE_ENTRY.exec(item));
  const namesHoldSpaces =
    matches.includes(null) && matches.filter((match) => match !== null).length === count;
  const files: FileEntry[] = [];
  let torn = false;
  for (const match of matches) {
    const size = parseCount(match?.[2]);
    if (match?.[1] === undefined || size === undefined) {
      torn = namesHoldSpaces;
      continue;
    }
    if (!torn) files.push({ token: match[1], size });
    torn = false;
  }
  return files;
}

function parseChunk(args: readonly string[]): { token: string; size: number; index: number } {
  const [token, sizeText, indexText] = args;
  const size = parseCount(sizeText);
  const index = parseCount(indexText);
  if (token === undefined || token === '' || size === undefined || index === undefined) {
    throw new ProtocolError('bad-arguments', 'expected <name> <size> <index>');
  }
  return { token, size, index };
}

/** A list's count and items. The count may be wrong, but it must be there. */
function parseList(args: readonly string[]): { count: number; items: readonly string[] } {
  const count = parseCount(args[0]);
  if (count === undefined) throw new ProtocolError('bad-arguments', 'expected <count> <item>…');
  return { count, items: args.slice(1).filter((item) => item !== '') };
}

function parseBody(stamp: Stamp, type: string, args: readonly string[], data: Buffer): Message {
  switch (type) {
    case 'HELLO':
    case 'RETURN_HELLO':
      return { ...stamp, type, capabilities: args };
    case 'GET_PEERS':
    case 'LS':
    case 'BYE':
      return { ...stamp, type };
    case 'PEER_LIST':
    case 'PEERS_LIST': {
      const { items } = parseList(args);
      const peers = items
        .slice(0, MAX_LISTED_PEERS)
        .map(parsePeerEntry)
        .filter((entry) => entry !== undefined);
      return { ...stamp, type: 'PEER_LIST', peers };
    }
    case 'LS_LIST': {
      const { count, items } = parseList(args);
      return { ...stamp, type, files: parseFileEntries(count, items) };
    }
    case 'ERROR': {
      const [of, code, ...rest] = args;
      if (of === undefined || code === undefined)
        throw new ProtocolError('bad-arguments', 'expected <type> <code> …');
      return { ...stamp, type, of, code, args: rest };
    }
    case 'DL':
      if (args.length > 3) throw new ProtocolError('bad-arguments', 'DL takes three arguments');
      return { ...stamp, type, ...parseChunk(args) };
    case 'FILE':
      return { ...stamp, type, ...parseChunk(args), data: decodeBase64(data) };
    default:
      throw new ProtocolError('unknown-type', type.slice(0, 32));
  }
}

/** Splits off at most `most` tokens; what follows them stays bytes. */
function splitHead(line: Buffer, most: number): { tokens: string[]; rest: Buffer } {
  const tokens: string[] = [];
  let at = 0;
  while (tokens.length < most && at <= line.length) {
    const space = line.indexOf(SPACE, at);
    const end = space === -1 ? line.length : space;
    tokens.push(text(line.subarray(at, end)));
    at = end + 1;
  }
  return { tokens, rest: line.subarray(Math.min(at, line.length)) };
}

/** Messages come in rows from the same program: its address is checked once for all of them. */
let lastOrigin: { readonly text: string; readonly address: Address } | undefined;

function parseOrigin(text: string): Address {
  if (lastOrigin?.text === text) return lastOrigin.address;
  const address = parseAddress(text);
  if (address === undefined) throw new ProtocolError('bad-origin');
  lastOrigin = { text, address };
  return address;
}

/**
 * Reads one message from a payload without its framing.
 * @throws ProtocolError `malformed`, `bad-origin`, `bad-clock`, `unknown-type`, `bad-arguments`, `bad-base64`
 */
export function decode(payload: Buffer): Message {
  const { tokens, rest } = splitHead(trim(payload), 2);
  const [originText, clockText] = tokens;
  if (originText === undefined || clockText === undefined) throw new ProtocolError('malformed');
  const origin = parseOrigin(originText);
  // Some programs forget their clock in a reply: the type stands in its place.
  if (TYPE.test(clockText)) return parseRest({ origin, clock: 0 }, clockText, rest);
  const clock = parseCount(clockText);
  if (clock === undefined) throw new ProtocolError('bad-clock');
  const {
    tokens: [type = ''],
    rest: args,
  } = splitHead(rest, 1);
  if (type === '') throw new ProtocolError('malformed', 'no type');
  return parseRest({ origin, clock }, type, args);
}

function parseRest(stamp: Stamp, type: string, rest: Buffer): Message {
  if (type === 'FILE') {
    const { tokens, rest: data } = splitHead(rest, 3);
    return parseBody(stamp, type, tokens, data);
  }
  return parseBody(stamp, type, rest.length === 0 ? [] : text(rest).split(' '), rest);
}
