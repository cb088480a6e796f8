import net from 'node:net';
import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';

/** More than any reply that is asked for: a program that answers for ever is cut off here. */
const MOST_BYTES = 2 * 1024 * 1024;

const CODES: Readonly<Record<string, ConnectionErrorCode>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EMFILE: 'no-resources',
};

/** One socket of the judge. Nothing of what comes is lost or interpreted here, and every wait has a deadline. */
export class Wire {
  readonly #socket: net.Socket;
  readonly #waiting = new Set<() => void>();
  #fragments: Buffer[] = [];
  #length = 0;
  /** The other side has closed: in good order, or by a reset. */
  end: 'open' | 'closed' | 'reset' = 'open';
  /** More came than anybody has asked for. */
  flooded = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('error', () => this.#ended('reset'));
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.#ended('closed'));
    socket.on('close', () => this.#ended('closed'));
  }

  /**
   * Connects within `ms` milliseconds.
   * @throws ConnectionError
   */
  static async dial(to: { readonly host: string; readonly port: number }, ms: number): Promise<Wire> {
    const socket = net.connect({ ...to, allowHalfOpen: true, noDelay: true });
    const wire = new Wire(socket);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ConnectionError('connect-timeout'));
        socket.destroy();
      }, ms);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(new ConnectionError(CODES[cause.code ?? ''] ?? 'unreachable', { cause }));
      });
    });
    return wire;
  }

  /** Address of this machine on this connection, and of the other one. */
  get localHost(): string {
    return this.#socket.localAddress ?? '127.0.0.1';
  }

  get remoteHost(): string {
    return this.#socket.remoteAddress ?? '';
  }

  /** Everything that came and was not taken. */
  get held(): Buffer {
    if (this.#fragments.length > 1) this.#fragments = [Buffer.concat(this.#fragments)];
    return this.#fragments[0] ?? Buffer.alloc(0);
  }

  get heldBytes(): number {
    return this.#length;
  }

  /** Removes the first bytes of what is held. */
  take(length: number): Buffer {
    const all = this.held;
    const left = all.subarray(length);
    this.#fragments = left.length === 0 ? [] : [left];
    this.#length = left.length;
    return all.subarray(0, length);
  }

  /** Waits for a condition that depends on what came; false after so many milliseconds, or once it cannot come any more. */
  until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (met: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(met);
      };
      const look = () => {
        if (condition()) done(true);
      };
      // What has arrived while the loop was busy is read before it is given up.
      const late = () => setImmediate(() => setImmediate(() => done(condition())));
      const timer = setTimeout(late, ms);
      this.#waiting.add(look);
    });
  }

  /** Lets the waits look again: something else than this socket has changed. */
  wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Sends the FIN, after these bytes. */
  finish(bytes: Buffer = Buffer.alloc(0)): void {
    if (this.#socket.writable) this.#socket.end(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #take(bytes: Buffer): void {
    this.#fragments.push(bytes);
    this.#length += bytes.length;
    if (this.#length > MOST_BYTES) {
      this.flooded = true;
      this.#ended('reset');
      this.#socket.destroy();
    }
    this.wake();
  }

  #ended(how: 'closed' | 'reset'): void {
    if (this.end === 'open') this.end = how;
    this.wake();
  }
}
