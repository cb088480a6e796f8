import { Channel, type ChannelOwner } from './channel.ts';
import { Connection } from './connection.ts';
import type { Dialects } from './dialects.ts';
import { ConnectionError, ProtocolError } from './errors.ts';
import {
  CALLBACK_TIMEOUT_MS,
  CHUNKS_WORTH_A_SESSION,
  CLOSE_LOOK_MS,
  HELLO_ANSWER_MS,
  MAX_LIST_BYTES,
  MAX_REQUEST_BYTES,
  PROBE_TIMEOUT_MS,
  REPLY_TIMEOUT_MS,
  SLOWEST_BYTES_PER_MS,
  TRIAL_TIMEOUT_MS,
} from './limits.ts';
import type { Address } from './protocol/address.ts';
import { LINE, replyReader } from './protocol/dialect.ts';
import { base64Length } from './protocol/encode.ts';
import {
  REPLY_TYPE,
  SESSION,
  type DlDraft,
  type Draft,
  type Message,
  type MessageType,
  type RequestDraft,
} from './protocol/message.ts';
import { base64Token } from './protocol/names.ts';
import type { Wire } from './wire.ts';

/** A reply that may come on a connection of its own. */
export interface Awaited {
  readonly from: Address;
  readonly type: MessageType;
  /** For FILE: which chunk. */
  readonly index: number | undefined;
  /** Longest line that it can be. */
  readonly bytes: number;
  readonly chunks: number | undefined;
  readonly resolve: (message: Message) => void;
}

export interface OutboundOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly owner: ChannelOwner;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks the download has. */
  readonly chunks?: number | undefined;
}

/**
 * Our requests and how they reach a neighbour: over the connection that is open already, over a new one, or with the
 * reply on a connection that the neighbour opens. What it does decides its dialect; see section 7, "As client".
 *
 * A connection that the other side leaves open is kept and tried with the next request: answered, it serves both
 * directions from then on; not answered, its program only forgets to close, and none is kept again. To programs known
 * to take one request a connection none is ever kept.
 */
export class Outbound {
  readonly #wire: Wire;
  readonly #dialects: Dialects;
  readonly #owner: ChannelOwner;
  readonly #open = new Set<Channel>();
  readonly #kept = new Map<Address, Channel>();
  readonly #awaited = new Set<Awaited>();
  readonly #opening = new Map<Address, Promise<void>>();
  readonly #idleWaiters: (() => void)[] = [];
  #isClosed = false;
  /** Addresses with a request of ours under way, and how many. */
  readonly #asking = new Map<Address, number>();

  constructor({ wire, dialects, owner }: OutboundOptions) {
    this.#wire = wire;
    this.#dialects = dialects;
    this.#owner = owner;
  }

