import { ConnectionError, FileError, type FileErrorCode } from '../errors.ts';
import type { Handlers } from '../handlers.ts';
import type { Address } from '../protocol/address.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { encodeRest, headArguments } from '../protocol/encode.ts';
import {
  BLOCKS,
  SESSION,
  SHA256,
  type Draft,
  type Message,
  type MessageOf,
  type RefusalCode,
} from '../protocol/message.ts';
import type { FairShare } from './fair-share.ts';
import { BlockSender } from './block-sender.ts';
import type { KnownPeers } from './known-peer.ts';
import type { Pace } from './pace.ts';
import type { Pool } from './pool.ts';
import type { Recogniser } from './recogniser.ts';
import type { Prepared, TheirRequest, UnknownRequest } from './requests-in-hand.ts';
import type { Connection } from './socket.ts';

/** Facts about a message that only its sender or receiver knows. */
export interface About {
  /** It answers a request. */
  readonly reply: boolean;
  /** For DL and FILE: how many chunks the file has. */
  readonly chunks?: number | undefined;
}

/** Ticks, reports, encodes and writes, all in this turn. */
export type Send = (
  connection: Connection,
  to: Address,
  draft: Draft,
  dialect: Dialect,
  about: About,
) => void;

export interface RequestServerOptions {
  readonly known: KnownPeers;
  readonly pool: Pool;
  readonly recogniser: Recogniser;
  readonly handlers: Handlers;
  readonly pace: Pace;
  readonly processor: FairShare;
  readonly send: Send;
  /** Is told of a request that got no reply. */
  readonly onRefused: (remoteHost: string, request: Message, error: FileError) => void;
  /** Offers nothing but the nine messages. */
  readonly pure: boolean;
}

/** Replies that are brought at the same time to a program which wants them on new connections: it listens for few. */
const CALLBACKS_AT_ONCE = 4;

/**
 * Serves the requests of others, each in the framing that its asker understands and where it expects the reply. Most programs take one
 * reply a connection, so it is closed after it; one that began with a HELLO, or asks again, keeps its connection.
 */
export class RequestServer {
  readonly #options: RequestServerOptions;
  readonly #blockSenders = new WeakMap<Connection, BlockSender>();

  constructor(options: RequestServerOptions) {
    this.#options = options;
  }

  /**
   * Serves a request that Peer has taken note of.
   * @param chunks for DL: how many chunks the file has, where known
   */
  serve(connection: Connection, request: TheirRequest, chunks: number | undefined): void {
    const { recogniser } = this.#options;
    const dialect = recogniser.dialectOf(request, connection);
    const prepare = (found: Dialect) => this.#prepare(connection, request, found, chunks);
    if (dialect instanceof Promise) void dialect.then(prepare);
    else prepare(dialect);
  }

  /** Answers a line of a session that is no message we know. */
  refuse(connection: Connection, unknown: UnknownRequest): void {
    const { head } = unknown;
    const draft = { type: 'ERROR', of: head.type, code: 'bad-request', args: head.args } as const;
    const { dialect } = this.#options.known.look(head.origin);
    if (dialect === undefined) return connection.finish();
    this.#ready(connection, unknown, { dialect, draft });
  }

