import { MAX_NAME_BYTES } from '../limits.ts';

/*
 * File names are bytes; most are UTF-8. A name that is not keeps every stray byte 0xNN as the lone
 * surrogate U+DCNN (the way of Python's `surrogateescape`, PEP 383), so that it is a string everywhere and
 * still the same bytes on disk and on the wire.
 */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** The name that these bytes are. */
export function nameFromBytes(bytes: Uint8Array): string {
  // Ten times as fast as what is strict, and the same wherever nothing had to be replaced.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  try {
    return UTF8.decode(bytes);
  } catch {
    // Fall through: byte by byte from here, names are short.
  }
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const sequence = bytes.subarray(at, at + sequenceLength(lead));
    try {
      name += UTF8.decode(sequence);
      at += sequence.length;
    } catch {
      name += String.fromCharCode(0xdc00 + lead);
      at += 1;
    }
  }
  return name;
}

/** The bytes of a name, the inverse of `nameFromBytes`. */
export function bytesFromName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  return Buffer.concat(
    [...name].map((char) => {
      const code = char.codePointAt(0) ?? 0;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(char, 'utf8');
    }),
  );
}

/**
 * A name travels as one token (section 6): what would break a list or a line is percent-encoded (RFC 3986).
 * Encoded: white space, `:`, `%`, control and format characters, and everything else that is not printable.
 */
const UNSAFE = /[\p{C}\p{Z}:%]/gu;
const ESCAPE = /%[0-9A-Fa-f]{2}/;

function percentEncode(text: string): string {
  return bytesFromName(text).reduce(
    (all, byte) => `${all}%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    '',
  );
}

/** The token under which we list a file. */
export function encodeName(name: string): string {
  return name.replace(UNSAFE, percentEncode);
}

/** The name that a token stands for; a `%` that starts no escape stands for itself (others do not encode). */
export function decodeName(token: string): string {
  if (!ESCAPE.test(token)) return token;
  const parts = token.split(/(%[0-9A-Fa-f]{2})/);
  return nameFromBytes(
    Buffer.concat(
      parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : bytesFromName(part))),
    ),
  );
}

/** The longest token of a name that exists: each of its bytes as `%NN`. What is longer is no name (section 6). */
const LONGEST_TOKEN_BYTES = 3 * MAX_NAME_BYTES;

/** Whether a token is short enough to be a name. Ask before decoding: what is not may be megabytes long. */
export function isNameToken(token: string): boolean {
  return token.length <= LONGEST_TOKEN_BYTES && Buffer.byteLength(token) <= LONGEST_TOKEN_BYTES;
}

const MAX_BASE64_NAME = Math.ceil(MAX_NAME_BYTES / 3) * 4;
const BASE64_NAME = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** What some programs leave at the end of a name: the size in their list entry. */
const SIZE_SUFFIX = /:[0-9]{1,16}$/;

/** The token of a name for programs that want names in base64 (section 7). */
export function base64Token(token: string): string {
  return bytesFromName(token).toString('base64');
}

/** A file that a requested token may mean, and the token under which the reply names it. */
export interface NameCandidate {
  readonly name: string;
  readonly replyToken: string;
}

/**
 * The names that a token in DL or DIGEST may mean, in the order in which they are tried (section 6). The token under which
 * we list a file always means that file; only where there is no such file, the literal name, the name without `:<bytes>`
 * at its end and the name in base64 follow. Empty for a token that is too long for a name.
 */
export function* candidateNames(token: string): Generator<NameCandidate> {
  const withoutSize = token.replace(SIZE_SUFFIX, '');
  if (!isNameToken(withoutSize)) return;
  if (isNameToken(token)) yield* decodedOrLiteral(token);
  if (withoutSize !== token) yield* decodedOrLiteral(withoutSize);
  if (token.length <= MAX_BASE64_NAME && BASE64_NAME.test(token)) {
    yield { name: nameFromBytes(Buffer.from(token, 'base64')), replyToken: token };
  }
}

function* decodedOrLiteral(replyToken: string): Generator<NameCandidate> {
  const decoded = decodeName(replyToken);
  const isListedSo = decoded !== replyToken && encodeName(decoded) === replyToken;
  if (isListedSo) yield { name: decoded, replyToken };
  yield { name: replyToken, replyToken };
  // Escapes that we would not have written: `%41` for `A`, small digits.
  if (!isListedSo && decoded !== replyToken) yield { name: decoded, replyToken };
}

/** Whether two tokens stand for the same name: as listed, decoded, or one of them in base64. */
export function isSameName(token: string, listed: string): boolean {
  if (token === listed) return true;
  if (!isNameToken(token) || !isNameToken(listed)) return false;
  return decodeName(token) === decodeName(listed) || token === base64Token(listed);
}
