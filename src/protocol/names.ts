import { MAX_NAME_BYTES } from '../limits.ts';
import { bytesFromName, nameFromBytes } from './name-bytes.ts';

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

/** No name is longer; a request may be. */
const MAX_BASE64_NAME = Math.ceil(MAX_NAME_BYTES / 3) * 4;
const BASE64_NAME = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The token of a name for programs that want names in base64 (section 7). */
export function base64Token(token: string): string {
  return bytesFromName(token).toString('base64');
}

/**
 * The names that a token in DL may mean, the likeliest first: exactly itself, what it stands for decoded, a name with
 * the size behind it as some programs list it, a name in base64 (section 7). Nothing is served that was not listed, so
 * a wrong guess finds nothing.
 */
export function* possibleNames(token: string): Generator<string> {
  yield token;
  const decoded = decodeName(token);
  if (decoded !== token) yield decoded;
  const withoutSize = token.replace(/:[0-9]{1,16}$/, '');
  if (withoutSize !== token) yield* new Set([withoutSize, decodeName(withoutSize)]);
  if (token.length <= MAX_BASE64_NAME && BASE64_NAME.test(token))
    yield nameFromBytes(Buffer.from(token, 'base64'));
}

/** Whether two tokens stand for the same name: as listed, decoded, or one of them in base64. */
export function isSameName(token: string, listed: string): boolean {
  return token === listed || decodeName(token) === decodeName(listed) || token === base64Token(listed);
}
