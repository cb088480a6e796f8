import { ProtocolError } from '../errors.ts';
import { evidenceOfCallback, proveByReply, type ReplyEvidence } from '../protocol/dialect.ts';
import type { Address } from '../protocol/address.ts';
import { REPLIES, type Message } from '../protocol/message.ts';
import type { Answers } from './answers.ts';
import type { Callbacks } from './callbacks.ts';
import type { ChannelOwner } from './channel-owner.ts';
import type { Channel } from './channel.ts';
import type { Dialects } from './dialects.ts';
import type { Hosts } from './hosts.ts';
import type { Wire } from './wire.ts';

export interface ConversationOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly hosts: Hosts;
  readonly callbacks: Callbacks;
  /** Asked for when a request has come; the answers know the connections, and those know us. */
  readonly answers: () => Answers;
}

/** What becomes of each message that comes in, on whatever connection, and what its coming shows of its sender. */
export class Conversation implements ChannelOwner {
  readonly #options: ConversationOptions;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  onReply(
    message: Message,
    channel: Channel,
    seen: ReplyEvidence | undefined,
    chunks: number | undefined,
  ): void {
    const { neighbour } = channel;
    this.#options.wire.receive(message, { reply: true, chunks }, neighbour);
    if (neighbour === undefined || seen === undefined) return;
    this.#learn(neighbour, channel, seen);
    if (message.type === 'RETURN_HELLO')
      this.#options.dialects.learnCapabilities(neighbour, message.capabilities);
  }

  onMessage(
    message: Message,
    channel: Channel,
    payload: Buffer,
    turn: Promise<void> | undefined,
  ): Promise<void> | undefined {
    if (message.type === 'RETURN_HELLO') this.#takeLateAnswer(message, channel);
    else if (REPLIES.has(message.type)) this.#takeCallback(message, channel);
    else return this.#options.answers().answer(message, channel, payload, turn);
    return undefined;
  }

  onUnknown(payload: Buffer, channel: Channel, error: ProtocolError): Promise<void> | undefined {
    return this.#options.answers().refuseUnknown(payload, channel, error);
  }

  onClosedByThem(channel: Channel, lastReply: ReplyEvidence): void {
    if (channel.neighbour !== undefined) this.#learn(channel.neighbour, channel, lastReply);
  }

  #learn(neighbour: Address, channel: Channel, seen: ReplyEvidence): void {
    const { dialects } = this.#options;
    dialects.learn(neighbour, proveByReply(seen, dialects.get(neighbour)));
    const dialect = dialects.get(neighbour);
    channel.isPersistent = dialect?.staysOpen === true && !dialect.isSession;
  }

  /** A RETURN_HELLO that we have not waited for so long, or that comes on a connection of its own. */
  #takeLateAnswer(message: Message, channel: Channel): void {
    this.#options.wire.receive(message, { reply: true }, channel.neighbour);
    // On a connection of theirs that is all that was to be said.
    if (!channel.isOurs && channel.requests === 0) channel.connection.finish();
  }

  /** A reply on a connection that the other side opened for it: only to a question of ours, only from its own host. */
  #takeCallback(message: Message, { connection, isOurs }: Channel): void {
    const { wire, dialects, hosts, callbacks } = this.#options;
    const mayBe = !isOurs && hosts.isAt(message.origin, connection.remoteHost);
    const awaited = mayBe ? callbacks.take(message) : undefined;
    if (awaited === undefined) throw new ProtocolError('unexpected-type', message.type);
    wire.receive(message, { reply: true, chunks: awaited.chunks });
    dialects.learn(message.origin, proveByReply(evidenceOfCallback(message), dialects.get(message.origin)));
    awaited.resolve(message);
    connection.finish();
  }
}
