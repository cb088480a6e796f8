import { MAX_CLOCK, MAX_NEIGHBOURS } from './limits.ts';
import type { Address } from './protocol/address.ts';
import type { PeerEntry, PeerStatus } from './protocol/message.ts';

/** What a change did, for whoever has to tell it. */
export type NeighbourChange = 'added' | 'status-changed' | 'none' | 'limit-reached';

/**
 * Who we know, whether they are ONLINE and the largest clock ever seen from each (protocol, sections 2 and 3).
 * Keeps the order in which they became known, never holds our own address, never forgets anybody.
 */
export class Neighbours {
  readonly #own: () => Address;
  readonly #entries = new Map<Address, { status: PeerStatus; clock: number }>();

  /** @param own our address, asked anew each time: a port chosen by the system is known only once we listen */
  constructor(own: () => Address) {
    this.#own = own;
  }

  /** All neighbours in the order in which they became known. */
  list(): PeerEntry[] {
    return [...this.#entries].map(([address, { status, clock }]) => ({ address, status, clock }));
  }

  online(): Address[] {
    return this.list()
      .filter(({ status }) => status === 'ONLINE')
      .map(({ address }) => address);
  }

  get(address: Address): PeerEntry | undefined {
    const entry = this.#entries.get(address);
    return entry && { address, ...entry };
  }

  /** A neighbour from the file: OFFLINE until it is heard of. */
  know(address: Address): NeighbourChange {
    return this.#entries.has(address) ? 'none' : this.#add(address, 'OFFLINE', 0);
  }

  /** First-hand news: we talked to it, or failed to. `clock` where a message of its own carried one. */
  observe(address: Address, status: PeerStatus, told = 0): NeighbourChange {
    // Nonsense goes into no list of ours.
    const clock = Math.min(told, MAX_CLOCK);
    const entry = this.#entries.get(address);
    if (entry === undefined) return this.#add(address, status, clock);
    entry.clock = Math.max(entry.clock, clock);
    return this.#setStatus(entry, status);
  }

  /** Hearsay from a PEER_LIST: new ones are taken as told, known ones only where the told clock is larger. */
  hear({ address, status, clock }: PeerEntry): NeighbourChange {
    const entry = this.#entries.get(address);
    if (entry === undefined) return this.#add(address, status, clock);
    if (clock <= entry.clock) return 'none';
    entry.clock = clock;
    return this.#setStatus(entry, status);
  }

  #add(address: Address, status: PeerStatus, clock: number): NeighbourChange {
    if (address === this.#own()) return 'none';
    if (this.#entries.size >= MAX_NEIGHBOURS) return 'limit-reached';
    this.#entries.set(address, { status, clock });
    return 'added';
  }

  #setStatus(entry: { status: PeerStatus }, status: PeerStatus): NeighbourChange {
    if (entry.status === status) return 'none';
    entry.status = status;
    return 'status-changed';
  }
}
