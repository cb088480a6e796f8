import type { FileError } from '../errors.ts';
import type { RejectionCode, Reporter } from '../events.ts';
import { MAX_NEIGHBOURS, MAX_UNCONFIRMED_OF_ONE } from '../limits.ts';
import type { NeighbourChange, Neighbours } from '../neighbours.ts';
import type { Address } from '../protocol/address.ts';
import type { Message, PeerEntry, PeerStatus } from '../protocol/message.ts';

/** The same complaint about the same host is reported once in this long, in milliseconds. */
export const COMPLAINT_INTERVAL_MS = 60_000;
export const MAX_COMPLAINTS = 256;

/**
 * Keeps a hostile or broken remote from flooding screen and log: the same complaint about the same host is reported once per
 * interval, and the next report says how many there were meanwhile. Memory is bounded.
 */
export class Complaints {
  readonly #told = new Map<string, { at: number; repeated: number }>();
  readonly #now: () => number;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many of this kind were left out since the last report, or undefined where this one is to be left out too. */
  count(kind: string): number | undefined {
    const now = this.#now();
    const last = this.#told.get(kind);
    if (last !== undefined && now - last.at < COMPLAINT_INTERVAL_MS) {
      last.repeated += 1;
      return undefined;
    }
    this.#told.delete(kind);
    this.#told.set(kind, { at: now, repeated: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_COMPLAINTS && oldest !== undefined) this.#told.delete(oldest);
    return last?.repeated ?? 0;
  }
}

/** What is new about others: keeps the neighbours, reports their changes, and reports the same complaint once. */
export class Reports {
  readonly #neighbours: Neighbours;
  readonly #reporter: Reporter;
  readonly #complaints = new Complaints(() => performance.now());

  constructor(neighbours: Neighbours, reporter: Reporter) {
    this.#neighbours = neighbours;
    this.#reporter = reporter;
  }

  /** An address from the user's list. */
  know(address: Address): void {
    this.#report(address, this.#neighbours.know(address));
  }

  /** First-hand: we talked to it, or failed to; `clock` where a message of its own carried one. */
  observe(address: Address, status: PeerStatus, clock?: number): void {
    this.#report(address, this.#neighbours.observe(address, status, clock));
  }

  /** BYE makes nobody known. */
  left(address: Address, clock?: number): void {
    if (this.#neighbours.get(address) !== undefined) this.observe(address, 'OFFLINE', clock);
  }

  /** Entries of a PEER_LIST that we have asked for; a clock far ahead of ours is nonsense, and counts as none. */
  hear(peers: readonly PeerEntry[], teller: Address, follows: (clock: number) => boolean): void {
    for (const entry of peers) {
      const told = follows(entry.clock) ? entry : { ...entry, clock: 0 };
      this.#report(entry.address, this.#neighbours.hear(told, teller));
    }
  }

  /** A message in the name of that address, from another host. */
  overheard(address: Address, remoteHost: string): void {
    this.#report(address, this.#neighbours.overhear(address, remoteHost));
  }

  /** What was only heard of is not there any more, by hearsay too. */
  withdrawn(address: Address): void {
    if (this.#neighbours.isConfirmed(address)) return;
    if (this.#neighbours.get(address) !== undefined) this.observe(address, 'OFFLINE');
  }

  /** Whether this neighbour, of which another host says that it has gone, should be asked. */
  mayHaveLeft(address: Address): boolean {
    const isOnline = this.#neighbours.get(address)?.status === 'ONLINE';
    return (
      isOnline &&
      this.#neighbours.isConfirmed(address) &&
      this.#complaints.count(`${address} bye`) !== undefined
    );
  }

  /** Something is wrong with a connection. `sample`: the first characters of what came, where that was it. */
  rejected(remote: string, code: RejectionCode, sample = ''): void {
    const repeated = this.#complaints.count(`${remote} ${code}`);
    if (repeated === undefined) return;
    const shown = sample === '' ? {} : { sample };
    this.#reporter.report({ event: 'input-rejected', remote, code, repeated, ...shown });
  }

  /** A request that gets no reply. */
  refused(remoteHost: string, request: Message, { code }: FileError): void {
    const { origin: from, type } = request;
    const repeated = this.#complaints.count(`${remoteHost} ${type} ${code}`);
    if (repeated === undefined) return;
    const name = request.type === 'DL' ? request.token : '';
    this.#reporter.report({ event: 'request-refused', from, type, name, code, repeated });
  }

  /** A clock so far ahead that it is a lie or a mistake. */
  clockIgnored(from: Address, clock: number): void {
    if (this.#complaints.count(`${from} clock`) === undefined) return;
    this.#reporter.report({ event: 'clock-ignored', from, clock });
  }

  #report(neighbour: Address, change: NeighbourChange): void {
    if (change === 'none') return;
    if (change === 'overheard') return;
    if (change === 'limit-reached') {
      if (this.#complaints.count(change) === undefined) return;
      const isFull = this.#neighbours.list().length >= MAX_NEIGHBOURS;
      const limit = isFull ? MAX_NEIGHBOURS : MAX_UNCONFIRMED_OF_ONE;
      this.#reporter.report({ event: 'neighbours-limit-reached', limit });
      return;
    }
    const status = this.#neighbours.get(neighbour)?.status ?? 'OFFLINE';
    const event = change === 'added' ? 'neighbour-added' : 'neighbour-status-changed';
    this.#reporter.report({ event, neighbour, status });
  }
}
