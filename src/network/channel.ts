import { ConnectionError, ProtocolError } from '../errors.ts';
import {
  IDLE_TIMEOUT_MS,
  LIST_LINE_GAP_MS,
  MAX_LISTED_FILES,
  MAX_REPLY_BYTES,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS_IN_HAND,
} from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { decode } from '../protocol/decode.ts';
import { evidenceOf, type ReplyEvidence } from '../protocol/dialect.ts';
import { entriesToCome, joinLines, looksLikeMessage } from '../protocol/list-lines.ts';
import { REPLIES, type Message } from '../protocol/message.ts';
import type { Connection } from './connection.ts';
import { Questions, type Question } from './questions.ts';

/** Who works on a channel's messages. */
export interface ChannelOwner {
  /**
   * Takes a reply that `ask` waits for, before `ask` gets it: clock, report, neighbour.
   * @throws ProtocolError where it is not acceptable; `ask` fails with it
   */
  onReply(message: Message, channel: Channel, seen: ReplyEvidence, chunks: number | undefined): void;
  /**
   * Takes everything else: requests, and replies that nobody waits for here.
   * @param turn resolves when all answers before are sent; the answer to this must not be sent earlier
   */
  onMessage(message: Message, channel: Channel, payload: Buffer, turn: Promise<void>): Promise<void>;
  /** The other side has closed, of its own accord and in good order, behind that reply. */
  onClosedByThem(channel: Channel, lastReply: ReplyEvidence): void;
}

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
  /** Resolves when all that was received so far is answered. */
  #served: Promise<void> = Promise.resolve();
  #inHand = 0;
  #failure: Error | undefined;
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
  }

  /** A request is in hand. */
  get isServing(): boolean {
    return this.#inHand > 0;
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

  /**
   * Takes messages until the connection ends.
   * @param first payload that was taken already
   * @throws ConnectionError, ProtocolError why it ended, unless the other side closed in good order
   */
  async run(first?: Buffer): Promise<void> {
    try {
      for (let payload = first ?? (await this.#next()); payload !== undefined; payload = await this.#next()) {
        await this.#take(payload);
      }
      this.#questions.failAll(new ConnectionError('no-reply'));
      if (this.#lastReply !== undefined && this.connection.endedFirst && !this.isForgotten) {
        const terminated = !this.connection.lacksLastNewline;
        this.#owner.onClosedByThem(this, { ...this.#lastReply, closed: true, terminated });
      }
      await this.#served;
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      const cause = this.#failure ?? (error as Error);
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
    if (this.isOurs) return this.#questions.ask(question, isOptional);
    // On a connection of theirs large messages come in only while we have asked for one.
    this.connection.limit = MAX_REPLY_BYTES;
    try {
      return await this.#questions.ask(question, isOptional);
    } finally {
      if (this.#questions.isEmpty) this.connection.limit = MAX_REQUEST_BYTES;
    }
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

  async #take(payload: Buffer): Promise<void> {
    const { oldest } = this.#questions;
    if (oldest === undefined) return this.#serve(decode(payload), payload);
    const lines = oldest.type === 'FILE' ? [payload] : await this.#lines(payload);
    const message = decode(joinLines(lines));
    const isAnswer = message.type === oldest.type || message.type === 'ERROR';
    if (!isAnswer && !REPLIES.has(message.type)) return this.#serve(message, payload);
    if (!isAnswer) throw new ProtocolError('unexpected-type', message.type);
    const seen = evidenceOf(message, {
      framing: this.connection.framing,
      lines: lines.length,
      again: this.#hasAnswered,
    });
    this.#lastReply = seen;
    this.#answer(message, seen, oldest);
  }

  #answer(message: Message, seen: ReplyEvidence, { accepts, chunks }: Question): void {
    try {
      this.#owner.onReply(message, this, seen, chunks);
      if (message.type === 'ERROR') throw new ProtocolError('refused-by-remote', message.code);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#questions.settleOldest(error);
    }
    if (accepts?.(message) === false) return this.#questions.stray(new ProtocolError('wrong-chunk'));
    this.#hasAnswered = true;
    this.#questions.settleOldest(message);
  }

  /**
   * Hands a message to the owner. While a question of ours is open or a session is on, its answer is not waited for, up
   * to a bound: while both sides serve, both must go on reading.
   */
  async #serve(message: Message, payload: Buffer): Promise<void> {
    this.#inHand += 1;
    const served = this.#owner
      .onMessage(message, this, payload, this.#served)
      .finally(() => (this.#inHand -= 1));
    this.#served = served.catch((error: unknown) => {
      this.#failure ??= error as Error;
      this.connection.destroy();
    });
    const mayGoOn = !this.#questions.isEmpty || this.isGreeted;
    if (!mayGoOn || this.#inHand >= MAX_REQUESTS_IN_HAND) await this.#served;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * The lines of one list, where it has more than one. Its count may be wrong: silence and the next message end it too.
   * @throws ProtocolError `line-too-long`
   */
  async #lines(first: Buffer): Promise<Buffer[]> {
    const lines = [first];
    if (this.connection.framing !== 'text') return lines;
    let bytes = first.length;
    try {
      for (let due = Math.min(entriesToCome(first), MAX_LISTED_FILES); due > 0; due--) {
        const line = await this.connection.next(LIST_LINE_GAP_MS);
        if (line === undefined) break;
        if (looksLikeMessage(line)) {
          this.#unread = line;
          break;
        }
        bytes += line.length;
        if (bytes > MAX_REPLY_BYTES) throw new ProtocolError('line-too-long', 'a list of many lines');
        lines.push(line);
      }
    } catch (error) {
      if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
    }
    return lines;
  }
}
