import net from 'node:net';
import type { Address } from '../../src/protocol/address.ts';
import { RawSocket } from './raw-socket.ts';

/** A server that does with each connection what its handler says; the place for broken peers. */
export class RawServer implements AsyncDisposable {
  readonly connections: RawSocket[] = [];
  readonly #server: net.Server;

  private constructor(handle: (connection: RawSocket, number: number) => void) {
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new RawSocket(socket);
      this.connections.push(connection);
      handle(connection, this.connections.length - 1);
    });
  }

  /** Listens on a free port. By default it accepts and never says a word. */
  static async start(
    handle: (connection: RawSocket, number: number) => void = () => undefined,
  ): Promise<RawServer> {
    const server = new RawServer(handle);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen({ host: '127.0.0.1', port: 0, backlog: 511 }, resolve);
    });
    return server;
  }

  get port(): number {
    const bound = this.#server.address();
    if (bound === null || typeof bound !== 'object') throw new Error('the server does not listen');
    return bound.port;
  }

  get address(): Address {
    return `127.0.0.1:${this.port}` as Address;
  }

  /** Closes the server and breaks off every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
