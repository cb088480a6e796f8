import type net from 'node:net';
import { ConnectionError, EachareError, ProtocolError } from '../errors.ts';
import type { RejectionCode } from '../events.ts';
import {
  CHUNK_REQUEST_SILENCE_MS,
  MAX_INBOUND_CONNECTIONS,
  REQUEST_SILENCE_MS,
  REQUEST_TIMEOUT_MS,
} from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { requestReader } from '../protocol/frame-reader.ts';
import type { ChannelOwner } from './channel-owner.ts';
import { Channel } from './channel.ts';
import { Connection } from './connection.ts';

export interface InboundOptions {
  readonly owner: ChannelOwner;
  /** Bytes of the longest reply that may come on a connection of theirs now; 0 where none is awaited. */
  readonly awaitedBytes: () => number;
  /** Hears of a connection without data. */
  readonly onEmpty: (remoteHost: string) => void;
  /** Hears what was wrong with a connection. */
  readonly onRejected: (remoteHost: string, code: RejectionCode) => void;
}

/** A request that its sender has ended with silence; the last number of a DL may still be on its way for longer. */
const COMPLETE = /^\S+ [0-9]+ (?:HELLO|GET_PEERS|LS|BYE) ?$/;
const COMPLETE_CHUNK = /^\S+ [0-9]+ DL \S+ [0-9]+ [0-9]+ ?$/;

/**
 * The connections that others open to us, from accept to end. Bounded: beyond MAX_INBOUND_CONNECTIONS the oldest one
 * without a request in hand is given up for the new one.
 */
export class Inbound {
  readonly #options: InboundOptions;
  /** In the order of their arrival; with their channel once they have asked for something. */
  readonly #open = new Map<Connection, Channel | undefined>();

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** The connections that are open now. */
  get connections(): readonly Connection[] {
    return [...this.#open.keys()];
  }

  /** That program has said BYE: what it has asked for before is of no use any more, and must not be taken for news. */
  forget(neighbour: Address, but: Channel): void {
    for (const channel of this.#open.values()) {
      if (channel === undefined || channel === but || channel.neighbour !== neighbour) continue;
      channel.isForgotten = true;
      channel.connection.destroy();
    }
  }

  accept(socket: net.Socket): void {
    const { awaitedBytes, onRejected } = this.#options;
    const connection = new Connection(socket, requestReader(awaitedBytes()));
    this.#open.set(connection, undefined);
    void connection.closed.then(() => this.#open.delete(connection));
    if (this.#open.size > MAX_INBOUND_CONNECTIONS) this.#giveUpOldest();
    this.#run(connection)
      .catch((error: unknown) => {
        if (error instanceof ProtocolError) onRejected(connection.remoteHost, error.code);
        else if (!(error instanceof EachareError)) throw error;
        else if (error.code === 'reply-timeout') onRejected(connection.remoteHost, 'request-timeout');
      })
      .finally(() => connection.finish());
  }

  async #run(connection: Connection): Promise<void> {
    const first = await firstPayload(connection);
    if (first === undefined) return this.#options.onEmpty(connection.remoteHost);
    const channel = new Channel(connection, this.#options.owner);
    if (this.#open.has(connection)) this.#open.set(connection, channel);
    await channel.run(first);
  }

  #giveUpOldest(): void {
    for (const [connection, channel] of this.#open) {
      if (channel?.isServing === true) continue;
      connection.destroy();
      this.#open.delete(connection);
      this.#options.onRejected(connection.remoteHost, 'too-many-connections');
      return;
    }
  }
}

/**
 * The first request; undefined where the other side closes without one.
 * @throws ConnectionError `reply-timeout`, `reset`
 * @throws ProtocolError `line-too-long`
 */
async function firstPayload(connection: Connection): Promise<Buffer | undefined> {
  const start = performance.now();
  for (;;) {
    const waited = performance.now() - start;
    try {
      return await connection.next(Math.max(0, Math.min(REQUEST_SILENCE_MS, REQUEST_TIMEOUT_MS - waited)));
    } catch (error) {
      if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
      // Some programs send their request without an end and wait.
      const pattern = connection.silentMs >= CHUNK_REQUEST_SILENCE_MS ? COMPLETE_CHUNK : COMPLETE;
      const request = connection.takeUnfinished((bytes) => pattern.test(bytes.toString('latin1')));
      if (request !== undefined) return request;
      if (performance.now() - start >= REQUEST_TIMEOUT_MS) throw error;
    }
  }
}
