import { ConnectionError, EachareError, ProtocolError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import type { ChannelOwner } from './channel-owner.ts';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';
import type { Dialects } from './dialects.ts';
import type { Hosts } from './hosts.ts';

export interface LinksOptions {
  readonly dialects: Dialects;
  readonly hosts: Hosts;
  readonly owner: ChannelOwner;
  /** Hears of bytes that are no message, on a connection that nobody waits on. */
  readonly onRejected: (remoteHost: string, code: ProtocolError['code']) => void;
}

/**
 * Our connections to neighbours: those just dialled, and at most one a neighbour that is kept for the next request.
 * Nothing is kept to programs that take one request a connection.
 */
export class Links {
  readonly #dialects: Dialects;
  readonly #hosts: Hosts;
  readonly #owner: ChannelOwner;
  readonly #onRejected: LinksOptions['onRejected'];
  readonly #open = new Set<Channel>();
  readonly #kept = new Map<Address, Channel>();
  #isClosed = false;

  constructor({ dialects, hosts, owner, onRejected }: LinksOptions) {
    this.#hosts = hosts;
    this.#dialects = dialects;
    this.#owner = owner;
    this.#onRejected = onRejected;
  }

  /** The connections that we have opened and that are open now. */
  get connections(): readonly Connection[] {
    return [...this.#open].map(({ connection }) => connection);
  }

  /** No connection is opened any more; those that are open are the caller's to end. */
  close(): void {
    this.#isClosed = true;
  }

  /** @throws ConnectionError as `dial` */
  async dial(to: Address, signal?: AbortSignal): Promise<Channel> {
    const connection = await dial(to, signal);
    if (this.#isClosed) {
      connection.destroy();
      throw new ConnectionError('aborted');
    }
    this.#hosts.note(to, connection.remoteHost);
    const channel = new Channel(connection, this.#owner, to);
    this.#open.add(channel);
    void connection.closed.then(() => this.#open.delete(channel));
    this.#release(to, channel);
    channel.run().then(
      () => connection.finish(),
      (error: unknown) => {
        connection.destroy();
        // Whoever waits on it has heard as well; what is merely kept may end in any way.
        if (error instanceof ProtocolError) this.#onRejected(connection.remoteHost, error.code);
        else if (!(error instanceof EachareError)) throw error;
      },
    );
    return channel;
  }

  /** The connection to use for the next request, if there is one. */
  kept(to: Address): Channel | undefined {
    const channel = this.#kept.get(to);
    if (channel === undefined || !(channel.connection.isClosing || channel.connection.ended)) return channel;
    this.#kept.delete(to);
    return undefined;
  }

  /** The session with that neighbour, if one is open. */
  session(to: Address): Channel | undefined {
    const channel = this.kept(to);
    return channel?.isSession === true ? channel : undefined;
  }

  drop(to: Address, channel: Channel): void {
    if (this.#kept.get(to) === channel) this.#kept.delete(to);
  }

  /** Keeps a connection for the next request where that harms nobody and none is kept yet; closes it otherwise. */
  keepOrClose(to: Address, channel: Channel): void {
    const dialect = this.#dialects.get(to);
    const { connection } = channel;
    const mayStay =
      (dialect === undefined || dialect.staysOpen) && !connection.ended && !connection.isClosing;
    if (mayStay && this.kept(to) === undefined) this.#kept.set(to, channel);
    if (this.#kept.get(to) !== channel) connection.finish();
  }

  /** Puts a connection that the neighbour opened to the same use as one of ours. */
  adopt(neighbour: Address, channel: Channel): void {
    if (this.kept(neighbour) !== undefined) return;
    this.#kept.set(neighbour, channel);
    this.#release(neighbour, channel);
  }

  /** That program has said BYE: nothing of it is kept, nor learnt from how its connections end. */
  forget(neighbour: Address): void {
    this.#kept.delete(neighbour);
    for (const channel of this.#open) {
      if (channel.neighbour !== neighbour) continue;
      channel.isForgotten = true;
      channel.connection.finish();
    }
  }

  #release(neighbour: Address, channel: Channel): void {
    void channel.connection.closed.then(() => this.drop(neighbour, channel));
  }
}
