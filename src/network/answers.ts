import { ConnectionError, FileError, ProtocolError, type FileErrorCode } from '../errors.ts';
import type { RejectionCode } from '../events.ts';
import type { Handlers } from '../handlers.ts';
import type { Address } from '../protocol/address.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { refusedHead } from '../protocol/envelope.ts';
import { encodeRest, headArguments } from '../protocol/encode.ts';
import {
  SESSION,
  SHA256,
  type Draft,
  type ErrorDraft,
  type Message,
  type RefusalCode,
} from '../protocol/message.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Dialects } from './dialects.ts';
import type { Links } from './links.ts';
import type { Outbound } from './outbound.ts';
import type { Recogniser } from './recogniser.ts';
import type { Wire } from './wire.ts';

export interface AnswersOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly handlers: Handlers;
  readonly links: Links;
  readonly outbound: Outbound;
  readonly recogniser: Recogniser;
  /** Hears of a request that got no answer. */
  readonly onRefused: (request: Message, error: FileError) => void;
  /** Hears of bytes that are no message, where the connection goes on. */
  readonly onRejected: (remoteHost: string, code: RejectionCode) => void;
  /** Hears of a program that has ended, said on this channel. */
  readonly onGone: (neighbour: Address, channel: Channel) => void;
}

