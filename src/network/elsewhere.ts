import { evidenceOfCallback, proveByReply } from '../protocol/dialect.ts';
import { REPLY_TYPE, type Message, type RequestDraft } from '../protocol/message.ts';
import { isReplyTo, maxReplyBytes, type RequestOptions } from './ask.ts';
import type { KnownPeer } from './known-peer.ts';
import type { Connection } from './socket.ts';
import type { Timing } from './timing.ts';

/** A reply that may come on a connection that its sender opens (section 7, callback and outbox). */
interface AwaitedElsewhere {
  readonly peer: KnownPeer;
  /** On which the request is, where its reply may come there as well. */
  readonly connection: Connection | undefined;
  readonly draft: RequestDraft;
  /** Longest line in bytes that it can be. */
  readonly bytes: number;
  /** For FILE: how many chunks its file has. */
  readonly chunks: number | undefined;
  readonly resolve: (message: Message) => void;
}

/** The requests whose replies may come on a connection that the other side opens, and what such a reply shows of its sender. */
export class RepliesElsewhere {
  readonly #timing: Timing;
  readonly #awaited = new Set<AwaitedElsewhere>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** @param connection on which the request is, where its reply may come there as well */
  await(
    peer: KnownPeer,
    connection: Connection | undefined,
    draft: RequestDraft,
    { chunks }: RequestOptions,
  ): { readonly reply: Promise<Message>; readonly cancel: () => void } {
    let resolve: (message: Message) => void = () => undefined;
    const reply = new Promise<Message>((settle) => (resolve = settle));
    const awaited = { peer, connection, draft, bytes: maxReplyBytes(draft, chunks), chunks, resolve };
    this.#awaited.add(awaited);
    return { reply, cancel: () => this.#awaited.delete(awaited) };
  }

  /** Longest reply in bytes that may come now on a connection that this host opens; 0 where none is awaited. */
  awaitedBytes(remoteHost: string): number {
    let longest = 0;
    for (const { peer, bytes } of this.#awaited)
      if (bytes > longest && peer.isAt(remoteHost)) longest = bytes;
    return longest;
  }

  /** Takes out the request that this reply, on a connection of its own, answers; undefined where there is none. */
  take(connection: Connection, message: Message): AwaitedElsewhere | undefined {
    for (const awaited of this.#awaited) {
      const { peer, draft } = awaited;
      const isIt =
        message.origin === peer.address &&
        message.type === REPLY_TYPE[draft.type] &&
        isReplyTo(message, draft) &&
        !connection.exchange.isOurs &&
        peer.isAt(connection.remoteHost);
      if (!isIt) continue;
      this.#awaited.delete(awaited);
      return awaited;
    }
    return undefined;
  }

  /**
   * A reply has come on a connection that its sender has opened; whether more may come on that. A program that closes neither this
   * connection nor that of the request keeps both.
   */
  async arrived(on: Connection, awaited: AwaitedElsewhere, message: Message): Promise<boolean> {
    const { peer, connection, draft, resolve } = awaited;
    const isCallback =
      peer.dialect?.replies === 'on-new-connection' && connection?.exchange.hasEnded !== false;
    if (peer.dialect?.replies !== 'on-own-connection' && !isCallback) {
      const { endLook } = this.#timing;
      const both = connection === undefined ? [on] : [on, connection];
      const closed = await anyEnds(both, endLook);
      peer.learn(proveByReply(evidenceOfCallback(message, closed), peer.dialect));
    }
    if (peer.dialect?.replies === 'on-own-connection') connection?.answeredElsewhere(draft, message);
    resolve(message);
    return peer.dialect?.replies === 'on-own-connection';
  }
}

/** Whether one of these connections ends within that time, in milliseconds. */
async function anyEnds(connections: readonly Connection[], withinMs: number): Promise<boolean> {
  const looks = connections.map((connection) => connection.endsWithin(withinMs));
  const first = new Promise<true>((resolve) => {
    for (const look of looks) void look.then((ends) => ends && resolve(true));
  });
  return Promise.race([first, Promise.all(looks).then((ends) => ends.includes(true))]);
}
