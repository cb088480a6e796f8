import { MAX_INBOUND_CONNECTIONS } from '../limits.ts';
import { DEFAULT_DIALECT, proveByRequest, type Dialect } from '../protocol/dialect.ts';
import { SESSION, type Message } from '../protocol/message.ts';
import type { KnownPeer, KnownPeers } from './known-peer.ts';
import type { TheirRequest } from './requests-in-hand.ts';
import type { Connection } from './socket.ts';
import type { Timing } from './timing.ts';

/** A program that shows nothing when it is asked may have been busy, and is asked again at the next hint; then no more. */
const MAX_PROBES = 2;

export interface RecogniserOptions {
  readonly known: KnownPeers;
  readonly timing: Timing;
  /** Asks the program at an address itself; what it learns stands in its record. */
  readonly probe: (peer: KnownPeer, mayAssume: boolean) => Promise<void>;
}

/**
 * In which dialect a request wants its reply: the order of decisions of section 7, "As server". What is seen of a request counts for
 * its reply in any case; it is remembered for the address in it only where the request surely comes from there, or anybody could tell
 * us lies about others.
 */
export class Recogniser {
  readonly #options: RecogniserOptions;
  /** When a connection without data last came from a host, in milliseconds of `performance.now()`. */
  readonly #emptyConnections = new Map<string, number>();

  constructor(options: RecogniserOptions) {
    this.#options = options;
  }

  /** Some programs open a connection without data before they ask: a hint, no more, many may share a host. */
  noteEmptyConnection(host: string): void {
    this.#emptyConnections.delete(host);
    this.#emptyConnections.set(host, performance.now());
    const [oldest] = this.#emptyConnections.keys();
    if (this.#emptyConnections.size > MAX_INBOUND_CONNECTIONS && oldest !== undefined) {
      this.#emptyConnections.delete(oldest);
    }
  }

  /** Takes up to `timing.endLook`, and a probe, for a program that is not known yet. */
  dialectOf(request: TheirRequest, connection: Connection): Dialect | Promise<Dialect> {
    const { message } = request;
    // What both have agreed on needs no look.
    if (connection.exchange.state.name === 'session')
      return this.#options.known.look(message.origin).dialect ?? DEFAULT_DIALECT;
    const peer = this.#options.known.look(message.origin);
    const proved = this.#prove(request, connection, peer, false);
    if (proved !== undefined) return proved;
    const { dialect } = peer;
    const mayShow = peer.isAssumed && peer.probes < MAX_PROBES && this.#hasHint(connection.remoteHost);
    const isOpen = dialect === undefined || mayShow;
    if (isOpen || dialect.replies === 'on-new-connection') return this.#find(request, connection);
    // What the asker does beats what is remembered of it. A greeted one has many requests before its FIN.
    const closedAtOnce = connection.exchange.hasEnded && connection.exchange.state.name === 'one-shot';
    return this.#prove(request, connection, peer, closedAtOnce) ?? dialect;
  }

  /** Whether a message surely comes from the program at its origin: we have dialled it, or it comes from that host. */
  isFrom({ origin }: Message, { exchange, remoteHost }: Connection): boolean {
    return exchange.isOurs
      ? origin === exchange.neighbour
      : this.#options.known.look(origin).isAt(remoteHost);
  }

  async #find(request: TheirRequest, connection: Connection): Promise<Dialect> {
    const { known, timing, probe } = this.#options;
    const { origin, type } = request.message;
    const peer = known.look(origin);
    // The wait may be long where the machine is busy.
    const hadHint = this.#hasHint(connection.remoteHost);
    if (await connection.endsWithin(timing.endLook)) {
      return this.#prove(request, connection, peer, true) ?? peer.dialect ?? DEFAULT_DIALECT;
    }
    if (!this.isFrom(request.message, connection)) return DEFAULT_DIALECT;
    // It may have shown meanwhile what it is. One that calls back, and has not closed now, reads here; that alone proves nothing.
    if (peer.dialect !== undefined && !peer.isAssumed)
      return peer.dialect.replies === 'on-new-connection' ? DEFAULT_DIALECT : peer.dialect;
    if (hadHint || this.#hasHint(connection.remoteHost)) await probe(known.get(origin), type !== 'HELLO');
    const found = known.get(origin);
    if (type !== 'HELLO') found.assume('nothing-else');
    return found.dialect ?? DEFAULT_DIALECT;
  }

  #prove(
    { message, trailingSpace, again }: TheirRequest,
    connection: Connection,
    peer: KnownPeer,
    hasClosed: boolean,
  ): Dialect | undefined {
    const { type } = message;
    const { dialect } = peer;
    const seen = {
      asksForSession: type === 'HELLO' && message.capabilities.includes(SESSION),
      trailingSpace,
      hasArguments: type === 'DL' || type === 'GET' || type === 'DIGEST',
      // Of one that is known to keep its connections it shows nothing.
      again: again && dialect?.staysOpen !== true,
      closedAtOnce: hasClosed && type !== 'HELLO',
    };
    const proof = proveByRequest(seen, dialect);
    if (proof === undefined) {
      if (dialect?.fitsRequest?.(seen) === false && this.isFrom(message, connection)) peer.disproved();
      return undefined;
    }
    if (!this.isFrom(message, connection)) return proof.dialect;
    const known = this.#options.known.get(message.origin);
    known.learn(proof);
    return known.dialect;
  }

  #hasHint(host: string): boolean {
    const at = this.#emptyConnections.get(host);
    return at !== undefined && performance.now() - at < this.#options.timing.emptyHint;
  }
}