  #prepare(
    connection: Connection,
    request: TheirRequest,
    dialect: Dialect,
    chunks: number | undefined,
  ): void {
    const { message } = request;
    const { handlers } = this.#options;
    if (message.type === 'HELLO') {
      const make = () => this.#helloReply(message, connection, dialect);
      this.#ready(connection, request, { dialect, make });
    } else if (message.type === 'DL') {
      const draft = handlers.chunkNow(message);
      if (draft !== undefined) return this.#ready(connection, request, { dialect, draft, chunks });
      // Chunks are read ahead while the replies before them are sent; what is larger is made in its turn.
      handlers.reply(message).then(
        (read) => this.#ready(connection, request, { dialect, draft: read, chunks }),
        (error: Error) => this.#ready(connection, request, { dialect, make: () => Promise.reject(error) }),
      );
    } else if (message.type === 'GET') {
      this.#prepareBlock(connection, request, message, dialect);
    } else {
      this.#ready(connection, request, { dialect, make: () => handlers.reply(message) });
    }
  }

  /** Blocks are read ahead in the order of their requests while the replies before them are sent. */
  #prepareBlock(
    connection: Connection,
    request: TheirRequest,
    message: MessageOf<'GET'>,
    dialect: Dialect,
  ): void {
    const { offset, length } = message;
    const { exchange } = connection;
    // Only a session has it: elsewhere nobody could tell raw bytes from lines.
    if (exchange.state.name !== 'session') {
      const make = () => Promise.reject(new FileError('not-found', message.token));
      return this.#ready(connection, request, { dialect, make });
    }
    const sender = this.#blockSenderOf(connection);
    const block = sender.begin(offset, length);
    const open = async () => {
      const { file, replyToken } = await this.#options.handlers.block(message);
      await sender.open(block, file);
      return { token: replyToken, endsFile: offset + length === file.size };
    };
    open().then(
      (named) => {
        const draft = { type: 'DATA', ...named, offset, length } as const;
        this.#ready(connection, request, { dialect, draft, body: () => sender.send(block) });
      },
      (error: Error) => {
        sender.drop(block);
        this.#ready(connection, request, { dialect, make: () => Promise.reject(error) });
      },
    );
  }

  #blockSenderOf(connection: Connection): BlockSender {
    const sender = this.#blockSenders.get(connection) ?? new BlockSender(connection);
    this.#blockSenders.set(connection, sender);
    return sender;
  }

  #ready(connection: Connection, request: TheirRequest | UnknownRequest, prepared: Prepared): void {
    connection.exchange.prepared(request, prepared);
    this.#flush(connection);
  }

  /**
   * Sends what is due, one reply after the other: what is known and small at once, as most chunks of a session are, so that many leave
   * in one write; everything else in its own time.
   */
  #flush(connection: Connection): void {
    const { exchange } = connection;
    for (let due = exchange.takeDue(); due !== undefined; due = exchange.takeDue()) {
      if (!this.#sendNow(connection, due.request, due.reply)) {
        void this.#answer(connection, due.request, due.reply);
        return;
      }
    }
    connection.pump();
  }

  /** Sends a reply that is known, on a connection that stays; false where it takes more than that. */
  #sendNow(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    { draft, dialect, chunks, body }: Prepared,
  ): boolean {
    const { pace, send } = this.#options;
    const isPlain = request.event === 'request' && connection.exchange.state.name === 'session';
    if (!isPlain || draft === undefined || pace.isSlow || connection.isClosing || connection.isCongested)
      return false;
    if (body !== undefined || (draft.type === 'FILE' && draft.rest !== undefined)) return false;
    send(connection, request.message.origin, draft, dialect, { reply: true, chunks });
    connection.exchange.replied(performance.now());
    return true;
  }

  /** RETURN_HELLO, where its sender waits for one. */
  #helloReply(
    { capabilities }: Message & { readonly type: 'HELLO' | 'RETURN_HELLO' },
    connection: Connection,
    dialect: Dialect,
  ): Draft | undefined {
    const { answersHello } = dialect;
    const { pure } = this.#options;
    const isOpen = answersHello === 'if-open' && !connection.exchange.hasEnded;
    if (answersHello === 'never' || (answersHello === 'if-open' && !isOpen)) return undefined;
    if (isOpen) connection.exchange.become(capabilities.includes(SESSION) && !pure ? 'session' : 'greeted');
    return { type: 'RETURN_HELLO', capabilities: pure ? [] : [SESSION, SHA256, BLOCKS] };
  }

  async #answer(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    prepared: Prepared,
  ): Promise<void> {
    const began = { writing: false };
    try {
      // What the other side has not taken yet comes first: whoever asks without reading must not have us hold more and more.
      // What is read ahead of a block is little.
      if (connection.isCongested && prepared.body === undefined) await connection.drained();
      // And others: a list takes its time.
      if (prepared.draft === undefined) await this.#options.processor.turn(connection.remoteHost);
      const draft = prepared.draft ?? (await prepared.make?.());
      if (draft !== undefined) await this.#deliver(connection, request, draft, prepared, began);
      if (request.event === 'request') {
        this.#settle(connection, request.message, prepared.dialect, draft !== undefined);
      }
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (began.writing) connection.reset();
      if (error instanceof ConnectionError) return connection.destroy();
      if (!(error instanceof FileError) || request.event === 'unknown') throw error;
      if (error.code !== 'busy') this.#options.onRefused(connection.remoteHost, request.message, error);
      if (!began.writing) await this.#refuse(connection, request, error, prepared.dialect);
    }
    connection.exchange.replied(performance.now());
    this.#flush(connection);
  }

  /** What becomes of a connection after a reply. */
  #settle(connection: Connection, message: Message, dialect: Dialect, hasReplied: boolean): void {
    const { recogniser, known } = this.#options;
    const { exchange } = connection;
    const { name } = exchange.state;
    if (name === 'session') return;
    const isFrom = recogniser.isFrom(message, connection);
    const isTwoWay = dialect.replies === 'here';
    if ((message.type !== 'HELLO' || !isTwoWay) && dialect.staysOpen && !dialect.isSession && isFrom) {
      // From the second request on, a connection stays until one of the two programs ends, and may serve both directions.
      const asker = known.get(message.origin);
      if (isTwoWay && asker.answersAgain) asker.keep(connection);
      asker.keptPace.stay();
      exchange.become('persistent');
    } else if (name === 'greeted' || name === 'persistent') {
      return;
    } else if (hasReplied && isFrom && !exchange.hasEnded && this.#mayAskAgain(message.origin)) {
      exchange.linger(performance.now());
    } else {
      connection.finish();
    }
  }

  /** Whether it is still open that this asker keeps its connections; it is found out once. */
  #mayAskAgain(asker: Address): boolean {
    const peer = this.#options.known.look(asker);
    const isOpen = peer.isAssumed && !peer.hasLingered;
    peer.hasLingered = true;
    return isOpen;
  }

  /** A session answers what cannot be granted; everybody else sees the connection close. */
  async #refuse(
    connection: Connection,
    { message }: TheirRequest,
    error: FileError,
    dialect: Dialect,
  ): Promise<void> {
    if (connection.exchange.state.name !== 'session') return connection.finish();
    await this.#options.pace.turn();
    if (connection.isClosing) return;
    const code = REFUSALS[error.code] ?? 'read-failed';
    const draft = { type: 'ERROR', of: message.type, code, args: headArguments(message) } as const;
    this.#options.send(connection, message.origin, draft, dialect, { reply: true });
  }

  async #deliver(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    draft: Draft,
    prepared: Prepared,
    began: { writing: boolean },
  ): Promise<void> {
    const { recogniser, known } = this.#options;
    const send = (on: Connection) => this.#send(on, request, draft, prepared, began);
    if (request.event === 'unknown' || prepared.dialect.replies === 'here') return send(connection);
    if (!recogniser.isFrom(request.message, connection)) return send(connection);
    const { origin } = request.message;
    const { callbackPlaces } = known.get(origin);
    if (prepared.dialect.replies === 'on-own-connection') {
      // One after the other, and after our own requests: they share a connection.
      return callbackPlaces.within(
        () => 1,
        async () => send(await this.#options.pool.outgoing(known.get(origin))),
      );
    }
    try {
      await callbackPlaces.within(
        () => CALLBACKS_AT_ONCE,
        async () => {
          const isTaken = await this.#callBack(origin, send);
          // It listens for few, and some are lost. What is read from the disk while it is sent cannot be sent again.
          if (!isTaken && (draft.type !== 'FILE' || draft.rest === undefined))
            await this.#callBack(origin, send);
        },
      );
    } catch (error) {
      if (!(error instanceof ConnectionError) || began.writing) throw error;
      // Nobody listens at the address of the asker: it has only sent its FIN early and still reads here.
      await send(connection);
    }
  }

  /** Sends on a connection of its own; false where the other side has reset that, as if it had not read. */
  async #callBack(origin: Address, send: (on: Connection) => Promise<void>): Promise<boolean> {
    const connection = await this.#options.pool.dial(origin);
    try {
      await send(connection);
    } finally {
      connection.finish();
    }
    await connection.closed;
    return !connection.wasReset;
  }

  async #send(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    draft: Draft,
    { dialect, chunks, body }: Prepared,
    began: { writing: boolean },
  ): Promise<void> {
    const { pace, send } = this.#options;
    const asked = request.event === 'request' && request.message.type === 'DL' ? request.message : undefined;
    const isEcho = asked !== undefined && draft.type === 'FILE' && dialect.echoesChunkSize;
    const sent = isEcho ? { ...draft, size: asked.size } : draft;
    const to = request.event === 'request' ? request.message.origin : request.head.origin;
    if (pace.isSlow) await pace.turn();
    // Whoever has gone gets no message, and no message is counted.
    if (connection.isClosing) throw new ConnectionError('reset');
    send(connection, to, sent, dialect, { reply: true, chunks });
    began.writing = true;
    if (body !== undefined) return body();
    await connection.drained();
    if (sent.type !== 'FILE' || sent.rest === undefined) return;
    for await (const bytes of encodeRest(sent.rest, dialect)) {
      connection.write(bytes);
      await connection.drained();
    }
  }
}

const REFUSALS: Readonly<Partial<Record<FileErrorCode, RefusalCode>>> = {
  'not-found': 'not-found',
  'out-of-range': 'out-of-range',
  'too-large': 'too-large',
  busy: 'busy',
};