  /**
   * One request, one reply.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  async request(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    this.#asking.set(to, (this.#asking.get(to) ?? 0) + 1);
    try {
      await this.#openSession(to, options);
      return await (draft.type === 'DL' ? this.#askChunk(to, draft, options) : this.#ask(to, draft, options));
    } finally {
      const left = (this.#asking.get(to) ?? 1) - 1;
      if (left > 0) this.#asking.set(to, left);
      else {
        this.#asking.delete(to);
        for (const wake of this.#idleWaiters.splice(0)) wake();
      }
    }
  }

  async #ask(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const bytes = 'size' in draft ? draft.size : 0;
    const deadline = REPLY_TIMEOUT_MS + bytes / SLOWEST_BYTES_PER_MS;
    const overKept = await this.#tryKept(to, draft, deadline, options);
    if (overKept !== undefined) return overKept;
    try {
      return await this.#askAnew(to, draft, deadline, options);
    } catch (error) {
      // Some programs lose a connection now and then. A chunk has other tries.
      const isLost =
        error instanceof ConnectionError && (error.code === 'reset' || error.code === 'no-reply');
      if (draft.type === 'DL' || !isLost) throw error;
      return this.#askAnew(to, draft, deadline, options);
    }
  }

  /** A chunk, by the name that its source understands: some want it in base64 and are silent otherwise. */
  async #askChunk(to: Address, draft: DlDraft, options: RequestOptions): Promise<Message> {
    const inBase64 = { ...draft, token: base64Token(draft.token) };
    const names = this.#dialects.names(to);
    if (names === 'base64') return this.#ask(to, inBase64, options);
    try {
      const reply = await this.#ask(to, draft, options);
      if (names === undefined) this.#dialects.learnNames(to, 'token');
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

  /**
   * Gets ready for a download of so many chunks: sees to a session where there may be one.
   * @throws ConnectionError the neighbour cannot be reached
   */
  prepare(to: Address, options: RequestOptions): Promise<void> {
    return this.#openSession(to, options);
  }

  /**
   * HELLO, over a connection that stays open where the other side lets it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async hello(to: Address, signal?: AbortSignal): Promise<void> {
    const kept = this.#keptFor(to);
    const channel = kept ?? (await this.#dial(to, signal));
    const known = this.#dialects.get(to);
    // A program known to close, and not to answer, needs no time for either.
    const mayAnswer = known === undefined || known.isSession || known.answersHello === 'always';
    await this.#greet(channel, to, [], mayAnswer ? HELLO_ANSWER_MS : 0, signal);
    this.#keepOrClose(to, channel);
  }

  /**
   * BYE; every connection to that neighbour ends with it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    const channel = this.#keptFor(to) ?? (await this.#dial(to, signal));
    this.#send(channel, to, { type: 'BYE' });
    this.#kept.delete(to);
    channel.connection.finish();
  }

  /** The question that this reply, come on a connection of its own, answers; undefined where nobody asked. */
  takeAwaited(message: Message): Awaited | undefined {
    for (const awaited of this.#awaited) {
      const { from, type, index } = awaited;
      if (message.origin !== from || message.type !== type) continue;
      if (message.type === 'FILE' && message.index !== index) continue;
      this.#awaited.delete(awaited);
      return awaited;
    }
    return undefined;
  }

  /** Bytes of the longest reply that may come on a connection of its own; 0 where none is awaited. */
  get awaitedBytes(): number {
    let most = 0;
    for (const { bytes } of this.#awaited) most = Math.max(most, bytes);
    return most;
  }

  /** Puts a connection that the neighbour opened to the same use as one of ours. */
  adopt(neighbour: Address, channel: Channel): void {
    if (this.#keptFor(neighbour) === undefined) this.#kept.set(neighbour, channel);
  }

  /**
   * Sends a reply on a connection of its own, as some programs want it.
   * @throws ConnectionError nobody listens there
   */
  async callBack(to: Address, reply: (connection: Connection) => Promise<void>): Promise<void> {
    const channel = await this.#dial(to);
    try {
      await reply(channel.connection);
    } finally {
      channel.connection.finish();
    }
  }

  /**
   * Finds out, by a HELLO of our own, what a program understands that has just asked us. Returns within
   * PROBE_TIMEOUT_MS; nothing is asked while a request of ours to that address is under way.
   */
  async probe(to: Address): Promise<void> {
    if (this.#kept.has(to)) return;
    if (this.#asking.has(to)) {
      // The reply to our own request will tell as well.
      await this.#nothingAsked(to, PROBE_TIMEOUT_MS);
      return;
    }
    try {
      const channel = await this.#dial(to, AbortSignal.timeout(PROBE_TIMEOUT_MS));
      await this.#greet(channel, to, [SESSION], PROBE_TIMEOUT_MS);
      if (!channel.connection.ended) await channel.connection.closedWithin(CLOSE_LOOK_MS);
      this.#keepOrClose(to, channel);
    } catch (error) {
      // It tells nothing then, and gets the answer of those of whom nothing is known.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
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

  /** No connection is opened any more; those that are open are the caller's to end. */
  close(): void {
    this.#isClosed = true;
  }

  /** The connections that are open now. */
  get connections(): readonly Connection[] {
    return [...this.#open].map(({ connection }) => connection);
  }

  /** Resolves when no request of ours to that address is under way, after `timeoutMs` at the latest. */
  async #nothingAsked(to: Address, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (this.#asking.has(to) && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve);
        deadline.addEventListener('abort', () => resolve());
      });
    }
  }

  #keptFor(to: Address): Channel | undefined {
    const channel = this.#kept.get(to);
    if (channel !== undefined && (channel.connection.isClosing || channel.connection.ended)) {
      this.#kept.delete(to);
      return undefined;
    }
    return channel;
  }

  /** The reply over the kept connection, undefined where there is none or it is of no use (any more). */
  async #tryKept(
    to: Address,
    draft: RequestDraft,
    deadline: number,
    options: RequestOptions,
  ): Promise<Message | undefined> {
    const channel = this.#keptFor(to);
    if (channel === undefined) return undefined;
    const isTrial = this.#dialects.get(to)?.staysOpen !== true;
    try {
      return await this.#askOn(channel, to, draft, isTrial ? TRIAL_TIMEOUT_MS : deadline, options);
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.code === 'aborted') throw error;
      // A program that keeps its connections and is silent would be so on a new one; a chunk has other tries.
      if (!isTrial && (error.code === 'reply-timeout' || draft.type === 'DL')) throw error;
      if (this.#kept.get(to) === channel) this.#kept.delete(to);
      if (isTrial && error.code === 'reply-timeout') {
        this.#dialects.learn(to, { dialect: LINE, evidence: 'silent-after-first-reply' });
      }
      return undefined;
    }
  }

  async #askAnew(
    to: Address,
    draft: RequestDraft,
    deadline: number,
    options: RequestOptions,
  ): Promise<Message> {
    const channel = await this.#dial(to, options.signal);
    const awaited = this.#awaitCallback(to, draft, options.chunks);
    try {
      const direct = this.#askOn(channel, to, draft, deadline, options);
      const reply = await Promise.race([direct, awaited.reply]).catch((error: unknown) =>
        this.#afterClose(to, draft, error, awaited.reply),
      );
      // Lost the race to the reply that came back, or was awaited above: in either case nobody else looks at it.
      direct.catch(() => undefined);
      await this.#lookForClose(to, channel);
      return reply;
    } finally {
      awaited.cancel();
      this.#keepOrClose(to, channel);
    }
  }

