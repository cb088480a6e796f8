import net from 'node:net';
import { StartError, type StartErrorCode } from '../errors.ts';
import { MAX_INBOUND_CONNECTIONS, SOCKET_BUFFER_BYTES } from '../limits.ts';
import { formatAddress, splitAddress, type Address } from '../protocol/address.ts';
import type { Connection } from './socket.ts';

/** Connections waiting to be accepted; a class that starts at once must not be refused. */
const LISTEN_BACKLOG = 511;

const START_CODES: Readonly<Record<string, StartErrorCode>> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-forbidden',
  EADDRNOTAVAIL: 'address-not-local',
  ENOTFOUND: 'address-not-local',
  EAI_AGAIN: 'address-not-local',
};

/** Of the connections of others this part may come from one host: other hosts keep a share. */
const SHARE_OF_A_HOST = 0.8;
export const MAX_CONNECTIONS_A_HOST = MAX_INBOUND_CONNECTIONS * SHARE_OF_A_HOST;

/** Descriptors used up all the same: so many are left free for files and our own connections. */
const SPARE_DESCRIPTORS = 16;
const FEWEST_CONNECTIONS = 8;

/**
 * How many connections of others fit into the descriptors of this process: half of them, the rest is for files and connections of our
 * own. Where they run out, libuv closes what it accepts without a word, so the bound must be there before.
 */
export function connectionsWithin(descriptors: number): number {
  return Math.min(MAX_INBOUND_CONNECTIONS, Math.max(FEWEST_CONNECTIONS, Math.floor(descriptors / 2)));
}

/** The limit that the system has set for this process; Infinity where it tells none. It does not change. */
let descriptors: number | undefined;
function descriptorLimit(): number {
  descriptors ??= readDescriptorLimit();
  return descriptors;
}

function readDescriptorLimit(): number {
  // Or it looks up the names of all that are connected.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const soft = Number(userLimits?.open_files?.soft);
  return soft > 0 ? soft : Infinity;
}

export interface ListenerOptions {
  /** Makes a connection of a socket. */
  readonly onSocket: (socket: net.Socket) => Connection;
  /** Is told of a connection that is given up because there are too many. */
  readonly onTooMany: (remoteHost: string) => void;
  /** Is told of a connection that could not be accepted, with the system's code. */
  readonly onAcceptFailed: (code: string) => void;
}

/**
 * The connections that others open to us. Bounded, in all and per host: beyond the bound the oldest one without a request in hand is
 * given up for the new one.
 */
export class Listener {
  readonly server: net.Server;
  readonly #options: ListenerOptions;
  /** In the order of their arrival. */
  readonly #open = new Set<Connection>();
  readonly #perHost = new Map<string, number>();
  #limit = MAX_INBOUND_CONNECTIONS;
  /** The limit of the system is looked up when it begins to matter: that takes some milliseconds. */
  #isLimitKnown = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.server = net.createServer(
      { allowHalfOpen: true, noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES },
      (socket) => this.#accept(socket),
    );
  }

  get connections(): ReadonlySet<Connection> {
    return this.#open;
  }

  /**
   * Listens at an address, and returns the real one: port 0 lets the system choose.
   * @param at the host to listen at, when it is not the one that others are told
   * @throws StartError `port-taken`, `port-forbidden`, `address-not-local`, `listen-failed`
   */
  async listen(address: Address, at = splitAddress(address).host): Promise<Address> {
    const { host, port } = splitAddress(address);
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException) =>
        reject(new StartError(START_CODES[cause.code ?? ''] ?? 'listen-failed', { cause }));
      server.once('error', onError);
      server.listen({ host: at, port, backlog: LISTEN_BACKLOG }, () => {
        server.off('error', onError);
        resolve();
      });
    });
    // From here on what can fail is a single accept: that connection is lost, not the peer.
    server.on('error', (error: NodeJS.ErrnoException) => this.#onAcceptFailed(error.code ?? 'unknown'));
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? formatAddress({ host, port: bound.port }) : address;
  }

  /** Closes the server; resolves once all its connections are closed, which is for the caller to see to. */
  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  #accept(socket: net.Socket): void {
    const connection = this.#options.onSocket(socket);
    const { remoteHost } = connection;
    this.#open.add(connection);
    this.#count(remoteHost, 1);
    if (!this.#isLimitKnown && this.#open.size >= FEWEST_CONNECTIONS / 2) {
      this.#isLimitKnown = true;
      this.#limit = connectionsWithin(descriptorLimit());
    }
    void connection.closed.then(() => this.#remove(connection));
    if ((this.#perHost.get(remoteHost) ?? 0) > Math.floor(this.#limit * SHARE_OF_A_HOST)) {
      this.#giveUpOldest((each) => each.remoteHost === remoteHost);
    } else if (this.#open.size > this.#limit) {
      this.#giveUpOldest(() => true);
    }
  }

  #onAcceptFailed(code: string): void {
    if (code === 'EMFILE' || code === 'ENFILE') {
      this.#limit = Math.max(FEWEST_CONNECTIONS, Math.min(this.#limit, this.#open.size) - SPARE_DESCRIPTORS);
      for (let over = this.#open.size - this.#limit; over > 0; over--) this.#giveUpOldest(() => true);
    } else {
      this.#options.onAcceptFailed(code);
    }
  }

  #giveUpOldest(isIt: (connection: Connection) => boolean): void {
    const idle = [...this.#open].filter((each) => isIt(each) && !each.exchange.isServing);
    const lingering = idle.find(({ exchange }) => exchange.state.name === 'lingering');
    const oldest = lingering ?? idle[0];
    if (oldest === undefined) return;
    this.#remove(oldest);
    oldest.destroy();
    if (lingering === undefined) this.#options.onTooMany(oldest.remoteHost);
  }

  #remove(connection: Connection): void {
    if (this.#open.delete(connection)) this.#count(connection.remoteHost, -1);
  }

  #count(host: string, by: number): void {
    const count = (this.#perHost.get(host) ?? 0) + by;
    if (count === 0) this.#perHost.delete(host);
    else this.#perHost.set(host, count);
  }
}
