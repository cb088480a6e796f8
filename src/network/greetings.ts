import { ConnectionError, ProtocolError } from '../errors.ts';
import {
  CHUNKS_WORTH_A_SESSION,
  CLOSE_LOOK_MS,
  HELLO_ANSWER_MS,
  PROBE_TIMEOUT_MS,
  TRIAL_TIMEOUT_MS,
} from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import { SESSION, type Message } from '../protocol/message.ts';
import type { Channel } from './channel.ts';
import type { Dialects } from './dialects.ts';
import type { Links } from './links.ts';
import type { RequestOptions, Wire } from './wire.ts';

export interface GreetingsOptions {
  readonly wire: Wire;
  readonly dialects: Dialects;
  readonly links: Links;
}

/**
 * The three uses of HELLO: the one of the menu, the one that opens a session (section 6), and the one that finds out what
 * a program understands that has just asked us (section 7, "As server").
 */
export class Greetings {
  readonly #wire: Wire;
  readonly #dialects: Dialects;
  readonly #links: Links;
  readonly #sessions = new Map<Address, Promise<void>>();
  readonly #probes = new Map<Address, Promise<void>>();
  /** Per address the last of our messages that wait for something there. */
  readonly #busy = new Map<Address, Promise<unknown>>();

  constructor({ wire, dialects, links }: GreetingsOptions) {
    this.#wire = wire;
    this.#dialects = dialects;
    this.#links = links;
  }

  /**
   * HELLO, over a connection that stays open where the other side lets it.
   * @throws ConnectionError the neighbour cannot be reached
   * @throws ProtocolError its answer is none
   */
  hello(to: Address, signal?: AbortSignal): Promise<void> {
    return this.whileBusy(to, async () => {
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
   * Gets ready for a download of so many chunks: sees to a session where there may be one.
   * @throws ConnectionError the neighbour cannot be reached
   */
  prepare(to: Address, options: RequestOptions): Promise<void> {
    return this.whileBusy(to, () => this.openSession(to, options));
  }

  /**
   * Sees to a session with a neighbour known to have it, and tries one, once, for a download that is worth it.
   * @throws ConnectionError the neighbour cannot be reached
   */
  async openSession(to: Address, { signal, chunks = 0 }: RequestOptions): Promise<void> {
    const opening = this.#sessions.get(to);
    if (opening !== undefined) return opening;
    const kept = this.#links.kept(to);
    if (kept?.isSession === true) return;
    const known = this.#dialects.get(to);
    const isKnown = known?.isSession === true;
    // One that closes behind a reply may be of ours all the same: that is how we answer one-shot requests.
    const mayBe = known === undefined || known === DEFAULT_DIALECT;
    if (!isKnown && !(mayBe && chunks > CHUNKS_WORTH_A_SESSION && this.#dialects.tryingSession(to))) return;
    const attempt = this.#trySession(to, kept, signal).finally(() => this.#sessions.delete(to));
    this.#sessions.set(to, attempt);
    return attempt;
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

  /** Remembers that something of ours is under way to an address, for `probe`. */
  whileBusy<T>(to: Address, work: () => Promise<T>): Promise<T> {
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

  async #trySession(to: Address, kept: Channel | undefined, signal: AbortSignal | undefined): Promise<void> {
    const channel = kept ?? (await this.#links.dial(to, signal));
    const reply = await this.#greet(channel, to, [SESSION], TRIAL_TIMEOUT_MS, signal).catch(
      (error: unknown) => {
        // Whatever it is that came, it is no session; the request itself will tell what is wrong.
        if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
      },
    );
    channel.isSession = reply?.type === 'RETURN_HELLO' && reply.capabilities.includes(SESSION);
    if (!channel.isSession) this.#noSession(to, channel, signal?.aborted === true);
    this.#links.keepOrClose(to, channel);
  }

  #noSession(to: Address, { connection }: Channel, isGivenUp: boolean): void {
    // An answer that we did not wait for, or half of one, would be taken for that of the next request.
    const isBegun = connection.takeUnfinished(({ length }) => length > 0) !== undefined;
    if (isBegun || isGivenUp) connection.finish();
    if (isGivenUp || this.#dialects.get(to)?.isSession !== true) return;
    this.#dialects.learn(to, { dialect: DEFAULT_DIALECT, evidence: 'no-session' });
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

  #greet(
    channel: Channel,
    to: Address,
    capabilities: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Message | undefined> {
    const send = () =>
      this.#wire.send(channel.connection, to, { type: 'HELLO', capabilities }, DEFAULT_DIALECT, {
        reply: false,
      });
    return channel.tell({ send, type: 'RETURN_HELLO', timeoutMs, signal });
  }
}
