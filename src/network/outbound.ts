import { ConnectionError, ProtocolError } from '../errors.ts';
import {
  CALLBACK_TIMEOUT_MS,
  CHUNKS_WORTH_A_SESSION,
  CLOSE_LOOK_MS,
  HELLO_ANSWER_MS,
  PROBE_TIMEOUT_MS,
  REPLY_TIMEOUT_MS,
  SLOWEST_BYTES_PER_MS,
  TRIAL_TIMEOUT_MS,
} from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { LINE } from '../protocol/dialect.ts';
import {
  REPLY_TYPE,
  SESSION,
  type DlDraft,
  type Draft,
  type Message,
  type RequestDraft,
} from '../protocol/message.ts';
import { base64Token, isSameName } from '../protocol/names.ts';
import { Callbacks } from './callbacks.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Dialects } from './dialects.ts';
import type { Links } from './links.ts';
import type { Wire } from './wire.ts';

export interface OutboundOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly links: Links;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks the download has. */
  readonly chunks?: number | undefined;
}

/**
 * Our requests and how they reach a neighbour: in a session, over the connection that is open already, over a new one,
 * or with the reply on a connection that the neighbour opens. What it does decides its dialect (section 7, "As client").
 *
 * A connection that the other side leaves open is tried with the next request: answered, it serves both directions from
 * then on; not answered, its program only forgets to close, and none is kept again.
 */
export class Outbound {
  /** Replies that may come on connections of their own. */
  readonly callbacks = new Callbacks();
  readonly #wire: Wire;
  readonly #dialects: Dialects;
  readonly #links: Links;
  readonly #sessions = new Map<Address, Promise<void>>();
  readonly #probes = new Map<Address, Promise<void>>();
  /** Per address the last of our messages that wait for something there. */
  readonly #busy = new Map<Address, Promise<unknown>>();

  constructor({ wire, dialects, links }: OutboundOptions) {
    this.#wire = wire;
    this.#dialects = dialects;
    this.#links = links;
  }

  /**
   * One request, one reply.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  request(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    return this.#whileBusy(to, async () => {
      await this.#openSession(to, options);
      return draft.type === 'DL' ? this.#askChunk(to, draft, options) : this.#ask(to, draft, options);
    });
  }

  /**
   * Gets ready for a download of so many chunks: sees to a session where there may be one.
   * @throws ConnectionError the neighbour cannot be reached
   */
  prepare(to: Address, options: RequestOptions): Promise<void> {
    return this.#whileBusy(to, () => this.#openSession(to, options));
  }

