import { bytesFromName } from '../name-bytes.ts';
import type { Dialect } from './dialect.ts';
import type { Draft, FileDraft, Message, MessageOf } from './message.ts';

/** Messages in, bytes out (section 1). The inverse of `decode.ts`; framing comes from the dialect. */

/** The arguments as they stand on the wire; of a FILE those before its base64. */
export function headArguments(draft: Draft): string[] {
  switch (draft.type) {
    case 'HELLO':
    case 'RETURN_HELLO':
      return [...draft.capabilities];
    case 'GET_PEERS':
    case 'LS':
    case 'BYE':
      return [];
    case 'PEER_LIST':
      return [
        String(draft.peers.length),
        ...draft.peers.map(({ address, status, clock }) => `${address}:${status}:${clock}`),
      ];
    case 'LS_LIST':
      return [String(draft.files.length), ...draft.files.map(({ token, size }) => `${token}:${size}`)];
    case 'DL':
    case 'FILE':
      return [draft.token, String(draft.size), String(draft.index)];
    case 'ERROR':
      return [draft.of, draft.code, ...draft.args];
  }
}

/** How many characters base64 makes of that many bytes, padding included (RFC 4648, section 4). */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

function encodeFile(message: MessageOf<'FILE'>, head: string, dialect: Dialect): Buffer {
  const header = bytesFromName(`${head} `);
  const restLength =
    base64Length((message.rest?.bytes ?? 0) + message.data.length) - base64Length(message.data.length);
  const here = base64Length(message.data.length);
  const opening = dialect.opening(header.length + here + restLength);
  const closing = message.rest === undefined ? dialect.closing : '';
  const bytes = Buffer.allocUnsafe(opening.length + header.length + here + closing.length);
  let at = bytes.write(opening, 0, 'latin1');
  at += header.copy(bytes, at);
  at += bytes.write(message.data.toString('base64'), at, 'latin1');
  bytes.write(closing, at, 'latin1');
  return bytes;
}

function isList({ type }: Message): boolean {
  return type === 'PEER_LIST' || type === 'LS_LIST';
}

/** The head of a list with its count and its first entry, and the other entries as the dialect separates them. */
function joinList(parts: readonly (string | number)[], { entrySeparator, listEnd }: Dialect): string {
  const first = parts.slice(0, 5).join(' ');
  return [first, ...parts.slice(5)].join(entrySeparator) + listEnd;
}

/**
 * One message as one piece of bytes, ready for one write. A FILE with a `rest` lacks its end: see `encodeRest`.
 */
export function encode(message: Message, dialect: Dialect): Buffer {
  const head = [message.origin, message.clock, message.type, ...headArguments(message)];
  // An empty file has no base64, and a line never ends with a space.
  if (message.type === 'FILE' && message.data.length > 0) return encodeFile(message, head.join(' '), dialect);
  const payload = bytesFromName(isList(message) ? joinList(head, dialect) : head.join(' '));
  return Buffer.concat([
    Buffer.from(dialect.opening(payload.length), 'latin1'),
    payload,
    Buffer.from(dialect.closing, 'latin1'),
  ]);
}

/** What follows `encode` of a FILE with a `rest`, slice by slice; the last piece is the end of the frame. */
export async function* encodeRest(
  rest: NonNullable<FileDraft['rest']>,
  dialect: Dialect,
): AsyncGenerator<Buffer> {
  for await (const slice of rest.slices) yield Buffer.from(slice.toString('base64'), 'latin1');
  if (dialect.closing !== '') yield Buffer.from(dialect.closing, 'latin1');
}
