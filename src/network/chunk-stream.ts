import { ConnectionError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import type { DlDraft, GetDraft, Message, MessageType } from '../protocol/message.ts';
import { MAX_REQUEST_BYTES } from '../limits.ts';
import { chunkDraft, isReplyTo, maxReplyBytes, type RequestOptions } from './ask.ts';
import type { OwnRequest, Settle } from './awaited-replies.ts';
import type { Connection } from './socket.ts';

/** A file at one neighbour, of which chunks are wanted. */
export interface WantedFile {
  readonly token: string;
  /** Chunk size in bytes. */
  readonly size: number;
  readonly chunks: number;
}

export interface ByteBlock {
  /** Bytes. */
  readonly offset: number;
  /** Bytes, 1 … MAX_BLOCK_BYTES. */
  readonly length: number;
}

/** Takes the next bytes of a block, which are its own from then on; what the others are to wait for. */
export type TakeBytes = (bytes: Buffer) => Promise<void> | undefined;

export interface ChunkStreamOptions {
  readonly to: Address;
  readonly wanted: WantedFile;
  /** Longest silence before a chunk, in milliseconds. */
  readonly timeoutMs: number;
  /** The session with that neighbour, if one is open. */
  readonly session: () => Connection | undefined;
  /** Sees to one where there is none, and tells whether the neighbour still offers it; it may fail. */
  readonly open: () => Promise<boolean>;
  /** Asks for a chunk where there is none. */
  readonly request: (draft: DlDraft, options: RequestOptions) => Promise<Message>;
  /** Is told why a chunk of a session did not come. */
  readonly onFailed: (error: Error, type: MessageType) => void;
}

/** The chunks of one file from one neighbour. In a session thousands are under way, so each costs as little as it can. */
export class ChunkStream {
  readonly to: Address;
  readonly wanted: WantedFile;
  readonly timeoutMs: number;
  readonly maxReplyBytes: number;
  readonly #options: ChunkStreamOptions;

  constructor(options: ChunkStreamOptions) {
    const { to, wanted, timeoutMs } = options;
    this.to = to;
    this.wanted = wanted;
    this.timeoutMs = timeoutMs;
    this.maxReplyBytes = maxReplyBytes(this.draft(0), wanted.chunks);
    this.#options = options;
  }

  draft(index: number): DlDraft {
    return chunkDraft(this.wanted.token, this.wanted.size, index);
  }

  /**
   * Asks for a chunk. `settle` is called once, with the FILE or with a ConnectionError or ProtocolError; in a session in the turn in
   * which it comes.
   * @param signal gives up what is asked for outside of sessions
   */
  ask(index: number, signal: AbortSignal, settle: Settle): void {
    const { session, request } = this.#options;
    const connection = session();
    if (connection !== undefined) connection.ask(new ChunkRequest(this, index, settle));
    else request(this.draft(index), { signal, chunks: this.wanted.chunks }).then(settle, settle);
  }

  /**
   * Asks for bytes of the file as one block. `settle` is called once, with the DATA behind its last byte, or with a ConnectionError
   * or ProtocolError; what was taken by then is right all the same.
   */
  askBlock({ offset, length }: ByteBlock, take: TakeBytes, settle: Settle): void {
    const draft = { type: 'GET', token: this.wanted.token, offset, length } as const;
    const request = new BlockRequest(this, draft, take, settle);
    const connection = this.#options.session();
    if (connection !== undefined) return connection.ask(request);
    const fail = (error: Error) => request.settle(error);
    this.#options.open().then((isOffered) => {
      const opened = this.#options.session();
      if (opened === undefined) fail(new ConnectionError(isOffered ? 'reply-timeout' : 'no-reply'));
      else opened.ask(request);
    }, fail);
  }

  failed(error: Error, type: MessageType): void {
    this.#options.onFailed(error, type);
  }
}

/** A DL in a session. */
class ChunkRequest implements OwnRequest {
  readonly replyType = 'FILE';
  readonly isOptional = false;
  readonly #stream: ChunkStream;
  readonly #index: number;
  readonly #settle: Settle;

  constructor(stream: ChunkStream, index: number, settle: Settle) {
    this.#stream = stream;
    this.#index = index;
    this.#settle = settle;
  }

  /** Made when it is sent. */
  get draft(): DlDraft {
    return this.#stream.draft(this.#index);
  }

  get timeoutMs(): number {
    return this.#stream.timeoutMs;
  }

  get maxReplyBytes(): number {
    return this.#stream.maxReplyBytes;
  }

  get chunks(): number {
    return this.#stream.wanted.chunks;
  }

  accepts(message: Message): boolean {
    const isIt = message.type === 'FILE' && message.index === this.#index;
    // The usual case, before the odd ones.
    return (isIt && message.token === this.#stream.wanted.token) || isReplyTo(message, this.draft);
  }

  settle(outcome: Message | Error): void {
    if (outcome instanceof Error) this.#stream.failed(outcome, 'DL');
    this.#settle(outcome);
  }
}

/** A GET in a session. */
class BlockRequest implements OwnRequest {
  readonly replyType = 'DATA';
  readonly isOptional = false;
  /** Of its head. */
  readonly maxReplyBytes = MAX_REQUEST_BYTES;
  readonly draft: GetDraft;
  readonly take: TakeBytes;
  readonly #stream: ChunkStream;
  readonly #settle: Settle;

  constructor(stream: ChunkStream, draft: GetDraft, take: TakeBytes, settle: Settle) {
    this.#stream = stream;
    this.draft = draft;
    this.take = take;
    this.#settle = settle;
  }

  get timeoutMs(): number {
    return this.#stream.timeoutMs;
  }

  get chunks(): number {
    return this.#stream.wanted.chunks;
  }

  accepts(message: Message): boolean {
    return isReplyTo(message, this.draft);
  }

  settle(outcome: Message | Error): void {
    if (outcome instanceof Error) this.#stream.failed(outcome, 'GET');
    this.#settle(outcome);
  }
}
