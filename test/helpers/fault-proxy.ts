import { setMaxListeners } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Address } from '../../src/protocol/address.ts';
import type { RandomNumbers } from './random-numbers.ts';

/** What goes wrong in one direction of a connection; faults that are given apply together. */
export interface Faults {
  /** Every piece is held back this long. */
  readonly delayMs?: number;
  /** Every so many bytes travel as a write of their own. */
  readonly splitBytes?: number;
  /** After so many bytes: FIN, the rest is lost. */
  readonly truncateAfter?: number;
  /** After so many bytes: RST to both sides. */
  readonly resetAfter?: number;
  /** After so many bytes: nothing more, not even an end. */
  readonly freezeAfter?: number;
  /** Bytes from this one on are replaced by noise. */
  readonly garbageAfter?: number;
  /** So many bytes per interval. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
  readonly bytesPerSecond?: number;
}

export interface ConnectionFaults {
  /** Accepted, and nothing is ever forwarded. */
  readonly halfOpen?: boolean;
  readonly toServer?: Faults;
  readonly toClient?: Faults;
}

/** The faults of each connection, by its number from 0. */
export type FaultPlan = (connection: number) => ConnectionFaults;

/** Draws the faults of each connection from a list; the same numbers make the same plan. */
export function randomPlan(numbers: RandomNumbers, choices: readonly ConnectionFaults[]): FaultPlan {
  return () => numbers.pick(choices);
}

const RATE_SLICES_PER_SECOND = 50;
const NOISE = 0xa5;

/** Stands between a client and a server on this machine and spoils what passes. */
export class FaultProxy implements AsyncDisposable {
  connections = 0;
  bytesToServer = 0;
  bytesToClient = 0;
  readonly #target: number;
  readonly #plan: FaultPlan;
  readonly #sockets = new Set<net.Socket>();
  readonly #closing = new AbortController();
  readonly #server: net.Server;

  private constructor(target: number, plan: FaultPlan) {
    this.#target = target;
    this.#plan = plan;
    // Every connection that pauses listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** Forwards to `target` on 127.0.0.1; listens on `port`, by default on a free one. */
  static async start(target: number, plan: FaultPlan | ConnectionFaults = {}, port = 0): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, typeof plan === 'function' ? plan : () => plan);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen({ host: '127.0.0.1', port, backlog: 511 }, resolve);
    });
    return proxy;
  }

  get port(): number {
    const bound = this.#server.address();
    if (bound === null || typeof bound !== 'object') throw new Error('the proxy does not listen');
    return bound.port;
  }

  get address(): Address {
    return `127.0.0.1:${this.port}` as Address;
  }

  /** Destroys everything. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: net.Socket): void {
    const faults = this.#plan(this.connections);
    this.connections += 1;
    this.#hold(client);
    if (faults.halfOpen === true) return;
    const server = net.connect({ host: '127.0.0.1', port: this.#target, allowHalfOpen: true, noDelay: true });
    this.#hold(server);
    const toServer = (count: number) => (this.bytesToServer += count);
    const toClient = (count: number) => (this.bytesToClient += count);
    void this.#pump(client, server, faults.toServer ?? {}, toServer);
    void this.#pump(server, client, faults.toClient ?? {}, toClient);
  }

  #hold(socket: net.Socket): void {
    this.#sockets.add(socket);
    // What fails on one side ends the other through the pumps.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #pump(
    from: net.Socket,
    to: net.Socket,
    faults: Faults,
    count: (bytes: number) => void,
  ): Promise<void> {
    const { truncateAfter = Infinity, resetAfter = Infinity, freezeAfter = Infinity } = faults;
    const end = Math.min(truncateAfter, resetAfter, freezeAfter);
    let passed = 0;
    const broken = () => {
      if (end === freezeAfter) from.pause();
      else if (end === resetAfter) [from, to].forEach((socket) => socket.resetAndDestroy());
      else to.end();
    };
    try {
      if (end === 0) return broken();
      for await (const bytes of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const kept = bytes.subarray(0, end - passed);
        await this.#forward(to, spoil(kept, passed, faults.garbageAfter), faults, count);
        passed += kept.length;
        if (passed >= end) return broken();
      }
      to.end();
    } catch {
      // A side is gone: so is the connection.
      from.destroy();
      to.destroy();
    }
  }

  async #forward(
    to: net.Socket,
    bytes: Buffer,
    faults: Faults,
    count: (bytes: number) => void,
  ): Promise<void> {
    if (faults.delayMs !== undefined) await this.#pause(faults.delayMs);
    const { bytes: step, everyMs } = pace(faults);
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      await new Promise<void>((resolve, reject) =>
        to.write(piece, (error) => (error ? reject(error) : resolve())),
      );
      count(piece.length);
      if (everyMs !== undefined) await this.#pause(everyMs);
    }
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal });
  }
}

/** How many bytes in one write, and how long to wait after each. */
function pace({ trickle, bytesPerSecond, splitBytes }: Faults): { bytes: number; everyMs?: number } {
  if (trickle !== undefined) return trickle;
  if (bytesPerSecond !== undefined) {
    const bytes = Math.max(1, Math.floor(bytesPerSecond / RATE_SLICES_PER_SECOND));
    return { bytes, everyMs: (bytes / bytesPerSecond) * 1000 };
  }
  return splitBytes === undefined ? { bytes: Infinity } : { bytes: splitBytes, everyMs: 0 };
}

function spoil(bytes: Buffer, passed: number, garbageAfter = Infinity): Buffer {
  const clean = Math.max(0, Math.min(bytes.length, garbageAfter - passed));
  if (clean === bytes.length) return bytes;
  return Buffer.concat([bytes.subarray(0, clean), Buffer.alloc(bytes.length - clean, NOISE)]);
}
