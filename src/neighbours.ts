import { MAX_CLOCK, MAX_NEIGHBOURS, MAX_UNCONFIRMED, MAX_UNCONFIRMED_OF_ONE } from './limits.ts';
import type { Address } from './protocol/address.ts';
import type { PeerEntry, PeerStatus } from './protocol/message.ts';

/** What a change did, for whoever has to report it. */
export type NeighbourChange = 'added' | 'overheard' | 'status-changed' | 'none' | 'limit-reached';

interface Entry {
  status: PeerStatus;
  clock: number;
  /** It has answered us, or the user has named it. */
  isConfirmed: boolean;
  /** Known only from messages in its name that came from another host. */
  isOverheard: boolean;
  /** Who has told of it, while it is not confirmed. */
  readonly teller: string;
}

/**
 * Who we know, whether they are ONLINE and the largest clock ever seen from each (protocol, sections 2 and 3). Keeps the order in
 * which they became known, never holds our own address, and forgets nobody who was confirmed, unless told to. What is only hearsay is
 * bounded, and the first to go when room is needed.
 */
export class Neighbours {
  readonly #own: () => Address;
  readonly #entries = new Map<Address, Entry>();
  readonly #tellers = new Map<string, number>();
  #unconfirmed = 0;

  /** @param own our address, asked anew each time: a port chosen by the system is known only once we listen */
  constructor(own: () => Address) {
    this.#own = own;
  }

  /** All neighbours in the order in which they became known. */
  list(): PeerEntry[] {
    return [...this.#entries].map(([address, { status, clock }]) => ({ address, status, clock }));
  }

  /** Those that others are told of, and that are asked without being chosen: not what was only overheard. */
  listKnown(): PeerEntry[] {
    return this.list().filter(({ address }) => this.#entries.get(address)?.isOverheard !== true);
  }

  online(): Address[] {
    return this.list()
      .filter(({ status }) => status === 'ONLINE')
      .map(({ address }) => address);
  }

  get(address: Address): PeerEntry | undefined {
    const entry = this.#entries.get(address);
    return entry && { address, status: entry.status, clock: entry.clock };
  }

  /** It has answered us, or the user has named it. */
  isConfirmed(address: Address): boolean {
    return this.#entries.get(address)?.isConfirmed === true;
  }

  /** A neighbour from the file: OFFLINE until it is heard of. */
  know(address: Address): NeighbourChange {
    return this.#entries.has(address) ? 'none' : this.#add(address, { status: 'OFFLINE', clock: 0 });
  }

  /** The user does not want it any more; whether it was known. It comes back where it is heard of again. */
  forget(address: Address): boolean {
    const entry = this.#entries.get(address);
    if (entry === undefined) return false;
    if (!entry.isConfirmed) this.#uncount(entry);
    return this.#entries.delete(address);
  }

  /**
   * First-hand: we talked to it, or failed to.
   * @param told the clock of a message of its own: it is confirmed by it
   */
  observe(address: Address, status: PeerStatus, told?: number): NeighbourChange {
    const clock = Math.min(told ?? 0, MAX_CLOCK);
    const entry = this.#entries.get(address);
    if (entry === undefined) return this.#add(address, { status, clock });
    entry.clock = Math.max(entry.clock, clock);
    const { isOverheard } = entry;
    if (told !== undefined) this.#confirm(entry);
    const change = this.#setStatus(entry, status);
    return isOverheard && !entry.isOverheard ? 'added' : change;
  }

  /** Told by a neighbour that we have asked: new ones are taken as told, known ones only where the told clock is larger. */
  hear({ address, status, clock }: PeerEntry, teller = ''): NeighbourChange {
    const entry = this.#entries.get(address);
    if (entry === undefined)
      return this.#addUnconfirmed(address, { status, clock, teller, isOverheard: false });
    if (clock <= entry.clock) return 'none';
    entry.clock = clock;
    return this.#setStatus(entry, status);
  }

  /** A message in its name came from another host: that says little, and nothing of its status. */
  overhear(address: Address, teller: string): NeighbourChange {
    if (this.#entries.has(address)) return 'none';
    const change = this.#addUnconfirmed(address, { status: 'OFFLINE', clock: 0, teller, isOverheard: true });
    return change === 'added' ? 'overheard' : change;
  }

  #addUnconfirmed(address: Address, entry: Omit<Entry, 'isConfirmed'>): NeighbourChange {
    const { teller } = entry;
    if (address === this.#own()) return 'none';
    const told = this.#tellers.get(teller) ?? 0;
    if (told >= MAX_UNCONFIRMED_OF_ONE) return 'limit-reached';
    if (this.#unconfirmed >= MAX_UNCONFIRMED) this.#evict();
    if (this.#entries.size >= MAX_NEIGHBOURS) return 'limit-reached';
    this.#entries.set(address, { ...entry, isConfirmed: false });
    this.#tellers.set(teller, told + 1);
    this.#unconfirmed += 1;
    return 'added';
  }

  #add(address: Address, { status, clock }: Omit<PeerEntry, 'address'>): NeighbourChange {
    if (address === this.#own()) return 'none';
    if (this.#entries.size >= MAX_NEIGHBOURS) this.#evict();
    if (this.#entries.size >= MAX_NEIGHBOURS) return 'limit-reached';
    this.#entries.set(address, { status, clock, isConfirmed: true, isOverheard: false, teller: '' });
    return 'added';
  }

  #confirm(entry: Entry): void {
    if (entry.isConfirmed) return;
    entry.isConfirmed = true;
    entry.isOverheard = false;
    this.#uncount(entry);
  }

  /** The hearsay that is known for longest goes, what was only overheard first. */
  #evict(): void {
    const unconfirmed = [...this.#entries].filter(([, { isConfirmed }]) => !isConfirmed);
    const oldest = unconfirmed.find(([, { isOverheard }]) => isOverheard) ?? unconfirmed[0];
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.#uncount(oldest[1]);
  }

  #uncount({ teller }: Entry): void {
    this.#unconfirmed -= 1;
    const told = (this.#tellers.get(teller) ?? 1) - 1;
    if (told > 0) this.#tellers.set(teller, told);
    else this.#tellers.delete(teller);
  }

  #setStatus(entry: Entry, status: PeerStatus): NeighbourChange {
    if (entry.status === status) return 'none';
    entry.status = status;
    return 'status-changed';
  }
}
