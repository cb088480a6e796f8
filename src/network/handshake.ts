import { ConnectionError, ProtocolError } from '../errors.ts';
import { MAX_INBOUND_CONNECTIONS } from '../limits.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import { SESSION } from '../protocol/message.ts';
import { greet, type RequestOptions } from './ask.ts';
import type { KnownPeer, KnownPeers } from './known-peer.ts';
import type { Pool } from './pool.ts';
import type { Connection } from './socket.ts';
import type { Timing } from './timing.ts';

/** A download of more chunks is worth a try at a session with a neighbour of which nothing is known. */
const CHUNKS_WORTH_A_SESSION = 8;

/** Other ports of one host are asked what they understand no more often than this, in milliseconds. */
const PROBE_INTERVAL_MS = 1_000;

export interface HandshakeOptions {
  readonly known: KnownPeers;
  readonly pool: Pool;
  readonly timing: Timing;
  /** Neither offers nor tries sessions. */
  readonly pure: boolean;
}

/**
 * The three uses of HELLO: the one of the menu, the one that opens a session (section 6), and the one that finds out what a program
 * understands that has just asked us (section 7, "As server").
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  /** When, and on which port, a host was last probed. */
  readonly #probed = new Map<string, { readonly address: Address; readonly at: number }>();

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /**
   * HELLO, over a connection that stays open where the other side lets it.
   * @throws ConnectionError the neighbour cannot be reached
   * @throws ProtocolError its answer is none
   */
  hello(to: Address, signal?: AbortSignal): Promise<void> {
    const { known, pool, timing, pure } = this.#options;
    const peer = known.get(to);
    return whileBusy(peer, async () => {
      const connection = peer.kept ?? (await pool.dial(to, signal));
      const { dialect } = peer;
      // A program known to close, and not to answer, needs no time for either.
      const mayAnswer =
        dialect === undefined || peer.isAssumed || dialect.isSession || dialect.answersHello === 'always';
      try {
        const hello = greet(connection, [], {
          timeoutMs: mayAnswer && !pure ? timing.helloAnswer : 0,
          signal,
        });
        if (pure) connection.end();
        await hello;
      } finally {
        pool.keepOrClose(peer, connection, { mayStay: peer.isAssumed });
      }
    });
  }

  /**
   * Gets ready for a download of so many chunks: sees to a session where there may be one.
   * @throws ConnectionError the neighbour cannot be reached
   */
  prepare(to: Address, options: RequestOptions): Promise<void> {
    const peer = this.#options.known.get(to);
    return whileBusy(peer, () => this.openSession(peer, options));
  }

  /**
   * Sees to a session with a neighbour known to have it, and tries one, once, for a download that is worth it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  openSession(peer: KnownPeer, { signal, chunks = 0 }: RequestOptions): Promise<void> {
    if (peer.sessionAttempt !== undefined) return peer.sessionAttempt;
    if (this.#options.pure || peer.session !== undefined) return Promise.resolve();
    const { dialect } = peer;
    // One that closes after a reply may be of ours all the same: that is how we answer one-shot requests.
    const mayBe = !peer.isFixed && !peer.hasTriedSession && dialect?.mayBeOurs !== false;
    if (dialect?.isSession !== true && !(mayBe && chunks > CHUNKS_WORTH_A_SESSION)) return Promise.resolve();
    peer.hasTriedSession = true;
    peer.sessionAttempt = this.#trySession(peer, signal).finally(() => (peer.sessionAttempt = undefined));
    return peer.sessionAttempt;
  }

  /**
   * Finds out what a program understands that has just asked us, by a HELLO of our own, or by the reply to a request of ours that
   * is under way. Takes `timing.probe` at the most; asked again meanwhile, it is the same probe.
   */
  async probe(peer: KnownPeer): Promise<void> {
    if (peer.kept !== undefined) return;
    const deadline = AbortSignal.timeout(this.#options.timing.probe);
    const over = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
    if (peer.busy === undefined && peer.probe === undefined) {
      if (!this.#mayProbe(peer.address)) return;
      peer.probe = this.#tryProbe(peer, deadline).finally(() => (peer.probe = undefined));
    }
    await Promise.race([peer.busy ?? peer.probe, over]);
  }

  async #trySession(peer: KnownPeer, signal: AbortSignal | undefined): Promise<void> {
    const { pool, timing } = this.#options;
    const connection = peer.kept ?? (await pool.dial(peer.address, signal));
    try {
      const reply = await greet(connection, [SESSION], { timeoutMs: timing.trial, signal });
      if (reply?.type === 'RETURN_HELLO' && reply.capabilities.includes(SESSION)) {
        connection.exchange.become('session');
      }
    } catch (error) {
      // Whatever it is that came, it is no session; the request itself will show what is wrong.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
    if (connection.exchange.state.name !== 'session')
      this.#noSession(peer, connection, signal?.aborted === true);
    pool.keepOrClose(peer, connection);
  }

  #noSession(peer: KnownPeer, connection: Connection, isGivenUp: boolean): void {
    // A reply that we did not wait for, or half of one, would be taken for that of the next request.
    if (connection.exchange.hasUnfinished || isGivenUp) connection.finish();
    if (!isGivenUp && peer.dialect?.isSession === true) {
      peer.learn({ dialect: DEFAULT_DIALECT, evidence: 'no-session' });
    }
  }

  /** Whoever asks us from one host in the name of many ports must not have us dial them all. */
  #mayProbe(address: Address): boolean {
    const { host } = splitAddress(address);
    const now = performance.now();
    const last = this.#probed.get(host);
    if (last !== undefined && last.address !== address && now - last.at < PROBE_INTERVAL_MS) return false;
    this.#probed.delete(host);
    this.#probed.set(host, { address, at: now });
    const [oldest] = this.#probed.keys();
    if (this.#probed.size > MAX_INBOUND_CONNECTIONS && oldest !== undefined) this.#probed.delete(oldest);
    return true;
  }

  async #tryProbe(peer: KnownPeer, deadline: AbortSignal): Promise<void> {
    const { pool, timing, pure } = this.#options;
    try {
      const connection = await pool.dial(peer.address, deadline);
      try {
        const options = { timeoutMs: timing.probe, signal: deadline };
        const reply = await greet(connection, pure ? [] : [SESSION], options);
        if (reply !== undefined) await connection.endsWithin(timing.closeLook);
        else connection.finish();
      } catch (error) {
        connection.finish();
        throw error;
      }
      pool.keepOrClose(peer, connection);
    } catch (error) {
      // It shows nothing then, and gets the reply of those of which nothing is known.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }
}

/** Remembers that something of ours is under way to a neighbour, for `probe`. */
export function whileBusy<T>(peer: KnownPeer, work: () => Promise<T>): Promise<T> {
  const job = work();
  const quiet = job.then(
    () => undefined,
    () => undefined,
  );
  peer.busy = quiet;
  void quiet.then(() => {
    if (peer.busy === quiet) peer.busy = undefined;
  });
  return job;
}