  /**
   * HELLO, over a connection that stays open where the other side lets it.
   * @throws ConnectionError the neighbour cannot be reached
   * @throws ProtocolError its answer is none
   */
  hello(to: Address, signal?: AbortSignal): Promise<void> {
    return this.#whileBusy(to, async () => {
      const channel = this.#links.kept(to) ?? (await this.#links.dial(to, signal));
      const known = this.#dialects.get(to);
      // A program known to close, and not to answer, needs no time for either.
      const mayAnswer = known === undefined || known.isSession || known.answersHello === 'always';
      try {
        await this.#greet(channel, to, [], mayAnswer ? HELLO_ANSWER_MS : 0, signal);
      } finally {
        this.#links.keepOrClose(to, channel);
      }
    });
  }

  /**
   * BYE, and the end of the connection that was kept.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    const channel = this.#links.kept(to) ?? (await this.#links.dial(to, signal));
    this.#send(channel, to, { type: 'BYE' });
    this.#links.drop(to, channel);
    channel.connection.finish();
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

  /**
   * Finds out what a program understands that has just asked us, by a HELLO of our own, or by the reply to a request of
   * ours that is under way. Takes PROBE_TIMEOUT_MS at the most; asked again meanwhile, it is the same probe.
   */
  async probe(to: Address): Promise<void> {
    if (this.#links.kept(to) !== undefined) return;
    const deadline = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const over = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
    const found = this.#busy.get(to) ?? this.#probes.get(to) ?? this.#startProbe(to, deadline);
    await Promise.race([found, over]);
  }

  #startProbe(to: Address, deadline: AbortSignal): Promise<void> {
    const probe = this.#tryProbe(to, deadline).finally(() => this.#probes.delete(to));
    this.#probes.set(to, probe);
    return probe;
  }

  async #tryProbe(to: Address, deadline: AbortSignal): Promise<void> {
    try {
      const channel = await this.#links.dial(to, deadline);
      try {
        await this.#greet(channel, to, [SESSION], PROBE_TIMEOUT_MS, deadline);
        await channel.connection.closedWithin(CLOSE_LOOK_MS);
      } finally {
        this.#links.keepOrClose(to, channel);
      }
    } catch (error) {
      // It tells nothing then, and gets the answer of those of whom nothing is known.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }

  #whileBusy<T>(to: Address, work: () => Promise<T>): Promise<T> {
    const job = work();
    const quiet = job.then(
      () => undefined,
      () => undefined,
    );
    this.#busy.set(to, quiet);
    void quiet.then(() => {
      if (this.#busy.get(to) === quiet) this.#busy.delete(to);
    });
    return job;
  }

  async #ask(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const overKept = await this.#tryKept(to, draft, options);
    if (overKept !== undefined) return overKept;
    try {
      return await this.#askAnew(to, draft, options);
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
    if (names === 'token') return this.#ask(to, draft, options);
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
        this.#dialects.learn(to, { dialect: LINE, evidence: 'silent-after-first-reply' });
      }
      return undefined;
    }
  }

  async #askAnew(to: Address, draft: RequestDraft, options: RequestOptions): Promise<Message> {
    const channel = await this.#links.dial(to, options.signal);
    const callback = this.#mayCallBack(to, draft)
      ? this.callbacks.await(to, draft, answerTo(draft), options.chunks)
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

  /**
   * Sees to a session with a neighbour known to have it, and tries one, once, for a download that is worth it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async #openSession(to: Address, { signal, chunks = 0 }: RequestOptions): Promise<void> {
    const opening = this.#sessions.get(to);
    if (opening !== undefined) return opening;
    const kept = this.#links.kept(to);
    if (kept?.isSession === true) return;
    const known = this.#dialects.get(to);
    const isKnown = known?.isSession === true;
    // One that closes behind a reply may be of ours all the same: that is how we answer one-shot requests.
    const mayBe = known === undefined || known === LINE;
    if (!isKnown && !(mayBe && chunks > CHUNKS_WORTH_A_SESSION && this.#dialects.tryingSession(to))) return;
    const attempt = this.#trySession(to, kept, signal).finally(() => this.#sessions.delete(to));
    this.#sessions.set(to, attempt);
    return attempt;
  }

  async #trySession(to: Address, kept: Channel | undefined, signal: AbortSignal | undefined): Promise<void> {
    const channel = kept ?? (await this.#links.dial(to, signal));
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
    this.#links.keepOrClose(to, channel);
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
    { signal, chunks }: RequestOptions,
    timeoutMs = REPLY_TIMEOUT_MS + ('size' in draft ? draft.size / SLOWEST_BYTES_PER_MS : 0),
  ): Promise<Message> {
    const send = () => this.#send(channel, to, draft, chunks);
    return channel.ask({
      send,
      type: REPLY_TYPE[draft.type],
      accepts: answerTo(draft),
      timeoutMs,
      signal,
      chunks,
    });
  }

  #send({ connection }: Channel, to: Address, draft: Draft, chunks?: number): void {
    // All programs understand a request in a line.
    this.#wire.send(connection, to, draft, LINE, { reply: false, chunks });
  }
}

/** Tells the FILE that was asked for, or the whole file in its place, from that of another request (section 7). */
function answerTo(draft: RequestDraft): (message: Message) => boolean {
  if (draft.type !== 'DL') return () => true;
  const { token, index } = draft;
  return (message) => {
    if (message.type !== 'FILE' || !isSameName(message.token, token)) return false;
    return message.index === index || (message.index === 0 && message.size === 0);
  };
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
