import { REPLY_TIMEOUT_MS, SLOWEST_BYTES_PER_MS } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import type { DlDraft, Message, RequestDraft } from '../protocol/message.ts';
import { isSameName } from '../protocol/names.ts';
import type { Channel } from './channel.ts';
import type { Pending, Settle } from './questions.ts';
import type { About, RequestOptions, Wire } from './wire.ts';

/** How long the reply to a request may take, in milliseconds. */
export function replyTimeout(draft: RequestDraft): number {
  return REPLY_TIMEOUT_MS + ('size' in draft ? draft.size / SLOWEST_BYTES_PER_MS : 0);
}

/**
 * Tells the reply to this request from that of another one: the FILE that was asked for, or the whole file in its place,
 * and the digest of the right file (section 7).
 */
export function isAnswer(message: Message, draft: RequestDraft): boolean {
  if (draft.type === 'DIGEST') return message.type === 'DIGEST_OF' && isSameName(message.token, draft.token);
  if (draft.type !== 'DL') return true;
  if (message.type !== 'FILE' || !isSameName(message.token, draft.token)) return false;
  return message.index === draft.index || (message.index === 0 && message.size === 0);
}

/** A file at one neighbour, of which chunks are wanted. */
export interface WantedFile {
  readonly token: string;
  /** Chunk size in bytes. */
  readonly size: number;
  readonly chunks: number;
}

export interface ChunkStreamOptions {
  readonly to: Address;
  readonly wanted: WantedFile;
  readonly wire: Wire;
  /** The session with that neighbour, if one is open. */
  readonly session: () => Channel | undefined;
  /** Asks for a chunk where there is none. */
  readonly request: (draft: DlDraft, options: RequestOptions) => Promise<Message>;
  /** Hears why a chunk of a session did not come. */
  readonly onFailed: (error: Error) => void;
}

/** The chunks of one file from one neighbour. In a session thousands are under way, so each costs as little as it can. */
export class ChunkStream {
  readonly to: Address;
  readonly wanted: WantedFile;
  readonly about: About;
  readonly timeoutMs: number;
  readonly #options: ChunkStreamOptions;

  constructor(options: ChunkStreamOptions) {
    const { to, wanted } = options;
    this.to = to;
    this.wanted = wanted;
    this.about = { reply: false, chunks: wanted.chunks };
    this.timeoutMs = replyTimeout(this.draft(0));
    this.#options = options;
  }

  get wire(): Wire {
    return this.#options.wire;
  }

  draft(index: number): DlDraft {
    const { token, size } = this.wanted;
    return { type: 'DL', token, size, index };
  }

  /**
   * Asks for a chunk. `settle` is called once, with the FILE or with a ConnectionError or ProtocolError; in a session in the
   * turn in which it comes.
   * @param signal gives up what is asked for outside of sessions
   */
  ask(index: number, signal: AbortSignal, settle: Settle): void {
    const { session, request } = this.#options;
    const channel = session();
    if (channel !== undefined) channel.put(new ChunkQuestion(this, channel, index, settle));
    else request(this.draft(index), { signal, chunks: this.wanted.chunks }).then(settle, settle);
  }

  failed(error: Error): void {
    this.#options.onFailed(error);
  }
}

/** A DL in a session. */
class ChunkQuestion implements Pending {
  readonly #stream: ChunkStream;
  readonly #channel: Channel;
  readonly #index: number;
  readonly #settle: Settle;

  constructor(stream: ChunkStream, channel: Channel, index: number, settle: Settle) {
    this.#stream = stream;
    this.#channel = channel;
    this.#index = index;
    this.#settle = settle;
  }

  get type(): 'FILE' {
    return 'FILE';
  }

  get isOptional(): boolean {
    return false;
  }

  get timeoutMs(): number {
    return this.#stream.timeoutMs;
  }

  get chunks(): number {
    return this.#stream.wanted.chunks;
  }

  send(): void {
    const { wire, to, about } = this.#stream;
    wire.send(this.#channel.connection, to, this.#stream.draft(this.#index), DEFAULT_DIALECT, about);
  }

  accepts(message: Message): boolean {
    const isIt = message.type === 'FILE' && message.index === this.#index;
    // The usual case, before the odd ones.
    return (
      (isIt && message.token === this.#stream.wanted.token) ||
      isAnswer(message, this.#stream.draft(this.#index))
    );
  }

  settle(outcome: Message | Error): void {
    if (outcome instanceof Error) this.#stream.failed(outcome);
    this.#settle(outcome);
  }
}
