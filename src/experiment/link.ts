import net from 'node:net';

/** What a link does to both directions alike. */
export interface LinkSpec {
  /** Port on this machine that it leads to. */
  readonly port: number;
  /** Of one direction: half a round trip. */
  readonly delayMs: number;
  /** Of one direction; Infinity for no limit. */
  readonly bitsPerSecond: number;
}

const HOST = '127.0.0.1';

/** A piece is through once its last bit is: small ones, so that the first bits do not wait for the last ones. */
const LONGEST_PIECE_MS = 5;
const LARGEST_PIECE_BYTES = 64 * 1024;
/** What may wait besides what is on its way; a sender is held back by its own socket beyond it. */
const QUEUE_BYTES = 256 * 1024;

/** When the link of one direction is free again: shared by all connections, as one cable is. Milliseconds. */
interface Cable {
  freeAt: number;
}

/** One direction of one connection. When a piece is due is computed as it comes in, so a late timer costs no rate. */
class Direction {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #delayMs: number;
  readonly #bytesPerMs: number;
  readonly #cable: Cable;
  readonly #openAt: number;
  readonly #queue: { readonly due: number; readonly bytes: Buffer }[] = [];
  #waiting = 0;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param openMs how long nothing leaves at first */
  constructor(
    from: net.Socket,
    to: net.Socket,
    { delayMs, bitsPerSecond }: LinkSpec,
    cable: Cable,
    openMs: number,
  ) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    this.#bytesPerMs = bitsPerSecond / 8 / 1000;
    this.#cable = cable;
    this.#openAt = performance.now() + openMs;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      // The end takes the way of the bytes.
      this.#isEnded = true;
      this.#push(Buffer.alloc(0));
      this.#deliver();
    });
    to.on('drain', () => this.#deliver());
    to.on('close', () => clearTimeout(this.#timer));
  }

  #push(bytes: Buffer): void {
    const begin = Math.max(this.#cable.freeAt, performance.now());
    this.#cable.freeAt = begin + bytes.length / this.#bytesPerMs;
    this.#queue.push({ due: Math.max(this.#cable.freeAt, this.#openAt) + this.#delayMs, bytes });
  }

  #take(bytes: Buffer): void {
    const step = Math.max(1, Math.floor(Math.min(LARGEST_PIECE_BYTES, this.#bytesPerMs * LONGEST_PIECE_MS)));
    for (let at = 0; at < bytes.length; at += step) this.#push(bytes.subarray(at, at + step));
    this.#waiting += bytes.length;
    if (this.#waiting > this.#most) this.#from.pause();
    this.#deliver();
  }

  get #most(): number {
    const underWay = this.#bytesPerMs * this.#delayMs;
    return QUEUE_BYTES + (Number.isFinite(underWay) ? underWay : Infinity);
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    let next = this.#queue[0];
    this.#to.cork();
    while (next !== undefined && next.due <= now && !this.#to.writableNeedDrain) {
      this.#queue.shift();
      this.#waiting -= next.bytes.length;
      if (next.bytes.length > 0) this.#to.write(next.bytes);
      next = this.#queue[0];
    }
    this.#to.uncork();
    if (this.#from.isPaused() && this.#waiting <= this.#most) this.#from.resume();
    if (next === undefined && this.#isEnded) this.#to.end();
    // A full receiver calls again by itself.
    if (next === undefined || this.#to.writableNeedDrain) return;
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next.due - now));
  }
}

/** A link of a known delay and rate to a program on this machine: a TCP proxy within this process. */
export class Link {
  readonly #spec: LinkSpec;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #there: Cable = { freeAt: 0 };
  readonly #back: Cable = { freeAt: 0 };

  constructor(spec: LinkSpec) {
    this.#spec = spec;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** Listens on a free port, and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, HOST, () => resolve((this.#server.address() as net.AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(client: net.Socket): void {
    const { port } = this.#spec;
    const server = net.connect({ host: HOST, port, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
    // The client takes itself for connected at once; over a real link that costs it a round trip.
    new Direction(client, server, this.#spec, this.#there, 2 * this.#spec.delayMs);
    new Direction(server, client, this.#spec, this.#back, 0);
  }
}
