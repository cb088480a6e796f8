import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT, SPACED_REQUEST } from '../protocol/dialect.ts';
import type { DlDraft, Draft, Message, RequestDraft } from '../protocol/message.ts';
import { base64Token, decodeName } from '../protocol/names.ts';
import { ask, isWholeFile, type AskOptions, type RequestOptions } from './ask.ts';
import type { RepliesElsewhere } from './elsewhere.ts';
import type { Handshake } from './handshake.ts';
import { whileBusy } from './handshake.ts';
import type { KnownPeer, KnownPeers } from './known-peer.ts';
import type { Pace } from './pace.ts';
import type { Pool } from './pool.ts';
import type { Connection } from './socket.ts';
import type { Timing } from './timing.ts';

export interface ClientOptions {
  readonly known: KnownPeers;
  readonly pool: Pool;
  readonly handshake: Handshake;
  readonly elsewhere: RepliesElsewhere;
  readonly timing: Timing;
  readonly pace: Pace;
  /** Stamps and writes a message that has no reply. */
  readonly send: (connection: Connection, to: Address, draft: Draft, chunks?: number) => void;
}

/**
 * Our requests and how they reach a neighbour: in a session, over the connection that is open already, over a new one, or with the
 * reply on a connection that the neighbour opens. What it does decides its dialect (section 7, "As client").
 *
 * A connection that the other side leaves open is tried with the next request: answered, it serves both directions from then on; not
 * answered, its program only forgets to close, and none is kept again.
 */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * One request, one reply.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  request(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const { known, handshake } = this.#options;
    const peer = known.get(to);
    return whileBusy(peer, async () => {
      await handshake.openSession(peer, options);
      // Only a session knows it; elsewhere it could end the program that reads it.
      if (draft.type === 'DIGEST' && peer.session === undefined) throw new ConnectionError('no-reply');
      if (draft.type === 'GET_PEERS') return this.#askPeers(peer, draft, options);
      const asked = performance.now();
      if (draft.type !== 'DL') {
        const reply = await this.#ask(peer, draft, options);
        peer.answeredIn(performance.now() - asked);
        return reply;
      }
      const wasKept = peer.kept !== undefined && !isAskedAnew(peer);
      const reply = await this.#askChunk(peer, draft, options);
      if (peer.dialect?.staysOpen === true) peer.keptPace.note(performance.now() - asked, wasKept);
      if (reply.type === 'FILE') peer.gives = isWholeFile(reply, draft) ? 'whole-file' : 'chunks';
      return reply;
    });
  }

  /**
   * BYE, and the end of the connection that was kept; waits for that, `timing.close` at the most.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    const { known, pool, pace, send } = this.#options;
    const { kept } = known.get(to);
    // After requests that were given up it would wait for all their replies.
    if (kept?.exchange.isAsking === true) kept.reset();
    const connection = kept?.exchange.isAsking === false ? kept : await pool.dial(to, signal);
    await pace.turn();
    send(connection, to, { type: 'BYE' });
    known.get(to).drop(connection);
    connection.finish();
    // Until the other side has closed: a socket destroyed with its replies unread would take the BYE back.
    const givenUp = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    await Promise.race([connection.closed, givenUp]);
  }

  async #ask(peer: KnownPeer, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    if (peer.dialect?.replies === 'on-own-connection') return this.#askOneWay(peer, draft, options);
    const overKept = await this.#tryKept(peer, draft, options);
    if (overKept !== undefined) return overKept;
    // Its session has ended; only in a session it is known.
    if (draft.type === 'DIGEST') throw new ConnectionError('no-reply');
    if (draft.type === 'DL') {
      return peer.places.within(
        () => connectionsAtOnce(peer),
        async () => (await this.#tryKept(peer, draft, options)) ?? this.#askAnew(peer, draft, options),
      );
    }
    // Asked once, and not waited for: it may have learnt.
    if (peer.ignores.has(draft.type)) return this.#askAnew(peer, draft, options);
    try {
      return await this.#askAnew(peer, draft, options);
    } catch (error) {
      // Some programs lose a connection now and then. A chunk has other tries.
      if (!isLost(error, 'reset', 'no-reply')) throw error;
    }
    try {
      return await this.#askAnew(peer, draft, options);
    } catch (error) {
      if (isLost(error, 'no-reply')) peer.ignores.add(draft.type);
      throw error;
    }
  }

  /** A list of peers. Who has closed on the request gets it once with a space before its newline, at once; who was silent, the next time. */
  async #askPeers(peer: KnownPeer, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const isSpaced = peer.peersRequest.startsWith('spaced');
    if (isSpaced) return this.#askPeersSpaced(peer, draft, options);
    try {
      const reply = await this.#ask(peer, draft, options);
      peer.peersRequest = 'plain-only';
      return reply;
    } catch (error) {
      if (peer.peersRequest !== 'plain' || !isLost(error, 'no-reply', 'reply-timeout')) throw error;
      peer.peersRequest = 'spaced-next';
      if (error.code === 'reply-timeout') throw error;
      return this.#askPeersSpaced(peer, draft, options);
    }
  }

  async #askPeersSpaced(peer: KnownPeer, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    try {
      const reply = await this.#askAnew(peer, draft, { ...options, framing: SPACED_REQUEST });
      peer.peersRequest = 'spaced';
      return reply;
    } catch (error) {
      peer.peersRequest = 'plain-only';
      throw error;
    }
  }

  /** A chunk, by the name that its source understands: some want it in base64 and are silent otherwise. */
  async #askChunk(peer: KnownPeer, draft: DlDraft, options: RequestOptions): Promise<Message> {
    // One of ours knows the tokens that it lists: its silence means something else.
    if (peer.names === 'token' || peer.dialect?.isSession === true) return this.#ask(peer, draft, options);
    const inBase64 = { ...draft, token: base64Token(draft.token) };
    if (peer.names === 'base64') return this.#ask(peer, inBase64, options);
    try {
      const reply = await this.#ask(peer, draft, options);
      peer.names = 'token';
      return reply;
    } catch (error) {
      if (!isLost(error, 'no-reply', 'reply-timeout') || peer.names !== undefined) throw error;
      peer.tellBase64(decodeName(draft.token));
      const reply = await this.#ask(peer, inBase64, options);
      peer.names = 'base64';
      return reply;
    }
  }

  /** The reply over the kept connection, undefined where there is none or it is of no use (any more). */
  async #tryKept(
    peer: KnownPeer,
    draft: RequestDraft,
    options: RequestOptions,
  ): Promise<Message | undefined> {
    const { kept } = peer;
    if (kept === undefined || (draft.type === 'DL' && isAskedAnew(peer))) return undefined;
    const isTrial = peer.dialect?.staysOpen !== true;
    const { trial, reply } = this.#options.timing;
    try {
      if (!isTrial) return await ask(kept, draft, { ...options, timeoutMs: reply });
      // Of a program that may only write where it has dialled, the reply comes elsewhere.
      return await this.#askOn(kept, peer, draft, { ...options, timeoutMs: trial });
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.code === 'aborted') throw error;
      // A program that keeps its connections and is silent would be so on a new one; a chunk has other tries.
      if (!isTrial && (error.code === 'reply-timeout' || draft.type === 'DL')) throw error;
      peer.drop(kept);
      if (isTrial && error.code === 'reply-timeout') {
        peer.learn({ dialect: DEFAULT_DIALECT, evidence: 'silent-after-first-reply' });
      }
      return undefined;
    }
  }

  async #askAnew(peer: KnownPeer, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const { pool, timing } = this.#options;
    const connection = await pool.dial(peer.address, options.signal);
    try {
      const patient = { ...options, timeoutMs: timing.reply, callbackMs: timing.callback };
      const reply = await this.#askOn(connection, peer, draft, patient);
      peer.ignores.delete(draft.type);
      // A program of which nothing is known shows by closing, or not, how to go on with it.
      if (peer.dialect === undefined) await connection.endsWithin(timing.closeLook);
      return reply;
    } finally {
      pool.keepOrClose(peer, connection);
    }
  }

  /**
   * Asks on this connection, for a reply here or on one that the other side opens.
   * @param options `callbackMs`: how long that is waited for after the other side has closed this one
   */
  async #askOn(
    connection: Connection,
    peer: KnownPeer,
    draft: RequestDraft,
    { callbackMs = 0, ...options }: AskOptions & { readonly callbackMs?: number },
  ): Promise<Message> {
    if (!this.#mayCallBack(peer, draft)) return ask(connection, draft, options);
    const callback = this.#options.elsewhere.await(peer, connection, draft, options);
    try {
      return await eitherWay(ask(connection, draft, options), callback.reply, callbackMs);
    } finally {
      callback.cancel();
    }
  }

  /** Asks a program that answers on the connection that it has opened to us; nothing comes back on ours. */
  async #askOneWay(peer: KnownPeer, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const { pool, pace, timing, send, elsewhere } = this.#options;
    const { signal, chunks } = options;
    const awaited = elsewhere.await(peer, undefined, draft, options);
    const over = new AbortController();
    try {
      // One after the other, and after what we answer there: a long reply is written piece by piece.
      const connection = await peer.callbackPlaces.within(
        () => 1,
        async () => {
          const outgoing = await pool.outgoing(peer, signal);
          await pace.turn();
          if (signal?.aborted === true) throw new ConnectionError('aborted');
          send(outgoing, peer.address, draft, chunks);
          return outgoing;
        },
      );
      const fails = (code: ConnectionErrorCode) => () => Promise.reject(new ConnectionError(code));
      const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve, over));
      const late = sleep(timing.reply, undefined, over).catch(() => undefined);
      return await Promise.race([
        awaited.reply,
        connection.closed.then(fails('reset')),
        aborted.then(fails('aborted')),
        late.then(fails('reply-timeout')),
      ]);
    } catch (error) {
      // Another program may have come to that address.
      if (isLost(error, 'reply-timeout', 'reset')) peer.disproved();
      throw error;
    } finally {
      awaited.cancel();
      over.abort();
    }
  }

  /** A list may always come back: another program may have come to that address. A chunk has other tries. */
  #mayCallBack({ dialect, ignores }: KnownPeer, draft: RequestDraft): boolean {
    if (ignores.has(draft.type) && dialect?.replies === 'here') return false;
    return draft.type !== 'DL' || dialect === undefined || dialect.replies !== 'here';
  }
}

