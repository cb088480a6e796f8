import type net from 'node:net';
import { Channel, type ChannelOwner } from './channel.ts';
import { Connection } from './connection.ts';
import type { Dialects } from './dialects.ts';
import { ConnectionError, FileError, ProtocolError, type FileErrorCode } from './errors.ts';
import type { Handlers } from './handlers.ts';
import {
  EMPTY_CONNECTION_MEMORY_MS,
  HELLO_FIN_WAIT_MS,
  MAX_INBOUND_CONNECTIONS,
  MAX_REPLY_BYTES,
  REQUEST_SILENCE_MS,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import type { Outbound } from './outbound.ts';
import { isAt, type Address } from './protocol/address.ts';
import {
  LINE,
  proveByRequest,
  requestReader,
  type Dialect,
  type RequestEvidence,
} from './protocol/dialect.ts';
import { encodeRest } from './protocol/encode.ts';
import { SESSION, type Draft, type ErrorDraft, type Message, type RefusalCode } from './protocol/message.ts';
import type { Wire } from './wire.ts';

export interface InboundOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly handlers: Handlers;
  readonly outbound: Outbound;
  readonly owner: ChannelOwner;
  /** Hears what was wrong with a connection. */
  readonly onRejected: (
    remoteHost: string,
    code: ProtocolError['code'] | 'request-timeout' | 'too-many-connections',
  ) => void;
  /** Hears of a request that got no answer. */
  readonly onRefused: (request: Message, error: FileError) => void;
}

const SPACE = 0x20;
/** Three tokens: a request that its sender has ended with silence. */
const LOOKS_COMPLETE = /^\S+ [0-9]+ [A-Z_]+/;

