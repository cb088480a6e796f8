import { ProtocolError } from '../errors.ts';
import { MAX_BLOCK_BYTES, MAX_NAME_BYTES, MAX_REFUSED_ARGS, MAX_TOKEN_BYTES } from '../limits.ts';
import { parseAddress, type Address } from './address.ts';
import { decodeBase64 } from './base64.ts';
import { LineTokens, parseCount } from './line-tokens.ts';
import { parseFiles, parsePeers } from './list-entries.ts';
import type { Message, MessageOf, Stamp } from './message.ts';

/**
 * One payload in, one message out (section 1), with the tolerance that the programs of section 7 need.
 *
 * Accepted beyond the letter: NUL, `\r` and spaces at the ends, PEERS_LIST for PEER_LIST, a missing clock
 * (taken as 0), a list whose count disagrees with its items, malformed list entries (left out one by one).
 * Refused with a ProtocolError: everything else. Nothing received here was checked as a path or for a screen.
 * Cost: one pass, and less than a microsecond for DL and a FILE of 256 bytes: a download in small chunks is bound by it.
 */

/** What every message begins with (section 1). */
interface Envelope extends Stamp {
  readonly type: string;
}

const TYPE = /^[A-Z]+(_[A-Z]+)?$/;

/** Messages come in rows from the same program: its address is checked once for all of them. */
let lastOrigin: Address | undefined;

function parseOrigin(text: string): Address {
  if (text === lastOrigin) return lastOrigin;
  const address = parseAddress(text);
  if (address === undefined) throw new ProtocolError('bad-origin');
  lastOrigin = address;
  return address;
}

/**
 * Takes the envelope off a line; its arguments are left there.
 * @throws ProtocolError `malformed`, `bad-origin`, `bad-clock`
 */
function readEnvelope(line: LineTokens): Envelope {
  const originText = line.next();
  const clockText = line.next();
  if (originText === undefined || clockText === undefined) throw new ProtocolError('malformed');
  const origin = parseOrigin(originText);
  const clock = parseCount(clockText);
  if (clock !== undefined) {
    const type = line.next() ?? '';
    if (type === '') throw new ProtocolError('malformed', 'no type');
    return { origin, clock, type };
  }
  // Some programs forget their clock in a reply: the type stands in its place.
  if (TYPE.test(clockText)) return { origin, clock: 0, type: clockText };
  throw new ProtocolError('bad-clock');
}

const SHA256_DIGITS = /^[0-9a-f]{64}$/i;

/** Whether a token can be the name of a file (section 6). */
function isName(token: string | undefined): token is string {
  return token !== undefined && token !== '' && token.length <= MAX_TOKEN_BYTES;
}

interface ChunkArguments {
  readonly token: string;
  readonly size: number;
  readonly index: number;
}

function readChunk(line: LineTokens): ChunkArguments {
  const token = line.next();
  const size = parseCount(line.next());
  const index = parseCount(line.next());
  if (!isName(token) || size === undefined || index === undefined) {
    throw new ProtocolError('bad-arguments', 'expected <name> <size> <index>');
  }
  return { token, size, index };
}

function readDl({ origin, clock }: Envelope, line: LineTokens): MessageOf<'DL'> {
  const { token, size, index } = readChunk(line);
  if (line.next() !== undefined) throw new ProtocolError('bad-arguments', 'DL takes three arguments');
  return { origin, clock, type: 'DL', token, size, index };
}

function readFile({ origin, clock }: Envelope, line: LineTokens): MessageOf<'FILE'> {
  const { token, size, index } = readChunk(line);
  return { origin, clock, type: 'FILE', token, size, index, data: decodeBase64(line.rest()) };
}

function parseDigestOf([token, sizeText, sha256, ...others]: readonly string[]) {
  const size = parseCount(sizeText);
  const isDigest = sha256 !== undefined && SHA256_DIGITS.test(sha256);
  if (!isName(token) || size === undefined || !isDigest || others.length > 0) {
    throw new ProtocolError('bad-arguments', 'expected <name> <size> <hex sha-256>');
  }
  return { token, size, sha256: sha256.toLowerCase() };
}

