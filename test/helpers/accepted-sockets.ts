import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type net from 'node:net';

const ACCEPTED = 'net.server.socket';

/** The sockets that a server of this process accepts on a port, to see how much waits in them. */
export class AcceptedSockets implements Disposable {
  readonly sockets: net.Socket[] = [];
  readonly #onAccepted: (message: unknown) => void;

  constructor(port: number) {
    this.#onAccepted = (message) => {
      const { socket } = message as { socket: net.Socket };
      if (socket.localPort === port) this.sockets.push(socket);
    };
    subscribe(ACCEPTED, this.#onAccepted);
  }

  /** Bytes written and not yet taken by the system, in all of them. */
  get bufferedBytes(): number {
    return this.sockets.reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  [Symbol.dispose](): void {
    unsubscribe(ACCEPTED, this.#onAccepted);
  }
}
