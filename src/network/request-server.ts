import { ConnectionError, FileError, type FileErrorCode } from '../errors.ts';
import type { Handlers } from '../handlers.ts';
import type { Address } from '../protocol/address.ts';
import type { Dialect } from '../protocol/dialect.ts';
import { encodeRest, headArguments } from '../protocol/encode.ts';
import { SESSION, SHA256, type Draft, type Message, type RefusalCode } from '../protocol/message.ts';
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

  constructor(options: RequestServerOptions) {
    this.#options = options;
  }

  /** Serves a request that Peer has taken note of; at once where its reply is in memory, as most chunks of a session are. */
  serve(connection: Connection, request: TheirRequest): void {
    const { exchange } = connection;
    const { handlers, pace } = this.#options;
    if (
      request.message.type === 'DL' &&
      exchange.state.name === 'session' &&
      !pace.isSlow &&
      exchange.isNext(request)
    ) {
      const ready = connection.isClosing ? undefined : handlers.chunkNow(request.message);
      if (ready !== undefined) return this.#sendNow(connection, request, ready);
    }
    const dialect = this.#options.recogniser.dialectOf(request, connection);
    if (dialect instanceof Promise) void dialect.then((found) => this.#prepare(connection, request, found));
    else this.#prepare(connection, request, dialect);
  }

  /** Answers a line of a session that is no message we know. */
  refuse(connection: Connection, unknown: UnknownRequest): void {
    const { head } = unknown;
    const draft = { type: 'ERROR', of: head.type, code: 'bad-request', args: head.args } as const;
    const dialect = this.#options.known.look(head.origin).dialect;
    if (dialect === undefined) return connection.finish();
    connection.exchange.prepared(unknown, { dialect, make: () => draft });
    void this.#flush(connection);
  }

  #sendNow(
    connection: Connection,
    request: TheirRequest,
    { draft, chunks }: { readonly draft: Draft; readonly chunks: number },
  ): void {
    const { known, send } = this.#options;
    const { origin } = request.message;
    const { dialect } = known.look(origin);
    if (dialect === undefined) return;
    send(connection, origin, draft, dialect, { reply: true, chunks });
    const done = () => connection.exchange.replied(performance.now());
    if (!connection.isCongested) return done();
    void this.#whileAlive(connection, async () => {
      await connection.drained();
      done();
      connection.pump();
    });
  }

  #prepare(connection: Connection, request: TheirRequest, dialect: Dialect): void {
    const { message } = request;
    const { handlers } = this.#options;
    const { exchange } = connection;
    if (message.type === 'HELLO') {
      exchange.prepared(request, { dialect, make: () => this.#helloReply(message, connection, dialect) });
      void this.#flush(connection);
    } else if (message.type === 'DL') {
      // Chunks are read ahead while the replies before them are sent; what is larger is made in its turn.
      const ready = handlers.reply(message);
      ready
        .catch(() => undefined)
        .finally(() => {
          exchange.prepared(request, { dialect, make: () => ready });
          void this.#flush(connection);
        });
    } else {
      exchange.prepared(request, { dialect, make: () => handlers.reply(message) });
      void this.#flush(connection);
    }
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
    return { type: 'RETURN_HELLO', capabilities: pure ? [] : [SESSION, SHA256] };
  }

  /** Sends what is due, one reply after the other. */
  async #flush(connection: Connection): Promise<void> {
    const { exchange } = connection;
    await this.#whileAlive(connection, async () => {
      for (let due = exchange.takeDue(); due !== undefined; due = exchange.takeDue()) {
        await this.#answer(connection, due.request, due.reply);
        exchange.replied(performance.now());
        connection.pump();
      }
    });
  }

  async #answer(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    { dialect, make }: Prepared,
  ): Promise<void> {
    const began = { writing: false };
    let draft: Draft | undefined;
    try {
      draft = await make();
      if (draft !== undefined) await this.#deliver(connection, request, draft, dialect, began);
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (began.writing) connection.reset();
      if (!(error instanceof FileError) || request.event === 'unknown') throw error;
      if (error.code !== 'busy') this.#options.onRefused(connection.remoteHost, request.message, error);
      if (!began.writing) await this.#refuse(connection, request, error, dialect);
      return;
    }
    if (request.event === 'request') this.#settle(connection, request.message, dialect, draft !== undefined);
  }

  /** What becomes of a connection after a reply. */
  #settle(connection: Connection, message: Message, dialect: Dialect, hasReplied: boolean): void {
    const { recogniser, known } = this.#options;
    const { exchange } = connection;
    const { name } = exchange.state;
    if (name === 'session') return;
    const isFrom = recogniser.isFrom(message, connection);
    if (message.type !== 'HELLO' && dialect.staysOpen && !dialect.isSession && isFrom) {
      // From the second request on, a connection serves both directions until one of the two programs ends.
      if (name !== 'persistent') known.get(message.origin).keep(connection);
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
    await connection.drained();
  }

  async #deliver(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    draft: Draft,
    dialect: Dialect,
    began: { writing: boolean },
  ): Promise<void> {
    const { recogniser, known, pool } = this.#options;
    const send = (on: Connection) => this.#send(on, request, draft, dialect, began);
    if (request.event === 'unknown' || dialect.replies === 'here') return send(connection);
    if (!recogniser.isFrom(request.message, connection)) return send(connection);
    const { origin } = request.message;
    try {
      await known.get(origin).callbackPlaces.within(
        () => CALLBACKS_AT_ONCE,
        async () => {
          const callback = await pool.dial(origin);
          try {
            await send(callback);
          } finally {
            callback.finish();
          }
        },
      );
    } catch (error) {
      if (!(error instanceof ConnectionError) || began.writing) throw error;
      // Nobody listens at the address of the asker: it has only sent its FIN early and still reads here.
      await send(connection);
    }
  }

  async #send(
    connection: Connection,
    request: TheirRequest | UnknownRequest,
    draft: Draft,
    dialect: Dialect,
    began: { writing: boolean },
  ): Promise<void> {
    const { handlers, pace, send } = this.#options;
    const asked = request.event === 'request' && request.message.type === 'DL' ? request.message : undefined;
    const chunks = asked === undefined ? undefined : handlers.chunksOf(asked);
    const isEcho = asked !== undefined && draft.type === 'FILE' && dialect.echoesChunkSize;
    const sent = isEcho ? { ...draft, size: asked.size } : draft;
    const to = request.event === 'request' ? request.message.origin : request.head.origin;
    await pace.turn();
    // Whoever has gone gets no message, and no message is counted.
    if (connection.isClosing) throw new ConnectionError('reset');
    send(connection, to, sent, dialect, { reply: true, chunks });
    began.writing = true;
    await connection.drained();
    if (sent.type !== 'FILE' || sent.rest === undefined) return;
    for await (const bytes of encodeRest(sent.rest, dialect)) {
      connection.write(bytes);
      await connection.drained();
    }
  }

  /** A connection that is lost in mid-reply takes its requests with it. */
  async #whileAlive(connection: Connection, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      connection.destroy();
    }
  }
}

const REFUSALS: Readonly<Partial<Record<FileErrorCode, RefusalCode>>> = {
  'not-found': 'not-found',
  'out-of-range': 'out-of-range',
  'too-large': 'too-large',
  busy: 'busy',
};
