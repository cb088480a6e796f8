import { ConnectionError } from '../errors.ts';
import { CALLBACK_TIMEOUT_MS, CLOSE_LOOK_MS, TRIAL_TIMEOUT_MS } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import {
  REPLY_TYPE,
  type DlDraft,
  type Draft,
  type Message,
  type RequestDraft,
} from '../protocol/message.ts';
import { base64Token } from '../protocol/names.ts';
import type { Callbacks } from './callbacks.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Dialects } from './dialects.ts';
import type { Links } from './links.ts';
import type { Greetings } from './greetings.ts';
import { isAnswer, replyTimeout } from './chunk-stream.ts';
import { Slots } from './slots.ts';
import type { RequestOptions, Wire } from './wire.ts';

export interface OutboundOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly links: Links;
  readonly greetings: Greetings;
  /** Takes the replies that come on connections of their own. */
  readonly callbacks: Callbacks;
}

/**
 * Our requests and how they reach a neighbour: in a session, over the connection that is open already, over a new one,
 * or with the reply on a connection that the neighbour opens. What it does decides its dialect (section 7, "As client").
 *
 * A connection that the other side leaves open is tried with the next request: answered, it serves both directions from
 * then on; not answered, its program only forgets to close, and none is kept again.
 */
export class Outbound {
  readonly #wire: Wire;
  readonly #dialects: Dialects;
  readonly #links: Links;
  readonly #greetings: Greetings;
  readonly #callbacks: Callbacks;
  readonly #chunkSlots = new Slots<Address>();

  constructor({ wire, dialects, links, greetings, callbacks }: OutboundOptions) {
    this.#callbacks = callbacks;
    this.#wire = wire;
    this.#greetings = greetings;
    this.#dialects = dialects;
    this.#links = links;
  }

  /**
   * One request, one reply.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  request(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    return this.#greetings.whileBusy(to, async () => {
      await this.#greetings.openSession(to, options);
      // Only a session knows it; elsewhere it could end the program that reads it.
      if (draft.type === 'DIGEST' && this.#links.session(to) === undefined)
        throw new ConnectionError('no-reply');
      return draft.type === 'DL' ? this.#askChunk(to, draft, options) : this.#ask(to, draft, options);
    });
  }

  /**
   * BYE, and the end of the connection that was kept; waits for that, CLOSE_TIMEOUT_MS at the most.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    const kept = this.#links.kept(to);
    // Behind requests that were given up it would wait for all their answers.
    if (kept?.isAsking === true) kept.connection.reset();
    const isFree = kept !== undefined && !kept.isAsking;
    const channel = isFree ? kept : await this.#links.dial(to, signal);
    this.#send(channel, to, { type: 'BYE' });
    this.#links.drop(to, channel);
    channel.connection.finish();
    // Until the other side has closed: a socket destroyed with its answers unread would take the BYE back.
    const givenUp = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    await Promise.race([channel.connection.closed, givenUp]);
  }

  /**
   * Sends a reply on a connection of its own, as some programs want it.
   * @throws ConnectionError nobody listens there
   */
  async callBack(to: Address, reply: (connection: Connection) => Promise<void>): Promise<void> {
    const { connection } = await this.#links.dial(to);
    try {
      await reply(connection);
    } finally {
      connection.finish();
    }
  }

