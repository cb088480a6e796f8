import type { Address } from './address.ts';

/** The shapes of the protocol (section 1). A draft has no clock yet; only Peer makes a message of it. */

export type PeerStatus = 'ONLINE' | 'OFFLINE';

export interface PeerEntry {
  readonly address: Address;
  readonly status: PeerStatus;
  readonly clock: number;
}

export interface FileEntry {
  /** The file's name as it travels: one token, see `names.ts`. */
  readonly token: string;
  /** Bytes. */
  readonly size: number;
}

/** Asks for bytes [index × size, (index + 1) × size); `size` 0 with `index` 0 asks for the whole file. */
export interface DlDraft {
  readonly type: 'DL';
  readonly token: string;
  /** Chunk size in bytes. */
  readonly size: number;
  readonly index: number;
}

export interface FileDraft {
  readonly type: 'FILE';
  readonly token: string;
  /** Bytes in this chunk; 0 where the whole file was asked for. */
  readonly size: number;
  readonly index: number;
  /** The bytes, or the first slice of them. */
  readonly data: Buffer;
  /** What follows `data` where the chunk is larger than one slice: slices of a multiple of 3 bytes, but for the last. */
  readonly rest?: { readonly bytes: number; readonly slices: AsyncIterable<Buffer> };
}

/** Why a request has no answer, inside a session (section 6). */
export type RefusalCode = 'not-found' | 'out-of-range' | 'bad-request' | 'too-large' | 'busy' | 'read-failed';

/** Answers a request inside a session that cannot be granted. */
export interface ErrorDraft {
  readonly type: 'ERROR';
  /** Type of the request. */
  readonly of: string;
  /** A RefusalCode; others may come from programs newer than this one. */
  readonly code: string;
  /** Arguments of the request. */
  readonly args: readonly string[];
}

/** Asks for the SHA-256 of a whole file (section 6). */
export interface DigestDraft {
  readonly type: 'DIGEST';
  readonly token: string;
}

export interface DigestOfDraft {
  readonly type: 'DIGEST_OF';
  readonly token: string;
  /** Bytes of the file. */
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Asks for bytes [offset, offset + length) as they are (section 6, "Blocos"). */
export interface GetDraft {
  readonly type: 'GET';
  readonly token: string;
  /** Bytes. */
  readonly offset: number;
  /** Bytes, 1 … MAX_BLOCK_BYTES. */
  readonly length: number;
}

/** Announces exactly `length` raw bytes, which follow its newline. */
export interface DataDraft {
  readonly type: 'DATA';
  readonly token: string;
  readonly offset: number;
  readonly length: number;
  /** Of a draft: its last byte is the last one of the file; not on the wire. */
  readonly endsFile?: boolean;
}

/** A connection that carries many requests, pipelined, with replies in their order (section 6). */
export const SESSION = 'sessao';
/** The capability to answer DIGEST. */
export const SHA256 = 'sha256';
/** The capability to answer GET. */
export const BLOCKS = 'blocos';

export type Draft =
  | { readonly type: 'HELLO' | 'RETURN_HELLO'; readonly capabilities: readonly string[] }
  | { readonly type: 'GET_PEERS' | 'LS' | 'BYE' }
  | { readonly type: 'PEER_LIST'; readonly peers: readonly PeerEntry[] }
  | { readonly type: 'LS_LIST'; readonly files: readonly FileEntry[] }
  | DlDraft
  | FileDraft
  | GetDraft
  | DataDraft
  | DigestDraft
  | DigestOfDraft
  | ErrorDraft;

export type MessageType = Draft['type'];

/** What only Peer can add: who sends, and the clock of that very moment. */
export interface Stamp {
  readonly origin: Address;
  readonly clock: number;
}

export type Message = Draft & Stamp;
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>;

/** The requests that have an answer, and its type. */
export const REPLY_TYPE = {
  GET_PEERS: 'PEER_LIST',
  LS: 'LS_LIST',
  DL: 'FILE',
  GET: 'DATA',
  DIGEST: 'DIGEST_OF',
} as const;
/** Types that answer a question; nobody may send them unasked. */
export const REPLIES: ReadonlySet<MessageType> = new Set([...Object.values(REPLY_TYPE), 'ERROR']);
/** Requests whose reply is one message alone. */
export type RequestType = Exclude<keyof typeof REPLY_TYPE, 'GET'>;
export type RequestDraft = { readonly type: 'GET_PEERS' } | { readonly type: 'LS' } | DlDraft | DigestDraft;
