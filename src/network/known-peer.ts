import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { MAX_NEIGHBOURS } from '../limits.ts';
import type { Reporter } from '../events.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT, type Dialect, type Proof } from '../protocol/dialect.ts';
import { BLOCKS, SHA256, type RequestType } from '../protocol/message.ts';
import { KeptPace } from './kept-pace.ts';
import type { Connection } from './socket.ts';

/** An IPv4 address as sockets that listen on IPv6 show it (RFC 4291, section 2.5.5.2). */
const MAPPED = '::ffff:';
/** Names that are looked up at the same time; the system works on four. */
const MAX_LOOKUPS = 2;
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

function plain(host: string): string {
  return host.startsWith(MAPPED) ? host.slice(MAPPED.length) : host;
}

/** Whether a program at that address may be the one behind a socket that comes from that host. A name is not looked up. */
function isHost(address: Address, remoteHost: string): boolean {
  const { host } = splitAddress(address);
  const remote = plain(remoteHost);
  return host === remote || (host === 'localhost' && LOOPBACK.includes(remote));
}

/** Bounds how much of one kind of work is under way; the rest waits in order. */
class Places {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** Does the work when fewer than `most` are under way; `most` is asked again for each that waits. */
  async within<T>(most: () => number, work: () => Promise<T>): Promise<T> {
    while (this.#taken >= most()) await new Promise<void>((wake) => this.#waiting.push(wake));
    this.#taken += 1;
    try {
      return await work();
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/**
 * What this run has found out about the program at one address (section 7), and the connection that is kept to it. Learnt from what
 * it does; a BYE ends all of it at once, since another program may come to that address.
 */
export class KnownPeer {
  readonly address: Address;
  /** How it wants file names in DL; undefined until one way has worked. */
  names: 'token' | 'base64' | undefined;
  /** It has let our last request without an answer, and has said nothing since: that it can be dialled shows nothing. */
  isSilent = false;
  #hasToldBase64 = false;
  /** What it answers to the request for a chunk; undefined until it has answered one. */
  gives: 'chunks' | 'whole-file' | undefined;
  /** What it has closed its connection on without a word, twice: programs of part 1 of the course know no LS. */
  readonly ignores = new Set<RequestType>();
  /** How GET_PEERS is asked of it: one program wants a space before the newline, which is tried once after silence. */
  peersRequest: 'plain' | 'spaced-next' | 'spaced' | 'plain-only' = 'plain';
  /** It has answered more than once on a connection of ours. Only then one of its own is used for our requests: anybody may open that. */
  answersAgain = false;
  /** The shortest time in which it has answered a request, in milliseconds; undefined before the first. */
  replyMs: number | undefined;
  /** What its RETURN_HELLO has offered. */
  capabilities: readonly string[] = [];
  /** A session was tried without being offered: once is enough. */
  hasTriedSession = false;
  /** How often it was asked what it understands: what was only assumed is asked once more. */
  probes = 0;
  /** It was given time to ask again on the same connection: once shows whether it does. */
  hasLingered = false;
  /** The attempt at a session, and the question what it understands, that are under way. */
  sessionAttempt: Promise<void> | undefined;
  probe: Promise<void> | undefined;
  /** The last of our messages that wait for something there. */
  busy: Promise<void> | undefined;
  /** Whether its chunks are asked on the connection that is kept. */
  readonly keptPace = new KeptPace();
  /** For chunks that are asked of it, and for replies that are sent to it, on connections of their own. */
  readonly places = new Places();
  readonly callbackPlaces = new Places();
  readonly #fixed: Dialect | undefined;
  readonly #reporter: Reporter;
  #learnt: Dialect | undefined;
  /** The dialect was assumed, not shown. */
  #isAssumed = false;
  #reachedHost: string | undefined;
  #kept: Connection | undefined;

  constructor(address: Address, fixed: Dialect | undefined, reporter: Reporter) {
    this.address = address;
    this.#fixed = fixed;
    this.#reporter = reporter;
  }

  /** How it frames its messages; undefined while nothing is known. */
  get dialect(): Dialect | undefined {
    return this.#fixed ?? this.#learnt;
  }

  /** The user has decided its dialect. */
  get isFixed(): boolean {
    return this.#fixed !== undefined;
  }

  /** Its dialect is what most programs speak, for want of anything that would show it. */
  get isAssumed(): boolean {
    return this.#isAssumed && !this.isFixed;
  }

  /** It answers the request for a chunk with that chunk: it can be asked for many. */
  get givesChunks(): boolean {
    return this.gives === 'chunks' || this.dialect?.isSession === true;
  }

  /** It has answered a request after so long: on a long way no answer comes sooner. */
  answeredIn(milliseconds: number): void {
    this.replyMs = Math.min(this.replyMs ?? Infinity, milliseconds);
  }

  get hasDigests(): boolean {
    return this.dialect?.isSession === true && this.capabilities.includes(SHA256);
  }

  get hasBlocks(): boolean {
    return this.dialect?.isSession === true && this.capabilities.includes(BLOCKS);
  }

  /** Takes note of a proof, and reports it; nothing where there is none or the user has decided. */
  learn(proof: Proof | undefined): void {
    if (proof === undefined || this.isFixed) return;
    this.#isAssumed = false;
    if (this.#learnt === proof.dialect) return;
    this.#learnt = proof.dialect;
    this.#report(proof);
  }

  /**
   * What most programs speak, where nothing has contradicted it; a proof is not replaced by it.
   * @param isShown it was asked, and has shown nothing else: not to be asked again
   */
  assume(evidence: string, { isShown = false } = {}): void {
    if (this.dialect === undefined) {
      this.#learnt = DEFAULT_DIALECT;
      this.#isAssumed = true;
      this.#report({ dialect: DEFAULT_DIALECT, evidence });
    }
    if (isShown) this.#isAssumed = false;
  }

  /** What it has done now is nothing that its dialect does: all is open again. */
  disproved(): void {
    this.#learnt = undefined;
    this.#isAssumed = false;
  }

  /** We have dialled it and reached that host. */
  reached(remoteHost: string): void {
    this.#reachedHost = plain(remoteHost);
  }

  /** Whether it may be the program behind a socket that comes from that host. */
  isAt(remoteHost: string): boolean {
    return isHost(this.address, remoteHost) || this.#reachedHost === plain(remoteHost);
  }

  /** The connection to use for the next request, if there is one. */
  get kept(): Connection | undefined {
    const kept = this.#kept;
    return kept === undefined || kept.isClosing || kept.exchange.hasEnded ? undefined : kept;
  }

  /** The session with it, if one is open. */
  get session(): Connection | undefined {
    const { kept } = this;
    return kept?.exchange.state.name === 'session' ? kept : undefined;
  }

  /** Keeps a connection for the next request, where none is kept. */
  keep(connection: Connection): boolean {
    if (this.kept === undefined) {
      this.#kept = connection;
      void connection.closed.then(() => this.drop(connection));
    }
    return this.#kept === connection;
  }

  /** That connection is of no use any more. */
  drop(connection: Connection): void {
    if (this.#kept === connection) this.#kept = undefined;
  }

  /** Says once that it is asked in base64 for what it lists under this name. */
  tellBase64(name: string): void {
    if (this.#hasToldBase64) return;
    this.#hasToldBase64 = true;
    this.#reporter.report({ event: 'name-tried-in-base64', neighbour: this.address, name });
  }

  #report({ dialect, evidence }: Proof): void {
    const { address } = this;
    this.#reporter.report({ event: 'dialect-learnt', neighbour: address, dialect: dialect.name, evidence });
  }
}

/** All that we know of others, one record an address. Bounded: the one that was used longest ago goes first. */
export class KnownPeers {
  readonly #peers = new Map<Address, KnownPeer>();
  readonly #fixed: ReadonlyMap<Address, Dialect>;
  readonly #reporter: Reporter;
  #lookups = 0;

  /** @param fixed dialects that the user has decided; all others are learnt */
  constructor(reporter: Reporter, fixed: ReadonlyMap<Address, Dialect> = new Map()) {
    this.#reporter = reporter;
    this.#fixed = fixed;
  }

  /** The record of an address, a new one where there is none. */
  get(address: Address): KnownPeer {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const peer = new KnownPeer(address, this.#fixed.get(address), this.#reporter);
    this.#peers.set(address, peer);
    if (this.#peers.size > MAX_NEIGHBOURS) this.#evict();
    return peer;
  }

  /** The same for a stranger: nothing is remembered of what was only asked about. */
  look(address: Address): KnownPeer {
    return this.#peers.get(address) ?? new KnownPeer(address, this.#fixed.get(address), this.#reporter);
  }

  /**
   * Whether a program that calls itself by a name lives on the host that a socket comes from; the name is looked up once, and few at
   * the same time: strangers choose the names.
   */
  async isNamed(address: Address, remoteHost: string): Promise<boolean> {
    const { host } = splitAddress(address);
    if (isIP(host) !== 0 || this.#lookups >= MAX_LOOKUPS) return false;
    this.#lookups += 1;
    try {
      const found = await lookup(host, { all: true });
      const isIt = found.some(({ address: each }) => plain(each) === plain(remoteHost));
      if (isIt) this.get(address).reached(remoteHost);
      return isIt;
    } catch {
      // Nobody has that name.
      return false;
    } finally {
      this.#lookups -= 1;
    }
  }

  /** The program at that address has ended. */
  forget(address: Address): void {
    this.#peers.delete(address);
  }

  /** The first that has no connection; a kept one is worth more than what can be learnt again. */
  #evict(): void {
    for (const [address, peer] of this.#peers) {
      if (peer.kept !== undefined || peer.busy !== undefined) continue;
      this.#peers.delete(address);
      return;
    }
  }
}
