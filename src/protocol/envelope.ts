import { ProtocolError } from '../errors.ts';
import { MAX_NAME_BYTES, MAX_REFUSED_ARGS } from '../limits.ts';
import { parseAddress, type Address } from './address.ts';
import { LineTokens, parseCount } from './line-tokens.ts';
import type { Stamp } from './message.ts';

/** What every message begins with (section 1). */
export interface Envelope extends Stamp {
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
export function readEnvelope(line: LineTokens): Envelope {
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
