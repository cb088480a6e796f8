import { ProtocolError } from '../errors.ts';

/**
 * Strict base64 (RFC 4648, section 4): `Buffer.from` alone would skip junk and stop at the first `=`.
 * @throws ProtocolError `bad-base64`
 */
export function decodeBase64(encoded: string): Buffer {
  const { length } = encoded;
  const padding = encoded.endsWith('==') ? 2 : encoded.endsWith('=') ? 1 : 0;
  const data = Buffer.from(encoded, 'base64');
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