/**
 * Connections that others open to us, and the answers to their requests, each in the framing that its asker understands:
 * the order of decisions is that of section 7, "As server". Most programs take one request a connection; one that
 * begins with a HELLO and stays open takes more. Held connections are bounded, the oldest idle one goes first.
 */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #open = new Set<Connection>();
  /** With a request in hand: these are not given up for new ones. */
  readonly #busy = new Set<Connection>();
  /** When a connection without data last came from a host, in milliseconds of `performance.now()`. */
  readonly #emptyConnections = new Map<string, number>();

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** The connections that are open now. */
  get connections(): readonly Connection[] {
    return [...this.#open];
  }

  accept(socket: net.Socket): void {
    const { outbound, onRejected } = this.#options;
    const connection = new Connection(socket, requestReader(outbound.awaitedBytes));
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    if (this.#open.size > MAX_INBOUND_CONNECTIONS) this.#giveUpOldest();
    this.#run(connection)
      .catch((error: unknown) => {
        if (error instanceof ProtocolError) onRejected(connection.remoteHost, error.code);
        else if (!(error instanceof ConnectionError)) throw error;
        else if (error.code === 'reply-timeout') onRejected(connection.remoteHost, 'request-timeout');
      })
      .finally(() => connection.finish());
  }

  /** Answers one request, whoever opened the channel; nothing is sent before its `turn`. */
  async answer(request: Message, channel: Channel, payload: Buffer, turn: Promise<void>): Promise<void> {
    const { wire, dialects, outbound } = this.#options;
    const { connection } = channel;
    this.#busy.add(connection);
    try {
      channel.neighbour ??= request.origin;
      const again = channel.isOurs || channel.requests > 0;
      channel.requests += 1;
      wire.receive(request, { reply: false }, channel.isOurs ? channel.neighbour : undefined);
      if (request.type === 'BYE') {
        dialects.forget(request.origin);
        outbound.forget(request.origin);
        channel.isForgotten = true;
        connection.finish();
        return;
      }
      const dialect = await this.#dialectOf(request, channel, {
        asksForSession: request.type === 'HELLO' && request.capabilities.includes(SESSION),
        trailingSpace: endsWithSpace(payload),
        again: again && !isSession(dialects.get(request.origin)),
      });
      if (request.type !== 'HELLO') return await this.#reply(request, channel, dialect, turn);
      await turn;
      this.#greet(request, channel, dialect);
    } finally {
      this.#busy.delete(connection);
    }
  }

  async #run(connection: Connection): Promise<void> {
    const first = await this.#firstPayload(connection);
    if (first !== undefined) await new Channel(connection, this.#options.owner).run(first);
    else this.#rememberEmpty(connection.remoteHost);
  }

  /** The first request; undefined where the other side closes without one. */
  async #firstPayload(connection: Connection): Promise<Buffer | undefined> {
    const deadline = performance.now() + REQUEST_TIMEOUT_MS;
    for (;;) {
      const left = deadline - performance.now();
      try {
        return await connection.next(Math.min(REQUEST_SILENCE_MS, Math.max(0, left)));
      } catch (error) {
        if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
        // Some programs send their request without an end and wait.
        const silent = connection.takeUnfinished((bytes) => LOOKS_COMPLETE.test(bytes.toString('latin1')));
        if (silent !== undefined) return silent;
        if (performance.now() >= deadline) throw error;
      }
    }
  }

  async #dialectOf(
    { origin, type }: Message,
    { connection }: Channel,
    seen: Omit<RequestEvidence, 'closedAtOnce'>,
  ): Promise<Dialect> {
    const { dialects, outbound } = this.#options;
    const prove = (closedAtOnce: boolean) =>
      dialects.learn(origin, proveByRequest({ ...seen, closedAtOnce }, dialects.get(origin)));
    prove(false);
    const known = dialects.get(origin);
    const wantsReply = type !== 'HELLO';
    if (seen.asksForSession && known !== undefined) return known;
    if (known !== undefined && known.replies === 'here') {
      // What the client does beats what is remembered of it.
      if (wantsReply && connection.ended) prove(true);
      return dialects.get(origin) ?? known;
    }
    if (await connection.endsWithin(HELLO_FIN_WAIT_MS)) {
      if (wantsReply) prove(true);
      return dialects.get(origin) ?? LINE;
    }
    const isNew = known === undefined;
    if (isNew && this.#hasHint(connection) && isAt(origin, connection.remoteHost))
      await outbound.probe(origin);
    if (wantsReply && (!isNew || dialects.get(origin) === undefined)) {
      dialects.learn(origin, { dialect: LINE, evidence: isNew ? 'nothing-else' : 'stayed-open' });
    }
    return dialects.get(origin) ?? LINE;
  }

  #greet({ origin }: Message, channel: Channel, dialect: Dialect): void {
    const { connection } = channel;
    const wanted =
      dialect.answersHello === 'always' || (dialect.answersHello === 'if-open' && !connection.ended);
    if (wanted) {
      const draft = { type: 'RETURN_HELLO', capabilities: [SESSION] } as const;
      this.#options.wire.send(connection, origin, draft, dialect, { reply: true });
    }
    channel.isGreeted = wanted && dialect.answersHello === 'if-open';
    if (!channel.isGreeted) connection.finish();
  }

  async #reply(request: Message, channel: Channel, dialect: Dialect, turn: Promise<void>): Promise<void> {
    const { handlers, outbound, onRefused } = this.#options;
    const { connection } = channel;
    const began = { writing: false };
    try {
      const draft = await handlers.reply(request).finally(() => turn);
      if (draft === undefined) return;
      const send = (to: Connection) => this.#send(to, request, draft, dialect, began);
      if (dialect.replies === 'here' || !isAt(request.origin, connection.remoteHost)) await send(connection);
      else {
        await outbound
          .callBack(request.origin, send)
          .catch((error: unknown) => this.#replyHereAfterAll(error, connection, began, send));
      }
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (began.writing) connection.reset();
      if (!(error instanceof FileError)) throw error;
      onRefused(request, error);
      if (!dialect.isSession || !channel.isGreeted) connection.finish();
      else
        this.#options.wire.send(connection, request.origin, refusal(request, error), dialect, {
          reply: true,
        });
    }
    if (dialect.staysOpen && !dialect.isSession) this.#keep(request.origin, channel);
    else if (!channel.isGreeted) connection.finish();
  }

  /** Nobody listens at the address of the asker: it has only sent its FIN early and still reads here. */
  async #replyHereAfterAll(
    error: unknown,
    connection: Connection,
    { writing }: { writing: boolean },
    send: (connection: Connection) => Promise<void>,
  ): Promise<void> {
    if (!(error instanceof ConnectionError) || writing) throw error;
    await send(connection);
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
  #keep(origin: Address, channel: Channel): void {
    if (channel.isPersistent) return;
    channel.isPersistent = true;
    channel.connection.raiseLimit(MAX_REPLY_BYTES);
    this.#options.outbound.adopt(origin, channel);
  }

  #rememberEmpty(host: string): void {
    this.#emptyConnections.delete(host);
    this.#emptyConnections.set(host, performance.now());
    const [oldest] = this.#emptyConnections.keys();
    if (this.#emptyConnections.size > MAX_INBOUND_CONNECTIONS && oldest !== undefined) {
      this.#emptyConnections.delete(oldest);
    }
  }

  #hasHint({ remoteHost }: Connection): boolean {
    const at = this.#emptyConnections.get(remoteHost);
    return at !== undefined && performance.now() - at < EMPTY_CONNECTION_MEMORY_MS;
  }

  #giveUpOldest(): void {
    for (const connection of this.#open) {
      if (this.#busy.has(connection)) continue;
      connection.destroy();
      this.#open.delete(connection);
      this.#options.onRejected(connection.remoteHost, 'too-many-connections');
      return;
    }
  }
}

const REFUSALS: Readonly<Partial<Record<FileErrorCode, RefusalCode>>> = {
  'not-found': 'not-found',
  'out-of-range': 'out-of-range',
  'too-large': 'too-large',
};

/** What a session answers where everybody else sees the connection close. */
function refusal(request: Message, { code }: FileError): ErrorDraft {
  const args = request.type === 'DL' ? [request.token, String(request.size), String(request.index)] : [];
  return { type: 'ERROR', of: request.type, code: REFUSALS[code] ?? 'read-failed', args };
}

function isSession(dialect: Dialect | undefined): boolean {
  return dialect?.isSession === true;
}

/** Whether a space is the last thing in a payload, but for what stands for its end. */
function endsWithSpace(payload: Buffer): boolean {
  let end = payload.length;
  while (end > 0 && (payload[end - 1] === 0x00 || payload[end - 1] === 0x0d)) end--;
  return payload[end - 1] === SPACE;
}
