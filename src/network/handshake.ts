import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteError } from '../errors.ts';
import { MAX_INBOUND_CONNECTIONS } from '../limits.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import { SESSION, type Draft } from '../protocol/message.ts';
import { greet, type RequestOptions } from './ask.ts';
import type { KnownPeer, KnownPeers } from './known-peer.ts';
import type { Pace } from './pace.ts';
import type { Pool } from './pool.ts';
import type { Connection } from './socket.ts';
import type { Timing } from './timing.ts';

/** A download of more chunks is worth a try at a session with a neighbour of which nothing is known. */
const CHUNKS_WORTH_A_SESSION = 8;

/** A session is waited for as long as its neighbour has needed for other answers, and once more. */
const ROUND_TRIPS = 2;

/** Programs of one host that wait to be asked what they understand; the others get the reply of those of which nothing is known. */
const MAX_WAITING_PROBES = 3;

export interface HandshakeOptions {
  readonly known: KnownPeers;
  readonly pool: Pool;
  readonly timing: Timing;
  readonly pace: Pace;
  /** Stamps and writes a message that has no reply. */
  readonly send: (connection: Connection, to: Address, draft: Draft) => void;
  /** Neither offers nor tries sessions. */
  readonly pure: boolean;
}

/**
 * The three uses of HELLO: the one of the menu, the one that opens a session (section 6), and the one that finds out what a program
 * understands that has just asked us (section 7, "As server").
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  /** When the next program of a host may be asked; milliseconds of `performance.now()`. */
  readonly #probeAt = new Map<string, number>();

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
      if (pure) return this.#plainHello(to, signal);
      const connection = peer.kept ?? (await pool.dial(to, signal));
      const { dialect } = peer;
      // A program known to close, and not to answer, needs no time for either.
      const mayAnswer =
        dialect === undefined || peer.isAssumed || dialect.isSession || dialect.answersHello === 'always';
      try {
        await greet(connection, [], { timeoutMs: mayAnswer ? timing.helloAnswer : 0, signal });
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
   * is under way. Takes `timing.probe`, and a wait where many of one host are asked; asked again meanwhile, it is the same probe.
   * @param mayAssume it wants a reply: where it shows nothing, it gets the one that most programs understand
   */
  async probe(peer: KnownPeer, mayAssume: boolean): Promise<void> {
    if (peer.kept !== undefined) return;
    const { timing } = this.#options;
    if (peer.busy === undefined && peer.probe === undefined) {
      const wait = this.#waitBeforeProbe(peer.address);
      if (wait === undefined) return;
      peer.probes += 1;
      peer.probe = sleep(wait)
        .then(() => this.#tryProbe(peer, AbortSignal.timeout(timing.probe), mayAssume))
        .finally(() => (peer.probe = undefined));
      return peer.probe;
    }
    await Promise.race([peer.probe ?? peer.busy, sleep(timing.probe, undefined, { ref: false })]);
  }

  /** HELLO, and the FIN right after it. */
  async #plainHello(to: Address, signal: AbortSignal | undefined): Promise<void> {
    const { pool, pace, send } = this.#options;
    const connection = await pool.dial(to, signal);
    await pace.turn();
    send(connection, to, { type: 'HELLO', capabilities: [] });
    connection.finish();
    await connection.closed;
  }

  async #trySession(peer: KnownPeer, signal: AbortSignal | undefined): Promise<void> {
    const { pool, timing } = this.#options;
    const connection = peer.kept ?? (await pool.dial(peer.address, signal));
    let isSilent = false;
    try {
      const timeoutMs = Math.min(Math.max(timing.trial, ROUND_TRIPS * (peer.replyMs ?? 0)), timing.reply);
      const reply = await greet(connection, [SESSION], { timeoutMs, signal });
      isSilent = reply === undefined && !connection.exchange.hasEnded;
      if (reply?.type === 'RETURN_HELLO' && reply.capabilities.includes(SESSION)) {
        connection.exchange.become('session');
      }
    } catch (error) {
      // Whatever it is that came, it is no session; the request itself will show what is wrong.
      if (!(error instanceof RemoteError)) throw error;
    }
    if (connection.exchange.state.name !== 'session') {
      this.#noSession(peer, connection, signal?.aborted === true, isSilent);
    }
    pool.keepOrClose(peer, connection);
  }

  #noSession(peer: KnownPeer, connection: Connection, isGivenUp: boolean, isSilent: boolean): void {
    // A reply that we did not wait for, or half of one, would be taken for that of the next request.
    if (connection.exchange.hasUnfinished || isGivenUp) connection.finish();
    // Silence may be that of the link: it does not unlearn what was shown before.
    if (!isGivenUp && !isSilent && peer.dialect?.isSession === true) {
      peer.learn({ dialect: DEFAULT_DIALECT, evidence: 'no-session' });
    }
  }

  /** Milliseconds until this program may be asked; undefined where too many of its host wait already. */
  #waitBeforeProbe(address: Address): number | undefined {
    const { probeInterval } = this.#options.timing;
    const { host } = splitAddress(address);
    const now = performance.now();
    const at = Math.max(now, this.#probeAt.get(host) ?? now);
    if (at - now > MAX_WAITING_PROBES * probeInterval) return undefined;
    this.#probeAt.delete(host);
    this.#probeAt.set(host, at + probeInterval);
    const [oldest] = this.#probeAt.keys();
    if (this.#probeAt.size > MAX_INBOUND_CONNECTIONS && oldest !== undefined) this.#probeAt.delete(oldest);
    return at - now;
  }

  async #tryProbe(peer: KnownPeer, deadline: AbortSignal, mayAssume: boolean): Promise<void> {
    const { pool, timing, pure } = this.#options;
    try {
      const connection = await pool.dial(peer.address, deadline);
      try {
        const options = { timeoutMs: timing.probe, signal: deadline };
        const reply = await greet(connection, pure ? [] : [SESSION], options);
        if (reply !== undefined) await connection.endsWithin(timing.closeLook);
        // It has closed, as most programs do after a HELLO.
        else if (connection.exchange.hasEnded) peer.assume('nothing-else', { isShown: true });
      } finally {
        if (mayAssume) peer.assume('nothing-else');
        pool.keepOrClose(peer, connection);
      }
    } catch (error) {
      // It shows nothing then, and gets the reply of those of which nothing is known.
      if (!(error instanceof RemoteError)) throw error;
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