/**
 * Answers to requests, each in the framing that its asker understands and where it expects it. Most programs take one
 * reply a connection, so it is closed behind it; one that began with a HELLO, or asks again, keeps its connection.
 */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /**
   * Answers one request, whoever opened the channel; nothing is sent before its `turn`. Undefined where that is done already:
   * a small chunk in a session, whose bytes are in memory.
   * @throws ProtocolError `bad-origin` where the channel belongs to somebody else, `own-origin`
   * @throws ConnectionError `reset`, `write-timeout`
   */
  answer(
    request: Message,
    channel: Channel,
    payload: Buffer,
    turn: Promise<void> | undefined,
  ): Promise<void> | undefined {
    if (request.type !== 'DL' || turn !== undefined || !channel.isGreeted) {
      return this.#answer(request, channel, payload, turn);
    }
    const { dialects, handlers, wire } = this.#options;
    const { connection } = channel;
    const dialect = dialects.get(request.origin);
    const ready =
      dialect?.isSession === true && !connection.isClosing ? handlers.chunkNow(request) : undefined;
    if (dialect === undefined || ready === undefined) return this.#answer(request, channel, payload, turn);
    this.#receive(request, channel, ready.chunks);
    wire.send(connection, request.origin, ready.draft, dialect, { reply: true, chunks: ready.chunks });
    return connection.isCongested ? connection.drained() : undefined;
  }

  /**
   * Answers what is no message that we know, in a session; its `turn` has come. Undefined where that is done already.
   * @throws ProtocolError where it has no answer
   */
  refuseUnknown(payload: Buffer, channel: Channel, error: ProtocolError): Promise<void> | undefined {
    const { wire, dialects } = this.#options;
    const head = refusedHead(payload);
    if (head === undefined || head.origin !== channel.neighbour) throw error;
    const { type: of, args } = head;
    const dialect = dialects.get(head.origin);
    const { connection } = channel;
    if (dialect?.isSession !== true || channel.isServing || connection.isClosing) throw error;
    this.#options.onRejected(connection.remoteHost, error.code);
    const draft = { type: 'ERROR', of, code: 'bad-request', args } as const;
    wire.send(connection, head.origin, draft, dialect, { reply: true });
    return connection.isCongested ? connection.drained() : undefined;
  }

  #receive(request: Message, channel: Channel, chunks?: number): void {
    channel.neighbour ??= request.origin;
    if (!channel.isOurs && channel.neighbour !== request.origin) throw new ProtocolError('bad-origin');
    channel.requests += 1;
    this.#options.wire.receive(request, { reply: false, chunks }, channel.neighbour);
  }

  async #answer(
    request: Message,
    channel: Channel,
    payload: Buffer,
    turn: Promise<void> | undefined,
  ): Promise<void> {
    const { dialects, links, recogniser, handlers, onGone } = this.#options;
    this.#receive(request, channel, request.type === 'DL' ? handlers.chunksOf(request) : undefined);
    if (request.type === 'BYE') {
      channel.isForgotten = true;
      channel.connection.finish();
      // Anybody may say it for another: its status changes, what runs between us and the other goes on.
      if (!recogniser.isFrom(request, channel)) return;
      dialects.forget(request.origin);
      links.forget(request.origin);
      onGone(request.origin, channel);
      return;
    }
    const dialect = await recogniser.dialectOf(request, channel, payload);
    if (request.type === 'HELLO') {
      await turn;
      await this.#greet(request, channel, dialect);
    } else {
      await this.#reply(request, channel, dialect, turn);
    }
  }

  async #greet({ origin }: Message, channel: Channel, dialect: Dialect): Promise<void> {
    const { connection } = channel;
    const { answersHello } = dialect;
    if (connection.isClosing) return;
    if (answersHello === 'always' || (answersHello === 'if-open' && !connection.ended)) {
      const draft = { type: 'RETURN_HELLO', capabilities: [SESSION, SHA256] } as const;
      this.#options.wire.send(connection, origin, draft, dialect, { reply: true });
      channel.isGreeted = answersHello === 'if-open';
      // Short answers too: whoever asks without reading could have us hold millions of them.
      await connection.drained();
    }
    if (!channel.isGreeted) connection.finish();
  }

  async #reply(
    request: Message,
    channel: Channel,
    dialect: Dialect,
    turn: Promise<void> | undefined,
  ): Promise<void> {
    const { handlers, recogniser, onRefused } = this.#options;
    const began = { writing: false };
    try {
      const draft = await handlers.reply(request).finally(() => turn);
      if (draft !== undefined) await this.#deliver(request, draft, channel, dialect, began);
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (began.writing) channel.connection.reset();
      if (!(error instanceof FileError)) throw error;
      if (error.code !== 'busy') onRefused(request, error);
      if (!began.writing) await this.#refuse(request, error, channel, dialect);
      return;
    }
    if (dialect.staysOpen && !dialect.isSession && recogniser.isFrom(request, channel))
      this.#keep(request, channel);
    else if (!channel.isGreeted) channel.connection.finish();
  }

  /** A session answers what cannot be granted; everybody else sees the connection close. */
  async #refuse(
    request: Message,
    error: FileError,
    { connection, isGreeted }: Channel,
    dialect: Dialect,
  ): Promise<void> {
    if (!isGreeted || !dialect.isSession) connection.finish();
    else if (!connection.isClosing) {
      this.#options.wire.send(connection, request.origin, refusal(request, error), dialect, { reply: true });
      await connection.drained();
    }
  }

  async #deliver(
    request: Message,
    draft: Draft,
    channel: Channel,
    dialect: Dialect,
    began: { writing: boolean },
  ): Promise<void> {
    const send = (connection: Connection) => this.#send(connection, request, draft, dialect, began);
    const { recogniser, outbound } = this.#options;
    if (dialect.replies === 'here' || !recogniser.isFrom(request, channel)) return send(channel.connection);
    try {
      await outbound.callBack(request.origin, send);
    } catch (error) {
      if (!(error instanceof ConnectionError) || began.writing) throw error;
      // Nobody listens at the address of the asker: it has only sent its FIN early and still reads here.
      await send(channel.connection);
    }
  }

  async #send(
    connection: Connection,
    request: Message,
    draft: Draft,
    dialect: Dialect,
    began: { writing: boolean },
  ): Promise<void> {
    const { wire, handlers } = this.#options;
    const isChunk = request.type === 'DL' && draft.type === 'FILE';
    const chunks = isChunk ? handlers.chunksOf(request) : undefined;
    const sent = isChunk && dialect.echoesChunkSize ? { ...draft, size: request.size } : draft;
    // Whoever has gone gets no message, and no message is counted.
    if (connection.isClosing) throw new ConnectionError('reset');
    wire.send(connection, request.origin, sent, dialect, { reply: true, chunks });
    began.writing = true;
    await connection.drained();
    if (sent.type !== 'FILE' || sent.rest === undefined) return;
    for await (const bytes of encodeRest(sent.rest, dialect)) {
      connection.write(bytes);
      await connection.drained();
    }
  }

  /** From the second request on, a connection serves both directions until one of the two programs ends. */
  #keep({ origin }: Message, channel: Channel): void {
    if (channel.isPersistent) return;
    channel.isPersistent = true;
    this.#options.links.adopt(origin, channel);
  }
}

const REFUSALS: Readonly<Partial<Record<FileErrorCode, RefusalCode>>> = {
  'not-found': 'not-found',
  'out-of-range': 'out-of-range',
  'too-large': 'too-large',
  busy: 'busy',
};

function refusal(request: Message, { code }: FileError): ErrorDraft {
  return {
    type: 'ERROR',
    of: request.type,
    code: REFUSALS[code] ?? 'read-failed',
    args: headArguments(request),
  };
}
