import { ConnectionError, ProtocolError } from '../errors.ts';
import { IDLE_TIMEOUT_MS, MAX_REPLY_BYTES, MAX_REQUEST_BYTES } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { decode } from '../protocol/decode.ts';
import { evidenceOf, type ReplyEvidence } from '../protocol/dialect.ts';
import { entriesToCome, joinLines } from '../protocol/list-lines.ts';
import { REPLIES, type Message } from '../protocol/message.ts';
import type { ChannelOwner } from './channel-owner.ts';
import type { Connection } from './connection.ts';
import { InHand } from './in-hand.ts';
import { readLines } from './read-lines.ts';
import { Questions, type Pending, type Question } from './questions.ts';

/**
 * One connection in use, by whichever side opened it: a pump that takes its messages one by one, hands each reply to
 * the question that waits for it and everything else to the owner. One question at a time, the next one waits; in a
 * session many, answered in their order. Ends when the connection does; whoever waits then learns why.
 */
export class Channel {
  readonly connection: Connection;
  /** Listening address of the program at the other end, once it is known. */
  neighbour: Address | undefined;
  /** Whether we opened it. */
  readonly isOurs: boolean;
  /** Kept without limit while silent. */
  isPersistent = false;
  /** Questions need not wait for each other. */
  isSession = false;
  /** It began with a HELLO whose sender keeps it open: its requests may be many. */
  isGreeted = false;
  /** The program at the other end has said BYE: how this ends tells nothing of the next one at its address. */
  isForgotten = false;
  /** Requests received so far. */
  requests = 0;
  readonly #owner: ChannelOwner;
  readonly #questions: Questions;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #inHand: InHand;
  #lastReply: ReplyEvidence | undefined;
  /** A question has had its answer; strays do not count. */
  #hasAnswered = false;
  /** A payload that was taken for the line of a list, and is none. */
  #unread: Buffer | undefined;

  /** @param neighbour whom we have dialled; nobody for a connection that the other side opened */
  constructor(connection: Connection, owner: ChannelOwner, neighbour?: Address) {
    this.connection = connection;
    this.#owner = owner;
    this.neighbour = neighbour;
    this.isOurs = neighbour !== undefined;
    // A late answer must not be taken for that of the next question: the connection goes with it.
    this.#questions = new Questions(() => connection.destroy());
    this.#inHand = new InHand(() => connection.destroy());
  }

  /** A request is in hand. */
  get isServing(): boolean {
    return !this.#inHand.isEmpty;
  }

  /** Answers of theirs are still to come. */
  get isAsking(): boolean {
    return !this.#questions.isEmpty;
  }

  /**
   * Sends a request and waits for its reply. Where none comes the connection is of no more use.
   * @throws ConnectionError `reply-timeout`, `no-reply`, `reset`, `aborted`
   * @throws ProtocolError what came is no such reply
   */
  async ask(question: Question): Promise<Message> {
    try {
      return await this.#inTurn(() => this.#exchange(question, false));
    } catch (error) {
      const mayGoOn = this.isSession && error instanceof ConnectionError && error.code === 'aborted';
      if (error instanceof ConnectionError && !mayGoOn) this.connection.destroy();
      throw error;
    }
  }

  /**
   * Sends a message that may be answered, and waits a moment for that or for the close.
   * @throws ConnectionError `reset`, `aborted`
   * @throws ProtocolError what came is no such answer
   */
  async tell(question: Question): Promise<Message | undefined> {
    try {
      return await this.#inTurn(() => this.#exchange(question, true));
    } catch (error) {
      if (error instanceof ConnectionError && ['reply-timeout', 'no-reply'].includes(error.code))
        return undefined;
      throw error;
    }
  }

  /** As `ask`, in a session, without a promise. */
  put(question: Pending): void {
    if (this.connection.isClosing || this.connection.ended) {
      question.settle(new ConnectionError('no-reply'));
      return;
    }
    this.#widen();
    this.#questions.put(question);
  }

