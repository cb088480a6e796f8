import net from 'node:net';
import { patience } from './until.ts';

/**
 * A TCP socket that does exactly what it is told: bytes as they stand, no FIN of its own accord.
 * `connect` makes a client; RawServer hands out the other end.
 */
export class RawSocket implements Disposable {
  readonly socket: net.Socket;
  /** How the other side ended: not yet, with a FIN, or with a reset. */
  ending: 'none' | 'fin' | 'reset' = 'none';
  closed = false;
  receivedBytes = 0;
  #chunks: Buffer[] = [];
  #checks = new Set<() => void>();

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('connect', () => this.#changed());
    socket.on('error', () => this.#note('reset'));
    socket.on('end', () => this.#note('fin'));
    socket.on('data', (bytes) => {
      this.#chunks.push(bytes);
      this.receivedBytes += bytes.length;
      this.#changed();
    });
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  /**
   * Resolves once connected.
   * @param localAddress host that the connection comes from
   */
  static async connect(port: number, localAddress = '127.0.0.1'): Promise<RawSocket> {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true, noDelay: true });
    const raw = new RawSocket(socket);
    await raw.until(() => socket.readyState !== 'opening' || raw.closed, undefined, 'connected');
    if (raw.closed) throw new Error(`nobody listens on port ${port}`);
    return raw;
  }

  /** Sends these bytes and a FIN, and returns all that comes until the other side ends. */
  static async exchange(port: number, bytes: string | Buffer, localAddress?: string): Promise<Buffer> {
    using raw = await RawSocket.connect(port, localAddress);
    raw.end(bytes);
    return await raw.untilEnd();
  }

  /** Everything received so far. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** One write per byte, each in a turn of its own. */
  async writeByteByByte(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      this.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sends a FIN; the other direction stays open. */
  end(bytes: string | Buffer = ''): void {
    this.socket.end(bytes);
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits until that many bytes have come and returns them. */
  async untilBytes(count: number, ms?: number): Promise<Buffer> {
    await this.until(() => this.receivedBytes >= count, ms, `${count} bytes`);
    return this.received.subarray(0, count);
  }

  /** Waits for so many whole lines and returns them without their newlines. */
  async untilLines(count: number, ms?: number): Promise<string[]> {
    const lines = () => this.received.toString('utf8').split('\n');
    await this.until(() => lines().length > count, ms, `${count} lines`);
    return lines().slice(0, count);
  }

  /** Waits until the other side ends, in whatever way, and returns all that came. */
  async untilEnd(ms?: number): Promise<Buffer> {
    await this.until(() => this.ending !== 'none' || this.closed, ms, 'the end');
    return this.received;
  }

  async until(condition: () => boolean, ms: number | undefined, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#checks.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#checks.delete(check);
        const got = this.received.subarray(0, 200).toString('latin1');
        reject(new Error(`${what} not within ${patience(ms)} ms; ${this.receivedBytes} bytes came: ${got}`));
      }, patience(ms));
      this.#checks.add(check);
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #note(ending: 'fin' | 'reset'): void {
    if (this.ending === 'none') this.ending = ending;
    this.#changed();
  }

  #changed(): void {
    for (const check of this.#checks) check();
  }
}
