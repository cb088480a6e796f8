import type { ProtocolError } from '../errors.ts';
import { MAX_REQUESTS_IN_HAND } from '../limits.ts';
import type { RefusedHead } from '../protocol/decode.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { Draft, Message } from '../protocol/message.ts';

/** A request of theirs. It is in hand until it is `replied`. */
export interface TheirRequest {
  readonly event: 'request';
  readonly message: Message;
  /** A space stood before its newline. */
  readonly trailingSpace: boolean;
  /** Not the first on its connection, or on one that we have opened. */
  readonly again: boolean;
}

/** In a session: a line that is no message we know. It is in hand as a request is. */
export interface UnknownRequest {
  readonly event: 'unknown';
  readonly head: RefusedHead;
  readonly error: ProtocolError;
}

type InHand = TheirRequest | UnknownRequest;

/** What there is to say to a request once its turn has come. */
export interface Prepared {
  readonly dialect: Dialect;
  /** The reply where it is known already; otherwise it is made in its turn. */
  readonly draft?: Draft | undefined;
  readonly make?: () => Draft | undefined | Promise<Draft | undefined>;
  /** For DATA: writes the raw bytes behind it. */
  readonly body?: () => Promise<void>;
  /** For DL: how many chunks the file has. */
  readonly chunks?: number | undefined;
}

interface Entry {
  readonly request: InHand;
  reply: Prepared | undefined;
  state: 'preparing' | 'prepared' | 'sending';
}

/**
 * The requests of the other side that are being answered, in the order in which they came. They are prepared at the same time
 * and answered in their order.
 */
export class RequestsInHand {
  readonly #entries: Entry[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get oldest(): InHand | undefined {
    return this.#entries[0]?.request;
  }

  /** No more is to be taken on before one of these is answered. */
  isFull(isPipelined: boolean): boolean {
    return this.#entries.length >= (isPipelined ? MAX_REQUESTS_IN_HAND : 1);
  }

  add<T extends InHand>(request: T): T {
    this.#entries.push({ request, reply: undefined, state: 'preparing' });
    return request;
  }

  prepared(request: InHand, reply: Prepared): void {
    const entry = this.#entries.find((each) => each.request === request);
    if (entry?.state !== 'preparing') return;
    entry.reply = reply;
    entry.state = 'prepared';
  }

  /** The oldest, once its reply is prepared; each comes once. */
  takeDue(): { readonly request: InHand; readonly reply: Prepared } | undefined {
    const [oldest] = this.#entries;
    if (oldest?.state !== 'prepared' || oldest.reply === undefined) return undefined;
    oldest.state = 'sending';
    return { request: oldest.request, reply: oldest.reply };
  }

  shift(): void {
    this.#entries.shift();
  }
}