  /**
   * Takes messages until the connection ends.
   * @param first payload that was taken already
   * @throws ConnectionError, ProtocolError why it ended, unless the other side closed in good order
   */
  async run(first?: Buffer): Promise<void> {
    try {
      for (
        let payload = first ?? (await this.#next());
        payload !== undefined && !this.isForgotten;
        payload = this.#takeNow() ?? (await this.#next())
      ) {
        // What can be done at once is: most messages of a session come together and take no time.
        const work = this.#take(payload);
        if (work !== undefined) await work;
      }
      this.#questions.failAll(new ConnectionError('no-reply'));
      if (this.#lastReply !== undefined && this.connection.endedFirst && !this.isForgotten) {
        const terminated = !this.connection.lacksLastNewline;
        this.#owner.onClosedByThem(this, { ...this.#lastReply, closed: true, terminated });
      }
      await this.#inHand.settled();
    } catch (error) {
      const cause = this.#inHand.failure ?? (error as Error);
      this.#questions.failAll(cause);
      throw cause;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.isSession) return work();
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #exchange(question: Question, isOptional: boolean): Promise<Message> {
    if (question.signal?.aborted) throw new ConnectionError('aborted');
    if (this.connection.isClosing || this.connection.ended) throw new ConnectionError('no-reply');
    this.#widen();
    try {
      return await this.#questions.ask(question, isOptional);
    } finally {
      // On a connection of theirs large messages come in only while we have asked for one.
      if (!this.isOurs && this.#questions.isEmpty) this.connection.limit = MAX_REQUEST_BYTES;
    }
  }

  /** Lets large messages in, on a connection of theirs; on ours they always may. */
  #widen(): void {
    if (!this.isOurs) this.connection.limit = MAX_REPLY_BYTES;
  }

  #takeNow(): Buffer | undefined {
    return this.#unread === undefined ? this.connection.take() : undefined;
  }

  async #next(): Promise<Buffer | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) return unread;
    for (;;) {
      try {
        return await this.connection.next(IDLE_TIMEOUT_MS);
      } catch (error) {
        const isIdle = error instanceof ConnectionError && error.code === 'reply-timeout';
        if (!isIdle) throw error;
        if (this.connection.isClosing) return undefined;
        // A question has a deadline of its own.
        if (!this.isPersistent && this.#questions.isEmpty) return undefined;
      }
    }
  }

  #take(payload: Buffer): Promise<void> | undefined {
    const { oldest } = this.#questions;
    if (oldest === undefined) return this.#takeRequest(payload);
    if (oldest.type !== 'FILE' && this.connection.framing === 'text' && entriesToCome(payload) > 0) {
      return this.#takeList(payload, oldest);
    }
    return this.#takeMessage(payload, oldest, 1);
  }

  async #takeList(first: Buffer, oldest: Question): Promise<void> {
    const { lines, next } = await readLines(this.connection, first);
    this.#unread = next;
    await this.#takeMessage(joinLines(lines), oldest, lines.length);
  }

  #takeRequest(payload: Buffer): Promise<void> | undefined {
    let message: Message;
    try {
      message = decode(payload);
    } catch (error) {
      // Its lines are told apart all the same: a session goes on.
      if (!(error instanceof ProtocolError) || !this.isGreeted) throw error;
      const refuse = () => this.#owner.onUnknown(payload, this, error);
      return this.isServing ? this.#inHand.settled().then(refuse) : refuse();
    }
    return this.#serve(message, payload);
  }

  #takeMessage(payload: Buffer, oldest: Question, lines: number): Promise<void> | undefined {
    const message = decode(payload);
    const isAnswer = message.type === oldest.type || message.type === 'ERROR';
    if (!isAnswer && !REPLIES.has(message.type)) return this.#serve(message, payload);
    if (!isAnswer) throw new ProtocolError('unexpected-type', message.type);
    // A session has shown what it is; there is nothing more to learn from its answers.
    const seen = this.isSession ? undefined : this.#evidence(message, lines);
    this.#answer(message, seen, oldest);
    return undefined;
  }

  #evidence(message: Message, lines: number): ReplyEvidence {
    const { framing } = this.connection;
    this.#lastReply = evidenceOf(message, { framing, lines, again: this.#hasAnswered });
    return this.#lastReply;
  }

  #answer(message: Message, seen: ReplyEvidence | undefined, question: Question): void {
    try {
      this.#owner.onReply(message, this, seen, question.chunks);
      if (message.type === 'ERROR') {
        throw new ProtocolError(message.code === 'busy' ? 'remote-busy' : 'refused-by-remote', message.code);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#questions.settleOldest(error);
    }
    if (question.accepts?.(message) === false) return this.#questions.stray(new ProtocolError('wrong-chunk'));
    this.#hasAnswered = true;
    this.#questions.settleOldest(message);
  }

  /**
   * Hands a message to the owner. While a question of ours is open or a session is on, its answer is not waited for, up
   * to a bound: while both sides serve, both must go on reading.
   */
  #serve(message: Message, payload: Buffer): Promise<void> | undefined {
    const work = this.#owner.onMessage(message, this, payload, this.#inHand.turn);
    if (work === undefined) return undefined;
    this.#inHand.add(work);
    const mayGoOn = !this.#questions.isEmpty || this.isGreeted;
    return mayGoOn && !this.#inHand.isFull ? undefined : this.#inHand.settled();
  }
}
