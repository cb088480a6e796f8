import net from 'node:net';
import { performance } from 'node:perf_hooks';

/** One socket of a program of the field: everything is kept as it came, segment by segment, until it is taken. */
export class Wire {
  /** Where it stands in the order of the connections of its peer, from 1. */
  readonly number: number;
  /** When the first byte came, in ms; NaN before. */
  firstAt = Number.NaN;
  ended = false;
  /** The request on it was answered, or never will be. */
  done = false;
  readonly closed: Promise<void>;
  readonly #socket: net.Socket;
  #held: Buffer[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(socket: net.Socket, number = 0) {
    this.#socket = socket;
    this.number = number;
    socket.on('error', () => this.#end());
    socket.on('data', (bytes) => {
      if (Number.isNaN(this.firstAt)) this.firstAt = performance.now();
      this.#held.push(bytes);
      this.#wake();
    });
    socket.on('end', () => this.#end());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  static async dial(address: string): Promise<Wire> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon);
    const port = Number(address.slice(colon + 1));
    const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    const wire = new Wire(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('close', () => reject(new Error(`${address} cannot be reached`)));
    });
    return wire;
  }

  /** Bytes that came and were not taken. */
  get held(): Buffer {
    return Buffer.concat(this.#held);
  }

  /** How many segments the next `length` bytes are spread over. */
  segments(length: number): number {
    let seen = 0;
    return this.#held.filter((segment) => (seen += segment.length) - segment.length < length).length;
  }

  /** Waits for a condition that depends on what came; false after the deadline in ms. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return true;
    return new Promise((resolve) => {
      const done = (met: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(met);
      };
      const look = () => {
        if (condition()) done(true);
      };
      const timer = ms === Infinity ? undefined : setTimeout(() => done(false), ms);
      this.#waiting.add(look);
    });
  }

  take(length: number): Buffer {
    const all = this.held;
    const rest = all.subarray(length);
    this.#held = rest.length === 0 ? [] : [rest];
    return all.subarray(0, length);
  }

  /** Up to and with the newline, or what is there at EOF or deadline. */
  async readLine(ms: number): Promise<Buffer> {
    await this.until(() => this.ended || this.#held.some((segment) => segment.includes(0x0a)), ms);
    const all = this.held;
    const newline = all.indexOf(0x0a);
    return this.take(newline === -1 ? all.length : newline + 1);
  }

  /** All of it, or undefined where the end did not come before the deadline. */
  async readToEnd(ms: number): Promise<Buffer | undefined> {
    return (await this.until(() => this.ended, ms)) ? this.take(this.held.length) : undefined;
  }

  /** What one `recv` gets, where pieces less than `gapMs` apart count as one. */
  async readOnce(gapMs: number, ms: number): Promise<Buffer> {
    await this.until(() => this.ended || this.#held.length > 0, ms);
    for (;;) {
      const before = this.#held.length;
      if (!(await this.until(() => this.ended || this.#held.length > before, gapMs)) || this.ended) break;
    }
    return this.take(this.held.length);
  }

  /** Exactly that many bytes, fewer at EOF or deadline. */
  async readExactly(length: number, ms: number): Promise<Buffer> {
    const total = () => this.#held.reduce((sum, segment) => sum + segment.length, 0);
    await this.until(() => this.ended || total() >= length, ms);
    return this.take(length);
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  end(bytes?: Buffer): void {
    if (!this.#socket.writable) return;
    if (bytes === undefined) this.#socket.end();
    else this.#socket.end(bytes);
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
