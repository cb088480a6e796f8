import net from 'node:net';
import { clock } from './measure.ts';

/**
 * A link with a rate and a length: a TCP proxy on this machine whose two directions work as a cable does. A piece leaves
 * once those before it have left and its own bits are through, and arrives the delay later. All that is computed when the
 * piece comes in, so a late timer delays a piece and costs the link no time.
 * Where more than the cable holds waits, nothing more is read: a fast sender is held back by its own socket.
 */
export interface LinkSpec {
  /** Port on this machine to lead to. */
  readonly target: number;
  /** Each direction. */
  readonly bytesPerSecond: number;
  /** Of one direction: half a round trip. */
  readonly delaySeconds: number;
}

/** What has come out of a link at the client's end, and when, in seconds of `clock`. */
export interface Passed {
  bytes: number;
  first: number | undefined;
  last: number;
}

const LARGEST_PIECE_BYTES = 64 * 1024;
const LONGEST_PIECE_SECONDS = 0.005;
/** What may wait besides what is on its way; at 20 MB/s it outlasts a timer that is 13 ms late. */
const QUEUE_BYTES = 256 * 1024;
/** A reader that was paused has a sender with more in hand: it may make up for so much lost time. */
const CATCH_UP_SECONDS = 0.1;

/** One direction of one connection. */
class Direction {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #spec: LinkSpec;
  readonly #onPassed: (bytes: number) => void;
  readonly #most: number;
  readonly #queue: { readonly due: number; readonly bytes: Buffer }[] = [];
  #waiting = 0;
  /** When the last bit of all that has come in is through. */
  #freeAt = 0;
  #isPaused = false;
  #isBehind = false;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: net.Socket, to: net.Socket, spec: LinkSpec, onPassed: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#spec = spec;
    this.#onPassed = onPassed;
    this.#most = spec.bytesPerSecond * spec.delaySeconds + QUEUE_BYTES;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      this.#isEnded = true;
      this.#deliver();
    });
    to.on('drain', () => this.#deliver());
    to.on('close', () => clearTimeout(this.#timer));
  }

  #take(bytes: Buffer): void {
    const { bytesPerSecond, delaySeconds } = this.#spec;
    const arrived = this.#isBehind ? clock() - CATCH_UP_SECONDS : clock();
    const step = Math.min(LARGEST_PIECE_BYTES, Math.ceil(bytesPerSecond * LONGEST_PIECE_SECONDS));
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      this.#freeAt = Math.max(this.#freeAt, arrived) + piece.length / bytesPerSecond;
      this.#queue.push({ due: this.#freeAt + delaySeconds, bytes: piece });
    }
    this.#waiting += bytes.length;
    if (this.#waiting > this.#most) {
      this.#isPaused = this.#isBehind = true;
      this.#from.pause();
    }
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const now = clock();
    let next = this.#queue[0];
    this.#to.cork();
    while (next !== undefined && next.due <= now && !this.#to.writableNeedDrain) {
      this.#queue.shift();
      this.#waiting -= next.bytes.length;
      this.#to.write(next.bytes);
      this.#onPassed(next.bytes.length);
      next = this.#queue[0];
    }
    this.#to.uncork();
    if (this.#isPaused && this.#waiting <= this.#most) this.#resume();
    if (next === undefined && this.#isEnded) this.#to.end();
    // A full receiver calls again by itself.
    if (next === undefined || this.#to.writableNeedDrain) return;
    this.#timer = setTimeout(() => this.#deliver(), (next.due - now) * 1000);
  }

  #resume(): void {
    this.#isPaused = false;
    this.#from.resume();
    // What had to wait comes in the next round of the event loop; what comes later is not late.
    const caughtUp = () => (this.#isBehind = this.#isPaused);
    setImmediate(() => setImmediate(caughtUp));
  }
}

export class Link {
  passed: Passed = { bytes: 0, first: undefined, last: 0 };
  readonly #spec: LinkSpec;
  readonly #server: net.Server;

  constructor(spec: LinkSpec) {
    this.#spec = spec;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** Listens on a free port and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as net.AddressInfo).port)),
    );
  }

  #accept(client: net.Socket): void {
    const port = this.#spec.target;
    const server = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => other.destroy());
    }
    new Direction(client, server, this.#spec, () => undefined);
    new Direction(server, client, this.#spec, (bytes) => {
      this.passed.bytes += bytes;
      this.passed.last = clock();
      this.passed.first ??= this.passed.last;
    });
  }
}
