import { ConnectionError, FileError, ProtocolError, type FileErrorCode } from '../errors.ts';
import type { Handlers } from '../handlers.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { encodeRest } from '../protocol/encode.ts';
import { SESSION, type Draft, type ErrorDraft, type Message, type RefusalCode } from '../protocol/message.ts';
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
   * Answers one request, whoever opened the channel; nothing is sent before its `turn`.
   * @throws ProtocolError `bad-origin` where the channel belongs to somebody else, `own-origin`
   * @throws ConnectionError `reset`, `write-timeout`
   */
  async answer(request: Message, channel: Channel, payload: Buffer, turn: Promise<void>): Promise<void> {
    const { wire, dialects, links, recogniser } = this.#options;
    channel.neighbour ??= request.origin;
    if (!channel.isOurs && channel.neighbour !== request.origin) throw new ProtocolError('bad-origin');
    channel.requests += 1;
    wire.receive(request, { reply: false }, channel.neighbour);
    if (request.type === 'BYE') {
      channel.isForgotten = true;
      channel.connection.finish();
      // Anybody may say it for another: its status changes, what runs between us and the other goes on.
      if (!recogniser.isFrom(request, channel)) return;
      dialects.forget(channel.neighbour);
      links.forget(channel.neighbour);
      return;
    }
    const dialect = await recogniser.dialectOf(request, channel, payload);
    if (request.type === 'HELLO') {
      await turn;
      this.#greet(request, channel, dialect);
    } else {
      await this.#reply(request, channel, dialect, turn);
    }
  }

  #greet({ origin }: Message, channel: Channel, dialect: Dialect): void {
    const { connection } = channel;
    const { answersHello } = dialect;
    if (connection.isClosing) return;
    if (answersHello === 'always' || (answersHello === 'if-open' && !connection.ended)) {
      const draft = { type: 'RETURN_HELLO', capabilities: [SESSION] } as const;
      this.#options.wire.send(connection, origin, draft, dialect, { reply: true });
      channel.isGreeted = answersHello === 'if-open';
    }
    if (!channel.isGreeted) connection.finish();
  }

  async #reply(request: Message, channel: Channel, dialect: Dialect, turn: Promise<void>): Promise<void> {
    const { handlers, recogniser, onRefused } = this.#options;
    const began = { writing: false };
    try {
      const draft = await handlers.reply(request).finally(() => turn);
      if (draft !== undefined) await this.#deliver(request, draft, channel, dialect, began);
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (began.writing) channel.connection.reset();
      if (!(error instanceof FileError)) throw error;
      onRefused(request, error);
      if (!began.writing) this.#refuse(request, error, channel, dialect);
      return;
    }
    if (dialect.staysOpen && !dialect.isSession && recogniser.isFrom(request, channel))
      this.#keep(request, channel);
    else if (!channel.isGreeted) channel.connection.finish();
  }

  /** A session answers what cannot be granted; everybody else sees the connection close. */
  #refuse(request: Message, error: FileError, { connection, isGreeted }: Channel, dialect: Dialect): void {
    if (!isGreeted || !dialect.isSession) connection.finish();
    else if (!connection.isClosing) {
      this.#options.wire.send(connection, request.origin, refusal(request, error), dialect, { reply: true });
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
};

function refusal(request: Message, { code }: FileError): ErrorDraft {
  const args = request.type === 'DL' ? [request.token, String(request.size), String(request.index)] : [];
  return { type: 'ERROR', of: request.type, code: REFUSALS[code] ?? 'read-failed', args };
}
