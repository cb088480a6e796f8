import { createHmac } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Reporter } from '../events.ts';
import { MAX_UNCONFIRMED_OF_ONE } from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import type { Peer } from '../peer.ts';
import { parseAddress, splitAddress, type Address } from '../protocol/address.ts';

/**
 * Finding each other on the local network (`--descobrir`).
 *
 * What comes from there is hostile: anybody may announce anything. So an announcement is hearsay, as when a stranger speaks in the
 * name of another (protocol, section 3): bounded, not written to the neighbours file, not told to others, until the announced one
 * has answered us. We say HELLO by ourselves only where the announced host is the very one that has sent the announcement, so that
 * nobody can send us to a third, and to few of them a minute.
 */

/** What one announcement says, and who has sent it. */
export interface Announcement {
  /** The text fields, as they came. */
  readonly text: Readonly<Record<string, unknown>>;
  /** IP address of the sender. */
  readonly sender: string;
}

/** What is told to everybody on the local network. */
export interface OwnAnnouncement {
  readonly port: number;
  readonly text: Readonly<Record<string, string>>;
  /** The address of the network interface to speak and to listen on; undefined: the usual ones. */
  readonly networkInterface: string | undefined;
}

/** The local network as discovery sees it; a test hands in one of its own. */
export interface LocalNetwork {
  readonly onUp: (announcement: Announcement) => void;
  readonly onDown: (announcement: Announcement) => void;
  /** It does not work, or not any more. */
  readonly onFailed: () => void;
}

/** Begins to announce and to look; what it returns takes the announcement back and ends it. */
export type JoinLocalNetwork = (own: OwnAnnouncement, local: LocalNetwork) => () => Promise<void>;

export interface DiscoveryOptions {
  readonly peer: Pick<Peer, 'address' | 'found' | 'withdrawn' | 'hello'>;
  readonly neighbours: Pick<Neighbours, 'get' | 'isConfirmed'>;
  readonly reporter: Reporter;
  /** Where we listen, when that is not the host of our address. */
  readonly listenHost?: string | undefined;
  /** Of a private network: only those who have it find each other. */
  readonly key?: Buffer | undefined;
  readonly join: JoinLocalNetwork;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;

/** Those that are greeted unbidden: as few as a download asks by itself. */
const MAX_GREETED_A_MINUTE = 8;

/** Digits of the proof that an announcement comes from somebody with the key. */
const PROOF_DIGITS = 32;

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

/** How often something may happen: so many times in a minute. */
class Rate {
  readonly #limit: number;
  readonly #now: () => number;
  #taken: number[] = [];

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  take(): boolean {
    const now = this.#now();
    this.#taken = this.#taken.filter((at) => now - at < MINUTE_MS);
    if (this.#taken.length >= this.#limit) return false;
    this.#taken.push(now);
    return true;
  }
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #announcements: Rate;
  readonly #greetings: Rate;
  #leave: (() => Promise<void>) | undefined;
  #hasFailed = false;
  #isClosing = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    const now = options.now ?? (() => performance.now());
    this.#announcements = new Rate(MAX_UNCONFIRMED_OF_ONE, now);
    this.#greetings = new Rate(MAX_GREETED_A_MINUTE, now);
  }

  /** Announces our address and looks for others; only after the peer listens. Nothing else of us is told. */
  start(): void {
    const { peer, listenHost, join } = this.#options;
    const { host, port } = splitAddress(peer.address);
    const at = listenHost ?? host;
    const isInterface = /^[0-9.]+$/.test(at) && !WILDCARDS.includes(at);
    this.#leave = join(
      { port, text: this.#ownText(), networkInterface: isInterface ? at : undefined },
      {
        onUp: (announcement) => this.#up(announcement),
        onDown: (announcement) => this.#down(announcement),
        onFailed: () => this.#failed(),
      },
    );
  }

  /**
   * Hears nothing any more, and takes our announcement back after the goodbyes: whoever got one knows that we are gone, and needs not
   * ask.
   */
  async close(goodbyes: () => Promise<void>): Promise<void> {
    this.#isClosing = true;
    await goodbyes();
    await this.#leave?.();
  }

  #ownText(): Record<string, string> {
    const { address } = this.#options.peer;
    const proof = this.#proof(address);
    return proof === undefined ? { endereco: address } : { endereco: address, rede: proof };
  }

  /** Shows that whoever announces the address has our key, and nothing of the key. */
  #proof(address: Address): string | undefined {
    const { key } = this.#options;
    if (key === undefined) return undefined;
    return createHmac('sha256', key).update(`eachare ${address}`).digest('hex').slice(0, PROOF_DIGITS);
  }

  /** The address that an announcement is about; undefined where it is nothing to us. */
  #addressIn({ text, sender }: Announcement): Address | undefined {
    if (this.#isClosing) return undefined;
    const { endereco, rede } = text;
    const address = typeof endereco === 'string' ? parseAddress(endereco) : undefined;
    if (address === undefined || address === this.#options.peer.address) return undefined;
    if (rede !== this.#proof(address)) return undefined;
    const { host } = splitAddress(address);
    if (WILDCARDS.includes(host)) return undefined;
    // The loopback address of another machine would be our own.
    return isLoopback(host) && !isOwn(sender) ? undefined : address;
  }

  #up(announcement: Announcement): void {
    const address = this.#addressIn(announcement);
    if (address === undefined || !this.#announcements.take()) return;
    const { peer, neighbours, reporter } = this.#options;
    const { sender } = announcement;
    const isOnline = neighbours.get(address)?.status === 'ONLINE';
    if (isOnline && neighbours.isConfirmed(address)) return;
    peer.found(address, sender);
    if (neighbours.get(address) === undefined) return;
    reporter.report({ event: 'neighbour-discovered', neighbour: address });
    const { host } = splitAddress(address);
    const isItself = host === sender || (isOwn(host) && isOwn(sender));
    if (isItself && this.#greetings.take()) void peer.hello(address);
  }

  #down(announcement: Announcement): void {
    const address = this.#addressIn(announcement);
    if (address !== undefined) this.#options.peer.withdrawn(address);
  }

  #failed(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.reporter.report({ event: 'discovery-failed' });
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || host.startsWith('127.');
}

/** Whether it is an address of this machine. */
function isOwn(host: string): boolean {
  if (isLoopback(host)) return true;
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === host));
}
