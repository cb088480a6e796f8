import type { MessageReceived, MessageSent } from '../events.ts';
import type { Address } from '../protocol/address.ts';
import type { Draft, Message, MessageType } from '../protocol/message.ts';
import { shownArguments } from './shown-arguments.ts';

/*
 * The events of every single message. Most messages of a large download are not looked at by anybody, so the arguments,
 * which cost more than all the rest, are made when they are read.
 */

export class MessageSentEvent implements MessageSent {
  readonly event = 'message-sent';
  readonly to: Address;
  readonly type: MessageType;
  readonly clock: number;
  readonly reply: boolean;
  readonly chunks: number | undefined;
  readonly #draft: Draft;

  constructor(to: Address, draft: Draft, clock: number, reply: boolean, chunks: number | undefined) {
    this.to = to;
    this.type = draft.type;
    this.clock = clock;
    this.reply = reply;
    this.chunks = chunks;
    this.#draft = draft;
  }

  get args(): readonly string[] {
    return shownArguments(this.#draft);
  }
}

export class MessageReceivedEvent implements MessageReceived {
  readonly event = 'message-received';
  readonly from: Address;
  readonly type: MessageType;
  readonly clock: number;
  readonly clockAfter: number;
  readonly reply: boolean;
  readonly chunks: number | undefined;
  readonly #message: Message;

  constructor(message: Message, clockAfter: number, reply: boolean, chunks: number | undefined) {
    this.from = message.origin;
    this.type = message.type;
    this.clock = message.clock;
    this.clockAfter = clockAfter;
    this.reply = reply;
    this.chunks = chunks;
    this.#message = message;
  }

  /** Cheaper than all arguments. */
  get token(): string | undefined {
    return this.#message.type === 'DL' ? this.#message.token : undefined;
  }

  get args(): readonly string[] {
    return shownArguments(this.#message);
  }
}
