import { Complaints } from './complaints.ts';
import type { FileError } from '../errors.ts';
import type { RejectionCode, Reporter } from '../events.ts';
import { MAX_NEIGHBOURS } from '../limits.ts';
import type { NeighbourChange, Neighbours } from '../neighbours.ts';
import type { Address } from '../protocol/address.ts';
import type { Message, PeerEntry, PeerStatus } from '../protocol/message.ts';

/** What is new about others: keeps the neighbours, tells their changes, and complains once about the same thing. */
export class News {
  readonly #neighbours: Neighbours;
  readonly #reporter: Reporter;
  readonly #complaints = new Complaints(() => performance.now());

  constructor(neighbours: Neighbours, reporter: Reporter) {
    this.#neighbours = neighbours;
    this.#reporter = reporter;
  }

  /** An address from the user's list. */
  know(address: Address): void {
    this.#tell(address, this.#neighbours.know(address));
  }

  /** First-hand: we talked to it, or failed to; `clock` where a message of its own carried one. */
  observe(address: Address, status: PeerStatus, clock?: number): void {
    this.#tell(address, this.#neighbours.observe(address, status, clock));
  }

  /** Hearsay from a PEER_LIST. */
  hear(peers: readonly PeerEntry[]): void {
    for (const entry of peers) this.#tell(entry.address, this.#neighbours.hear(entry));
  }

  /** Something is wrong with a connection of theirs. */
  rejected(remote: string, code: RejectionCode): void {
    const repeated = this.#complaints.tell(`${remote} ${code}`);
    if (repeated !== undefined) this.#reporter.report({ event: 'input-rejected', remote, code, repeated });
  }

  /** A request that gets no answer. */
  refused(request: Message, { code }: FileError): void {
    const { origin: from, type } = request;
    const repeated = this.#complaints.tell(`${from} ${type} ${code}`);
    if (repeated === undefined) return;
    const name = request.type === 'DL' ? request.token : '';
    this.#reporter.report({ event: 'request-refused', from, type, name, code, repeated });
  }

  #tell(neighbour: Address, change: NeighbourChange): void {
    if (change === 'none') return;
    if (change === 'limit-reached') {
      if (this.#complaints.tell(change) === undefined) return;
      this.#reporter.report({ event: 'neighbours-limit-reached', limit: MAX_NEIGHBOURS });
      return;
    }
    const status = this.#neighbours.get(neighbour)?.status ?? 'OFFLINE';
    const event = change === 'added' ? 'neighbour-added' : 'neighbour-status-changed';
    this.#reporter.report({ event, neighbour, status });
  }
}
