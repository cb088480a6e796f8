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

/** Of the connections of others so many may come from one host: other hosts keep a share. */
export const MAX_CONNECTIONS_A_HOST = MAX_INBOUND_CONNECTIONS - 128;

/** Descriptors used up: the limit of the system is lower than ours. So many are left free for files and our own connections. */
const SPARE_DESCRIPTORS = 16;
const FEWEST_CONNECTIONS = 8;

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
   * @throws StartError `port-taken`, `port-forbidden`, `address-not-local`, `listen-failed`
   */
  async listen(address: Address): Promise<Address> {
    const { host, port } = splitAddress(address);
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException) =>
        reject(new StartError(START_CODES[cause.code ?? ''] ?? 'listen-failed', { cause }));
      server.once('error', onError);
      server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
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
    void connection.closed.then(() => this.#remove(connection));
    if ((this.#perHost.get(remoteHost) ?? 0) > Math.min(MAX_CONNECTIONS_A_HOST, this.#limit)) {
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