  /** A close without a word is how some programs say that they will call back. */
  async #afterClose(
    to: Address,
    draft: RequestDraft,
    error: unknown,
    callback: Promise<Message>,
  ): Promise<Message> {
    const known = this.#dialects.get(to);
    // A list is worth waiting for whatever was known: another program may have come to that address.
    const mayCallBack = draft.type !== 'DL' || known === undefined || known.replies === 'on-new-connection';
    const isSilent =
      error instanceof ConnectionError && (error.code === 'no-reply' || error.code === 'reset');
    if (!mayCallBack || !isSilent) throw error;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(error), CALLBACK_TIMEOUT_MS);
    });
    return Promise.race([callback, patience]).finally(() => clearTimeout(timer));
  }

  /** A program of which nothing is known shows by closing, or not, how to go on with it. */
  async #lookForClose(to: Address, { connection }: Channel): Promise<void> {
    if (this.#dialects.get(to) === undefined) await connection.closedWithin(CLOSE_LOOK_MS);
  }

  /**
   * Sees to a session with a neighbour known to have it, and tries one, once, for a download that is worth it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async #openSession(to: Address, { signal, chunks = 0 }: RequestOptions): Promise<void> {
    const opening = this.#opening.get(to);
    if (opening !== undefined) return opening;
    const kept = this.#keptFor(to);
    if (kept?.isSession === true) return;
    const known = this.#dialects.get(to);
    const isKnown = known?.isSession === true;
    // One that closes behind a reply may be of ours all the same: that is how we answer one-shot requests.
    const mayBe = known === undefined || known === LINE;
    if (!isKnown && !(mayBe && chunks > CHUNKS_WORTH_A_SESSION && this.#dialects.tryingSession(to))) return;
    const attempt = this.#trySession(to, kept, signal).finally(() => this.#opening.delete(to));
    this.#opening.set(to, attempt);
    return attempt;
  }

  async #trySession(to: Address, kept: Channel | undefined, signal: AbortSignal | undefined): Promise<void> {
    const channel = kept ?? (await this.#dial(to, signal));
    const reply = await this.#greet(channel, to, [SESSION], TRIAL_TIMEOUT_MS, signal).catch(
      (error: unknown) => {
        // Whatever it is that came, it is no session; the request itself will tell what is wrong.
        if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
      },
    );
    channel.isSession = reply?.type === 'RETURN_HELLO' && reply.capabilities.includes(SESSION);
    if (!channel.isSession && this.#dialects.get(to)?.isSession === true) {
      this.#dialects.learn(to, { dialect: LINE, evidence: 'no-session' });
    }
    this.#keepOrClose(to, channel);
  }

  #greet(
    channel: Channel,
    to: Address,
    capabilities: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Message | undefined> {
    const send = () => this.#send(channel, to, { type: 'HELLO', capabilities });
    return channel.tell({ send, type: 'RETURN_HELLO', timeoutMs, signal });
  }

  #askOn(
    channel: Channel,
    to: Address,
    draft: RequestDraft,
    timeoutMs: number,
    { signal, chunks }: RequestOptions,
  ): Promise<Message> {
    const send = () => this.#send(channel, to, draft, chunks);
    return channel.ask({ send, type: REPLY_TYPE[draft.type], timeoutMs, signal, chunks });
  }

  #send({ connection }: Channel, to: Address, draft: Draft, chunks?: number): void {
    // All programs understand a request in a line.
    this.#wire.send(connection, to, draft, LINE, { reply: false, chunks });
  }

  #awaitCallback(
    from: Address,
    draft: RequestDraft,
    chunks: number | undefined,
  ): { reply: Promise<Message>; cancel: () => void } {
    const known = this.#dialects.get(from);
    if (draft.type === 'DL' && known !== undefined && known.replies === 'here') {
      return { reply: new Promise<never>(() => undefined), cancel: () => undefined };
    }
    let resolve: (message: Message) => void = () => undefined;
    const reply = new Promise<Message>((settle) => (resolve = settle));
    const isChunk = draft.type === 'DL';
    const awaited: Awaited = {
      from,
      type: REPLY_TYPE[draft.type],
      index: isChunk ? draft.index : undefined,
      bytes: MAX_REQUEST_BYTES + (isChunk ? base64Length(draft.size) : MAX_LIST_BYTES),
      chunks,
      resolve,
    };
    this.#awaited.add(awaited);
    return { reply, cancel: () => this.#awaited.delete(awaited) };
  }

  async #dial(to: Address, signal?: AbortSignal): Promise<Channel> {
    const connection = await Connection.dial(to, replyReader(), signal);
    if (this.#isClosed) {
      connection.destroy();
      throw new ConnectionError('aborted');
    }
    const channel = new Channel(connection, this.#owner, to);
    this.#open.add(channel);
    void connection.closed.then(() => {
      this.#open.delete(channel);
      if (this.#kept.get(to) === channel) this.#kept.delete(to);
    });
    // Whoever asks on it learns of its errors; one that is merely kept may end in any way.
    channel.run().then(
      () => connection.finish(),
      () => connection.destroy(),
    );
    return channel;
  }

  #keepOrClose(to: Address, channel: Channel): void {
    const dialect = this.#dialects.get(to);
    const { connection } = channel;
    const mayStay = dialect === undefined || dialect.staysOpen;
    if (mayStay && !connection.ended && !connection.isClosing && this.#keptFor(to) === undefined) {
      this.#kept.set(to, channel);
    }
    if (this.#kept.get(to) !== channel) connection.finish();
  }
}
