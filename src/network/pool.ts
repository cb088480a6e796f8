import net from 'node:net';
import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';
import { SOCKET_BUFFER_BYTES } from '../limits.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import type { FairShare } from './fair-share.ts';
import { ReadBuffer } from './read-buffer.ts';
import type { KnownPeer, KnownPeers } from './known-peer.ts';
import type { Secure } from './secure.ts';
import { Connection, connectionError, type OnEvent } from './socket.ts';
import type { Timing } from './timing.ts';

export interface PoolOptions {
  readonly known: KnownPeers;
  readonly timing: Timing;
  readonly processor: FairShare;
  /** Our listening address. */
  readonly own: () => Address;
  readonly onEvent: OnEvent;
  /** One request a connection, but to programs that have shown that they keep theirs. */
  readonly pure: boolean;
  /** Around every connection of a private network. */
  readonly secure: Secure | undefined;
}

/**
 * Our connections to neighbours: those just dialled, and at most one a neighbour that is kept for the next request. Nothing is kept
 * to programs that take one request a connection.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #open = new Set<Connection>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#open;
  }

  /** No connection is opened any more; those that are open are the caller's to end. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Connects to a neighbour.
   * @throws ConnectionError `refused`, `unreachable`, `unknown-host`, `connect-timeout`, `no-key`, `no-resources`, `reset`,
   *   `aborted`
   */
  async dial(to: Address, signal?: AbortSignal): Promise<Connection> {
    const { known, own, timing, processor, onEvent, secure } = this.#options;
    if (signal?.aborted === true || this.#isClosed) throw new ConnectionError('aborted');
    // The types of Node.js lack this option of its streams for sockets that connect.
    const buffer = { writableHighWaterMark: SOCKET_BUFFER_BYTES };
    const reads = new ReadBuffer();
    // What TLS has to decrypt first comes in its own buffers.
    const onread = secure === undefined && {
      buffer: () => reads.next(),
      callback: (count: number) => {
        outer.emit('data', reads.take(count));
        return true;
      },
    };
    const outer: net.Socket = net.connect({
      ...splitAddress(to),
      ...buffer,
      ...(onread === false ? {} : { onread }),
      allowHalfOpen: true,
      noDelay: true,
    });
    const socket = secure?.connect(outer) ?? outer;
    const connection = new Connection(socket, { own: own(), dialled: to, timing, processor }, onEvent);
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    await connected(socket, timing.connect, signal);
    await secure?.established(socket, signal);
    if (this.#isClosed) {
      socket.destroy();
      throw new ConnectionError('aborted');
    }
    known.get(to).reached(connection.remoteHost);
    return connection;
  }

  /**
   * The one connection that is kept to a program which is told everything there, opened where there is none.
   * @throws ConnectionError as `dial`
   */
  async outgoing(peer: KnownPeer, signal?: AbortSignal): Promise<Connection> {
    const connection = peer.kept ?? (await this.dial(peer.address, signal));
    peer.keep(connection);
    connection.exchange.become('persistent');
    return connection;
  }

  /**
   * Keeps a connection for the next request where that harms nobody and none is kept yet; closes it otherwise.
   * @param mayStay though its program is not known to keep connections
   */
  keepOrClose(peer: KnownPeer, connection: Connection, { mayStay = false } = {}): void {
    const { dialect } = peer;
    const isWanted = mayStay || (dialect?.staysOpen ?? !this.#options.pure);
    const isAlive = !connection.exchange.hasEnded && !connection.isClosing;
    if (!isWanted || !isAlive || !peer.keep(connection)) connection.finish();
  }
}

/** Waits for a socket to connect; destroys it where it does not. */
function connected(socket: net.Socket, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const done = (error?: ConnectionError) => {
      clearTimeout(timer);
      socket.off('connect', onConnect).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      socket.destroy();
      reject(error);
    };
    const fail = (code: ConnectionErrorCode) => done(new ConnectionError(code));
    const onConnect = () => done();
    const onError = (error: Error) => done(connectionError(error));
    const onAbort = () => fail('aborted');
    const timer = setTimeout(() => fail('connect-timeout'), timeoutMs);
    socket.on('connect', onConnect).on('error', onError);
    signal?.addEventListener('abort', onAbort);
  });
}
