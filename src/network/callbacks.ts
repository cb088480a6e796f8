import { MAX_LIST_BYTES, MAX_REQUEST_BYTES } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { base64Length } from '../protocol/encode.ts';
import { REPLY_TYPE, type Message, type MessageType, type RequestDraft } from '../protocol/message.ts';

/** A reply that may come on a connection of its own. */
export interface Awaited {
  readonly from: Address;
  readonly type: MessageType;
  /** Longest line that it can be. */
  readonly bytes: number;
  /** For FILE: how many chunks its file has. */
  readonly chunks: number | undefined;
  readonly accepts: (message: Message) => boolean;
  readonly resolve: (message: Message) => void;
}

/** The questions whose answers may come on connections that their neighbours open (section 7, callback). */
export class Callbacks {
  readonly #awaited = new Set<Awaited>();

  /** Bytes of the longest reply that may come so; 0 where none is awaited. */
  get longestBytes(): number {
    let longest = 0;
    for (const { bytes } of this.#awaited) longest = Math.max(longest, bytes);
    return longest;
  }

  /** Waits for the reply to a request until `cancel` is called. */
  await(
    from: Address,
    request: RequestDraft,
    accepts: (message: Message) => boolean,
    chunks: number | undefined,
  ): { readonly reply: Promise<Message>; readonly cancel: () => void } {
    let resolve: (message: Message) => void = () => undefined;
    const reply = new Promise<Message>((settle) => (resolve = settle));
    const bytes = MAX_REQUEST_BYTES + (request.type === 'DL' ? base64Length(request.size) : MAX_LIST_BYTES);
    const awaited: Awaited = { from, type: REPLY_TYPE[request.type], bytes, chunks, accepts, resolve };
    this.#awaited.add(awaited);
    return { reply, cancel: () => this.#awaited.delete(awaited) };
  }

  /** Takes out the question that this reply answers; undefined where nobody asked for it. */
  take(message: Message): Awaited | undefined {
    for (const awaited of this.#awaited) {
      if (message.origin !== awaited.from || message.type !== awaited.type || !awaited.accepts(message))
        continue;
      this.#awaited.delete(awaited);
      return awaited;
    }
    return undefined;
  }
}
