import { bytesFromName } from './names.ts';
import type { Dialect } from './dialect.ts';
import type { Address } from './address.ts';
import type { Draft, FileDraft, FileEntry, Message, MessageOf } from './message.ts';

/**
 * Messages in, bytes out (section 1). The inverse of `decode.ts`; framing comes from the dialect.
 * DL and FILE leave by the hundred thousand a second: their heads are put together as Latin-1 strings, a character for
 * each byte, and no list of their parts is made.
 */

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
      return [String(draft.files.length), ...draft.files.map(fileEntry)];
    case 'DL':
    case 'FILE':
      return [draft.token, String(draft.size), String(draft.index)];
    case 'GET':
    case 'DATA':
      return [draft.token, String(draft.offset), String(draft.length)];
    case 'DIGEST':
      return [draft.token];
    case 'DIGEST_OF':
      return [draft.token, String(draft.size), draft.sha256];
    case 'ERROR':
      return [draft.of, draft.code, ...draft.args];
  }
}

function fileEntry({ token, size }: FileEntry): string {
  return `${token}:${size}`;
}

/** The bytes of a name as a Latin-1 string. */
function latin1FromName(name: string): string {
  for (let at = 0; at < name.length; at++) {
    if (name.charCodeAt(at) > 0x7f) return bytesFromName(name).toString('latin1');
  }
  return name;
}

function chunkHead({ origin, clock, type, token, size, index }: MessageOf<'DL' | 'FILE'>): string {
  return `${origin} ${clock} ${type} ${latin1FromName(token)} ${size} ${index}`;
}

function encodeDl(message: MessageOf<'DL'>, { opening, closing }: Dialect): Buffer {
  const head = chunkHead(message);
  return Buffer.from(opening(head.length) + head + closing, 'latin1');
}

/** Shorter data is copied in no time. */
const LONG_DATA_BYTES = 8 * 1024;

/** How many characters base64 makes of that many bytes, padding included (RFC 4648, section 4). */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

function fileFrame(message: MessageOf<'FILE'>, dialect: Dialect): { front: string; closing: string } {
  const { data, rest } = message;
  // An empty file has no base64, and a line never ends with a space.
  const head = data.length === 0 && rest === undefined ? chunkHead(message) : `${chunkHead(message)} `;
  const opening = dialect.opening(head.length + base64Length(data.length + (rest?.bytes ?? 0)));
  return { front: opening + head, closing: rest === undefined ? dialect.closing : '' };
}

function encodeFile(message: MessageOf<'FILE'>, dialect: Dialect): Buffer {
  const { front, closing } = fileFrame(message, dialect);
  const { data } = message;
  const bytes = Buffer.allocUnsafe(front.length + base64Length(data.length) + closing.length);
  let at = bytes.write(front, 0, 'latin1');
  at += bytes.write(data.toString('base64'), at, 'latin1');
  bytes.write(closing, at, 'latin1');
  return bytes;
}

/** The head of a list with its count and its first entry, and the other entries as the dialect separates them. */
function joinList(parts: readonly (string | number)[], { entrySeparator, listEnd }: Dialect): string {
  const first = parts.slice(0, 5).join(' ');
  return [first, ...parts.slice(5)].join(entrySeparator) + listEnd;
}

/** What a list of files looked like when it was sent last: while a folder is unchanged, the same array is sent each time. */
const encodedFiles = new WeakMap<
  readonly FileEntry[],
  { readonly separator: string; readonly bytes: Buffer }
>();

/** The entries of a list of files, with the space before the first one. */
function encodeEntries(files: readonly FileEntry[], separator: string): Buffer {
  const known = encodedFiles.get(files);
  if (known?.separator === separator) return known.bytes;
  const bytes = bytesFromName(files.length === 0 ? '' : ` ${files.map(fileEntry).join(separator)}`);
  encodedFiles.set(files, { separator, bytes });
  return bytes;
}

function encodeLsList({ origin, clock, type, files }: MessageOf<'LS_LIST'>, dialect: Dialect): Buffer {
  const head = Buffer.from(`${origin} ${clock} ${type} ${files.length}`);
  const entries = encodeEntries(files, dialect.entrySeparator);
  const end = Buffer.from(dialect.listEnd, 'latin1');
  const opening = dialect.opening(head.length + entries.length + end.length);
  const [front, back] = [Buffer.from(opening, 'latin1'), Buffer.from(dialect.closing, 'latin1')];
  return Buffer.concat([front, head, entries, end, back]);
}

/**
 * One message as one piece of bytes, ready for one write. A FILE with a `rest` lacks its end: see `encodeRest`.
 */
export function encode(message: Message, dialect: Dialect): Buffer {
  if (message.type === 'FILE') return encodeFile(message, dialect);
  if (message.type === 'DL') return encodeDl(message, dialect);
  if (message.type === 'LS_LIST') return encodeLsList(message, dialect);
  const head = [message.origin, message.clock, message.type, ...headArguments(message)];
  const payload = bytesFromName(message.type === 'PEER_LIST' ? joinList(head, dialect) : head.join(' '));
  return Buffer.concat([
    Buffer.from(dialect.opening(payload.length), 'latin1'),
    payload,
    Buffer.from(dialect.closing, 'latin1'),
  ]);
}

/**
 * As `encode`, as it goes into a socket: a long FILE as Latin-1 text. The socket makes bytes of it and forgets them once they
 * are sent, while a Buffer waits for the garbage collector: at full speed those were a third of a server's memory.
 */
export function encodeForSocket(message: Message, dialect: Dialect): Buffer | string {
  if (message.type !== 'FILE' || message.data.length < LONG_DATA_BYTES) return encode(message, dialect);
  const { front, closing } = fileFrame(message, dialect);
  return front + message.data.toString('base64') + closing;
}

/** What follows `encode` of a FILE with a `rest`, slice by slice, as Latin-1 text; the last piece is the end of the frame. */
export async function* encodeRest(
  rest: NonNullable<FileDraft['rest']>,
  dialect: Dialect,
): AsyncGenerator<string> {
  for await (const slice of rest.slices) yield slice.toString('base64');
  if (dialect.closing !== '') yield dialect.closing;
}

/**
 * A draft as the message that it becomes when it is sent. The messages of a download are put together by name: copying an
 * object of unknown shape takes as long as all the rest of sending one.
 */
export function stamp(draft: Draft, origin: Address, clock: number): Message {
  switch (draft.type) {
    case 'DL': {
      const { type, token, size, index } = draft;
      return { origin, clock, type, token, size, index };
    }
    case 'FILE': {
      const { type, token, size, index, data, rest } = draft;
      if (rest === undefined) return { origin, clock, type, token, size, index, data };
      return { origin, clock, type, token, size, index, data, rest };
    }
    default:
      return { ...draft, origin, clock };
  }
}
