import { EMPTY_CONNECTION_MEMORY_MS, HELLO_FIN_WAIT_MS, MAX_INBOUND_CONNECTIONS } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT, proveByRequest, type Dialect, type RequestEvidence } from '../protocol/dialect.ts';
import { SESSION, type Message } from '../protocol/message.ts';
import type { Channel } from './channel.ts';
import type { Dialects } from './dialects.ts';
import type { Hosts } from './hosts.ts';

const SPACE = 0x20;

/**
 * In which dialect a request wants its answer: the order of decisions of section 7, "As server". What is seen of a
 * request counts for its answer in any case; it is remembered for the address in it only where the request surely comes
 * from there, or anybody could tell us lies about others.
 */
export class Recogniser {
  readonly #dialects: Dialects;
  readonly #hosts: Hosts;
  readonly #probe: (address: Address) => Promise<void>;
  /** When a connection without data last came from a host, in milliseconds of `performance.now()`. */
  readonly #emptyConnections = new Map<string, number>();

  /** @param probe asks the program at an address itself; what it learns stands in `dialects` */
  constructor(dialects: Dialects, hosts: Hosts, probe: (address: Address) => Promise<void>) {
    this.#dialects = dialects;
    this.#hosts = hosts;
    this.#probe = probe;
  }

  /** Some programs knock with a connection without data before they ask: a hint, no more, many may share a host. */
  noteEmptyConnection(host: string): void {
    this.#emptyConnections.delete(host);
    this.#emptyConnections.set(host, performance.now());
    const [oldest] = this.#emptyConnections.keys();
    if (this.#emptyConnections.size > MAX_INBOUND_CONNECTIONS && oldest !== undefined) {
      this.#emptyConnections.delete(oldest);
    }
  }

  /** Takes up to HELLO_FIN_WAIT_MS, and a probe, for a program that is not known yet. */
  async dialectOf(request: Message, channel: Channel, payload: Buffer): Promise<Dialect> {
    const { origin, type } = request;
    const { connection } = channel;
    const wantsReply = type !== 'HELLO';
    const known = this.#dialects.get(origin);
    const seen = {
      asksForSession: type === 'HELLO' && request.capabilities.includes(SESSION),
      trailingSpace: endsWithSpace(payload),
      again: (channel.isOurs || channel.requests > 1) && known?.isSession !== true,
    };
    const proved = this.#prove({ ...seen, closedAtOnce: false }, request, channel);
    if (proved !== undefined) return proved;
    if (known !== undefined && known.replies === 'here') {
      // What the client does beats what is remembered of it. A greeted one has many requests before its FIN.
      const closedAtOnce = wantsReply && connection.ended && !channel.isGreeted;
      return this.#prove({ ...seen, closedAtOnce }, request, channel) ?? known;
    }
    if (await connection.endsWithin(HELLO_FIN_WAIT_MS)) {
      const closedAtOnce = wantsReply;
      return this.#prove({ ...seen, closedAtOnce }, request, channel) ?? known ?? DEFAULT_DIALECT;
    }
    if (!this.isFrom(request, channel)) return DEFAULT_DIALECT;
    if (known === undefined && this.#hasHint(connection.remoteHost)) await this.#probe(origin);
    const isStillUnknown = this.#dialects.get(origin) === known;
    if (wantsReply && isStillUnknown) {
      const evidence = known === undefined ? 'nothing-else' : 'stayed-open';
      this.#dialects.learn(origin, { dialect: DEFAULT_DIALECT, evidence });
    }
    return this.#dialects.get(origin) ?? DEFAULT_DIALECT;
  }

  /** Whether a message surely comes from the program at its origin: we have dialled it, or it comes from that host. */
  isFrom({ origin }: Message, { connection, isOurs, neighbour }: Channel): boolean {
    return isOurs ? origin === neighbour : this.#hosts.isAt(origin, connection.remoteHost);
  }

  #prove(seen: RequestEvidence, request: Message, channel: Channel): Dialect | undefined {
    const proof = proveByRequest(seen, this.#dialects.get(request.origin));
    if (proof === undefined) return undefined;
    if (this.isFrom(request, channel)) {
      this.#dialects.learn(request.origin, proof);
      return this.#dialects.get(request.origin);
    }
    return proof.dialect;
  }

  #hasHint(host: string): boolean {
    const at = this.#emptyConnections.get(host);
    return at !== undefined && performance.now() - at < EMPTY_CONNECTION_MEMORY_MS;
  }
}

/** Whether a space is the last thing in a payload, but for what stands for its end. */
function endsWithSpace(payload: Buffer): boolean {
  let end = payload.length;
  while (end > 0 && (payload[end - 1] === 0x00 || payload[end - 1] === 0x0d)) end--;
  return payload[end - 1] === SPACE;
}