  async #ask(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const overKept = await this.#tryKept(to, draft, options);
    if (overKept !== undefined) return overKept;
    // Its session has ended; only in a session it is known.
    if (draft.type === 'DIGEST') throw new ConnectionError('no-reply');
    try {
      return await this.#askInTurn(to, draft, options);
    } catch (error) {
      // Some programs lose a connection now and then. A chunk has other tries.
      const isLost = error instanceof ConnectionError && ['reset', 'no-reply'].includes(error.code);
      if (draft.type === 'DL' || !isLost) throw error;
      return this.#askAnew(to, draft, options);
    }
  }

  /** A chunk, by the name that its source understands: some want it in base64 and are silent otherwise. */
  async #askChunk(to: Address, draft: DlDraft, options: RequestOptions): Promise<Message> {
    const names = this.#dialects.names(to);
    // One of ours knows the tokens that it lists: its silence means something else.
    if (names === 'token' || this.#dialects.get(to)?.isSession === true) return this.#ask(to, draft, options);
    const inBase64 = { ...draft, token: base64Token(draft.token) };
    if (names === 'base64') return this.#ask(to, inBase64, options);
    try {
      const reply = await this.#ask(to, draft, options);
      this.#dialects.learnNames(to, 'token');
      return reply;
    } catch (error) {
      const isSilence =
        error instanceof ConnectionError && ['no-reply', 'reply-timeout'].includes(error.code);
      if (!isSilence || this.#dialects.names(to) !== undefined) throw error;
      const reply = await this.#ask(to, inBase64, options);
      this.#dialects.learnNames(to, 'base64');
      return reply;
    }
  }

  /** The reply over the kept connection, undefined where there is none or it is of no use (any more). */
  async #tryKept(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message | undefined> {
    const channel = this.#links.kept(to);
    if (channel === undefined) return undefined;
    const isTrial = this.#dialects.get(to)?.staysOpen !== true;
    try {
      return await this.#askOn(channel, to, draft, options, isTrial ? TRIAL_TIMEOUT_MS : undefined);
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.code === 'aborted') throw error;
      // A program that keeps its connections and is silent would be so on a new one; a chunk has other tries.
      if (!isTrial && (error.code === 'reply-timeout' || draft.type === 'DL')) throw error;
      this.#links.drop(to, channel);
      if (isTrial && error.code === 'reply-timeout') {
        this.#dialects.learn(to, { dialect: DEFAULT_DIALECT, evidence: 'silent-after-first-reply' });
      }
      return undefined;
    }
  }

  /** Chunks over connections of their own: no more at once than such a program can take, however many are wanted. */
  #askInTurn(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const work = () => this.#askAnew(to, draft, options);
    if (draft.type !== 'DL') return work();
    const most = () => {
      const known = this.#dialects.get(to) ?? DEFAULT_DIALECT;
      return known.isSession ? DEFAULT_DIALECT.requestsAtOnce : known.requestsAtOnce;
    };
    return this.#chunkSlots.within(to, most, work);
  }

  async #askAnew(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const channel = await this.#links.dial(to, options.signal);
    const callback = this.#mayCallBack(to, draft)
      ? this.#callbacks.await(to, draft, (message) => isAnswer(message, draft), options.chunks)
      : undefined;
    try {
      const direct = this.#askOn(channel, to, draft, options);
      const reply = callback === undefined ? await direct : await withCallback(direct, callback.reply);
      // A program of which nothing is known shows by closing, or not, how to go on with it.
      if (this.#dialects.get(to) === undefined) await channel.connection.closedWithin(CLOSE_LOOK_MS);
      return reply;
    } finally {
      callback?.cancel();
      this.#links.keepOrClose(to, channel);
    }
  }

  /** A list may always come back: another program may have come to that address. A chunk has other tries. */
  #mayCallBack(to: Address, draft: RequestDraft): boolean {
    const known = this.#dialects.get(to);
    return draft.type !== 'DL' || known === undefined || known.replies === 'on-new-connection';
  }

  #askOn(
    channel: Channel,
    to: Address,
    draft: RequestDraft,
    { signal, chunks }: RequestOptions,
    timeoutMs = replyTimeout(draft),
  ): Promise<Message> {
    const send = () => this.#send(channel, to, draft, chunks);
    const accepts = (message: Message) => isAnswer(message, draft);
    return channel.ask({ send, type: REPLY_TYPE[draft.type], accepts, timeoutMs, signal, chunks });
  }

  #send({ connection }: Channel, to: Address, draft: Draft, chunks?: number): void {
    // All programs understand a request in a line.
    this.#wire.send(connection, to, draft, DEFAULT_DIALECT, { reply: false, chunks });
  }
}

/** The reply, on this connection or another: a close without a word is how some programs say that they call back. */
async function withCallback(direct: Promise<Message>, callback: Promise<Message>): Promise<Message> {
  try {
    return await Promise.race([direct, callback]);
  } catch (error) {
    const isSilence = error instanceof ConnectionError && ['no-reply', 'reset'].includes(error.code);
    if (!isSilence) throw error;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>(
      (_, reject) => (timer = setTimeout(() => reject(error), CALLBACK_TIMEOUT_MS)),
    );
    return await Promise.race([callback, patience]).finally(() => clearTimeout(timer));
  } finally {
    // Where the other one has won nobody looks at this any more.
    direct.catch(() => undefined);
  }
}