/**
 * The reply, on this connection or another: a close without a word is how some programs say that they call back.
 * @param callbackMs how long the other one is waited for then
 */
async function eitherWay(
  direct: Promise<Message>,
  callback: Promise<Message>,
  callbackMs: number,
): Promise<Message> {
  try {
    return await Promise.race([direct, callback]);
  } catch (error) {
    if (callbackMs === 0 || !isLost(error, 'no-reply', 'reset')) throw error;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(error), callbackMs)));
    return await Promise.race([callback, patience]).finally(() => clearTimeout(timer));
  } finally {
    // Where the other one has won nobody looks at this any more.
    direct.catch(() => undefined);
  }
}

function isLost(error: unknown, ...codes: ConnectionErrorCode[]): error is ConnectionError {
  return error instanceof ConnectionError && codes.includes(error.code);
}

/** A chunk of a program that keeps its connections, and is faster on one for each. */
function isAskedAnew({ dialect, keptPace }: KnownPeer): boolean {
  return dialect?.staysOpen === true && !dialect.isSession && keptPace.isAnew;
}

/** Connections that may be open to a neighbour for a chunk each; one that keeps its connection has a single one. */
function connectionsAtOnce(peer: KnownPeer): number {
  const { dialect = DEFAULT_DIALECT } = peer;
  if (dialect.isSession) return DEFAULT_DIALECT.requestsAtOnce;
  return dialect.staysOpen && !isAskedAnew(peer) ? 1 : dialect.requestsAtOnce;
}