function parseDigest([token, ...others]: readonly string[]): { token: string } {
  if (!isName(token) || others.length > 0) {
    throw new ProtocolError('bad-arguments', 'expected <name>');
  }
  return { token };
}

function parseError([of, code, ...args]: readonly string[]) {
  if (of === undefined || code === undefined) {
    throw new ProtocolError('bad-arguments', 'expected <type> <code> …');
  }
  return { of, code, args };
}

/** GET, and the head of DATA: the raw bytes behind it are no part of the line. */
function parseBlock([token, offsetText, lengthText, ...others]: readonly string[]) {
  const offset = parseCount(offsetText);
  const length = parseCount(lengthText);
  const isLength = length !== undefined && length >= 1 && length <= MAX_BLOCK_BYTES;
  if (!isName(token) || offset === undefined || !isLength || others.length > 0) {
    throw new ProtocolError('bad-arguments', 'expected <name> <offset> <length>');
  }
  return { token, offset, length };
}

/** The messages that come now and then. */
function readRare({ origin, clock, type }: Envelope, line: LineTokens): Message {
  const stamp = { origin, clock };
  switch (type) {
    case 'HELLO':
    case 'RETURN_HELLO':
      return { ...stamp, type, capabilities: line.others() };
    case 'GET_PEERS':
    case 'LS':
    case 'BYE':
      return { ...stamp, type };
    case 'GET':
    case 'DATA':
      return { ...stamp, type, ...parseBlock(line.others()) };
    case 'DIGEST':
      return { ...stamp, type, ...parseDigest(line.others()) };
    case 'DIGEST_OF':
      return { ...stamp, type, ...parseDigestOf(line.others()) };
    case 'ERROR':
      return { ...stamp, type, ...parseError(line.others()) };
    default:
      throw new ProtocolError('unknown-type', type.slice(0, 32));
  }
}

/**
 * Reads one message from a payload without its framing, in slices: the generator stops after each some thousand bytes of a list.
 * @throws ProtocolError `malformed`, `bad-origin`, `bad-clock`, `unknown-type`, `bad-arguments`, `bad-base64`
 */
export function* decodeInSlices(payload: Buffer): Generator<undefined, Message> {
  const line = new LineTokens(payload);
  const { origin, clock, type } = readEnvelope(line);
  if (type === 'PEER_LIST' || type === 'PEERS_LIST') {
    return { origin, clock, type: 'PEER_LIST', peers: yield* parsePeers(line) };
  }
  if (type === 'LS_LIST') return { origin, clock, type, files: yield* parseFiles(line) };
  return readOther({ origin, clock, type }, line);
}

/** As `decodeInSlices`, all of it now. */
export function decode(payload: Buffer): Message {
  const line = new LineTokens(payload);
  const envelope = readEnvelope(line);
  if (!envelope.type.endsWith('LIST')) return readOther(envelope, line);
  const slices = decodeInSlices(payload);
  let step = slices.next();
  while (step.done !== true) step = slices.next();
  return step.value;
}

function readOther(envelope: Envelope, line: LineTokens): Message {
  if (envelope.type === 'FILE') return readFile(envelope, line);
  if (envelope.type === 'DL') return readDl(envelope, line);
  return readRare(envelope, line);
}

/** What is known of a request that `decode` refuses: enough to say so inside a session (section 6). */
export interface RefusedHead extends Envelope {
  /** Its first arguments, none of them very long; never the base64 of a FILE. */
  readonly args: readonly string[];
}

/** Longest name once each of its bytes is percent-encoded. */
const LONGEST_ARG = 3 * MAX_NAME_BYTES;

/**
 * The head of a payload that `decode` has refused with `unknown-type`, `bad-arguments` or `bad-base64`; undefined where
 * not even its envelope can be read.
 */
export function refusedHead(payload: Buffer): RefusedHead | undefined {
  const line = new LineTokens(payload);
  try {
    const envelope = readEnvelope(line);
    const most = envelope.type === 'FILE' ? 3 : MAX_REFUSED_ARGS;
    const args: string[] = [];
    for (let read = 0; read < most; read++) {
      const arg = line.next() ?? '';
      if (arg !== '') args.push(arg.slice(0, LONGEST_ARG));
    }
    return { ...envelope, type: envelope.type.slice(0, LONGEST_ARG), args };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
