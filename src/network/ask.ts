import { ConnectionError, ProtocolError } from '../errors.ts';
import { MAX_REPLY_BYTES, MAX_REQUEST_BYTES } from '../limits.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { base64Length } from '../protocol/encode.ts';
import {
  REPLY_TYPE,
  type DlDraft,
  type Draft,
  type GetDraft,
  type Message,
  type MessageOf,
  type RequestDraft,
} from '../protocol/message.ts';
import { isSameName } from '../protocol/names.ts';
import type { OwnRequest } from './awaited-replies.ts';
import type { Connection } from './socket.ts';

/** What goes with a request of ours. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks the download has. */
  readonly chunks?: number | undefined;
  /** How it is framed; in a line by default. */
  readonly framing?: Dialect | undefined;
}

/**
 * Tells the reply to this request from that of another one: the FILE that was asked for, or the whole file in its place, and the
 * digest of the right file (section 7).
 */
export function isReplyTo(message: Message, draft: RequestDraft | GetDraft): boolean {
  if (draft.type === 'DIGEST') return message.type === 'DIGEST_OF' && isSameName(message.token, draft.token);
  if (draft.type === 'GET') {
    const isAsked = message.type === 'DATA' && isSameName(message.token, draft.token);
    return isAsked && message.offset === draft.offset && message.length === draft.length;
  }
  if (draft.type !== 'DL') return true;
  if (message.type !== 'FILE' || !isSameName(message.token, draft.token)) return false;
  return message.index === draft.index || (message.index === 0 && message.size === 0);
}

/** Whether a FILE is the whole file in place of the chunk that was asked for (section 7). */
export function isWholeFile({ index, size }: MessageOf<'FILE'>, draft: DlDraft): boolean {
  return index === 0 && size === 0 && draft.size > 0;
}

/**
 * Longest reply to a request, in bytes. Some programs answer any chunk with the whole file: as much as its listed size makes is taken.
 * @param chunks how many chunks the file has, where known
 */
export function maxReplyBytes(draft: Draft, chunks = 1): number {
  switch (draft.type) {
    case 'DL':
      return draft.size === 0
        ? MAX_REPLY_BYTES
        : Math.min(MAX_REPLY_BYTES, MAX_REQUEST_BYTES + base64Length(draft.size * chunks));
    case 'GET_PEERS':
    case 'LS':
      return MAX_REPLY_BYTES;
    default:
      return MAX_REQUEST_BYTES;
  }
}

/** An ERROR in place of a reply as what it means for the request. */
export function outcomeOf(message: Message): Message | ProtocolError {
  if (message.type !== 'ERROR') return message;
  return new ProtocolError(message.code === 'busy' ? 'remote-busy' : 'refused-by-remote', message.code);
}

export interface AskOptions extends RequestOptions {
  readonly timeoutMs: number;
}

/**
 * Sends a request, in its turn, and waits for its reply. Where none comes the connection is of no more use.
 * @throws ConnectionError `reply-timeout`, `no-reply`, `reset`, `aborted`
 * @throws ProtocolError what came is no such reply
 */
export async function ask(
  connection: Connection,
  draft: RequestDraft,
  options: AskOptions,
): Promise<Message> {
  const { signal, chunks, timeoutMs, framing } = options;
  const replyType = REPLY_TYPE[draft.type];
  const accepts = (message: Message) => isReplyTo(message, draft);
  const bytes = maxReplyBytes(draft, chunks);
  const request = {
    draft,
    replyType,
    timeoutMs,
    maxReplyBytes: bytes,
    isOptional: false,
    chunks,
    framing,
    accepts,
  };
  try {
    return await settled(connection, request, signal);
  } catch (error) {
    // In a session the reply to what was given up is still told from the others.
    const goesOn =
      error instanceof ConnectionError &&
      error.code === 'aborted' &&
      connection.exchange.state.name === 'session';
    if (error instanceof ConnectionError && !goesOn) connection.destroy();
    throw error;
  }
}

/**
 * Sends a HELLO, which may be answered, and waits a moment for that or for the close.
 * @throws ConnectionError `reset`, `aborted`
 * @throws ProtocolError what came is no such answer
 */
export async function greet(
  connection: Connection,
  capabilities: readonly string[],
  { timeoutMs, signal }: AskOptions,
): Promise<Message | undefined> {
  const draft = { type: 'HELLO', capabilities } as const;
  const request = {
    draft,
    replyType: 'RETURN_HELLO',
    timeoutMs,
    maxReplyBytes: MAX_REQUEST_BYTES,
    isOptional: true,
  } as const;
  try {
    return await settled(connection, request, signal);
  } catch (error) {
    if (error instanceof ConnectionError && ['reply-timeout', 'no-reply'].includes(error.code))
      return undefined;
    throw error;
  }
}

/** The reply; given up, the request may wait for it all the same, and nobody hears of that. */
function settled(
  connection: Connection,
  request: Omit<OwnRequest, 'settle'>,
  signal: AbortSignal | undefined,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: Message | Error) => {
      signal?.removeEventListener('abort', onAbort);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const own: OwnRequest = { ...request, settle };
    const onAbort = () => {
      connection.exchange.withdraw(own);
      settle(new ConnectionError('aborted'));
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort);
    connection.ask(own);
  });
}

/** The DL for one chunk of a file at one neighbour. */
export function chunkDraft(token: string, size: number, index: number): DlDraft {
  return { type: 'DL', token, size, index };
}
