import type { Connection } from './connection.ts';
import { ConnectionError, ProtocolError } from './errors.ts';
import { IDLE_TIMEOUT_MS, LIST_LINE_GAP_MS, MAX_REQUESTS_IN_HAND } from './limits.ts';
import type { Address } from './protocol/address.ts';
import { decode } from './protocol/decode.ts';
import { entriesToCome, joinLines } from './protocol/list-lines.ts';
import type { ReplyEvidence } from './protocol/dialect.ts';
import { REPLIES, SESSION, type Message, type MessageType } from './protocol/message.ts';

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
  /** The other side has closed in good order, after so many replies. */
  onEnd(channel: Channel, seen: ReplyEvidence | undefined): void;
}

/** A message of ours and the answer that it waits for. */
export interface Question {
  /** Writes it, in its turn. */
  readonly send: () => void;
  /** Type of the answer. */
  readonly type: MessageType;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks its file has. */
  readonly chunks?: number | undefined;
}

interface Pending {
  readonly type: MessageType;
  readonly chunks: number | undefined;
  /** Does nothing the second time: whoever gave up does not hear of the late reply. */
  readonly settle: (outcome: Message | Error) => void;
}

/**
 * One connection in use, by whichever side opened it: a pump that takes its messages one by one, hands each reply to
 * the request that waits for it and everything else to the owner. One question at a time, the next one waits; in a
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
  readonly #pending: Pending[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  /** Resolves when all that was received so far is answered. */
  #served: Promise<void> = Promise.resolve();
  #inHand = 0;
  #failure: Error | undefined;
  #lastReply: ReplyEvidence | undefined;
  #replies = 0;

  /** @param neighbour whom we have dialled; nobody for a connection that the other side opened */
  constructor(connection: Connection, owner: ChannelOwner, neighbour?: Address) {
    this.connection = connection;
    this.#owner = owner;
    this.neighbour = neighbour;
    this.isOurs = neighbour !== undefined;
  }

  /** Replies received so far. */
  get replies(): number {
    return this.#replies;
  }

  /**
   * Sends a request and waits for the reply of that type. Where none comes the connection is of no more use: a late
   * reply must not be taken for that of the next request.
   * @throws ConnectionError `reply-timeout`, `no-reply`, `reset`, `aborted`
   * @throws ProtocolError what came is no such reply
   */
  async ask(question: Question): Promise<Message> {
    try {
      return await this.#inTurn(() => this.#exchange(question, false));
    } catch (error) {
      const isOver = error instanceof ConnectionError && (!this.isSession || error.code !== 'aborted');
      if (isOver) this.connection.destroy();
      throw error;
    }
  }

  /**
   * Sends a message that may be answered, and waits a moment for an answer of that type or for the close.
   * @throws ConnectionError `reset`, `aborted`
   */
  async tell(question: Question): Promise<Message | undefined> {
    try {
      return await this.#inTurn(() => this.#exchange(question, true));
    } catch (error) {
      const isSilence =
        error instanceof ConnectionError && (error.code === 'reply-timeout' || error.code === 'no-reply');
      if (!isSilence) throw error;
      return undefined;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.isSession) return work();
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #exchange({ send, type, timeoutMs, signal, chunks }: Question, mayStaySilent: boolean): Promise<Message> {
    if (signal?.aborted) return Promise.reject(new ConnectionError('aborted'));
    if (this.connection.isClosing || this.connection.ended)
      return Promise.reject(new ConnectionError('no-reply'));
    return new Promise((resolve, reject) => {
      const settle = (outcome: Message | Error) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const pending: Pending = { type, chunks, settle };
      const onAbort = () => settle(new ConnectionError('aborted'));
      const timer = setTimeout(() => {
        if (mayStaySilent) this.#forget(pending);
        settle(new ConnectionError('reply-timeout'));
      }, timeoutMs);
      signal?.addEventListener('abort', onAbort);
      this.#pending.push(pending);
      send();
    });
  }

  #forget(pending: Pending): void {
    const at = this.#pending.indexOf(pending);
    if (at !== -1) this.#pending.splice(at, 1);
  }

  #failAll(error: Error): void {
    for (const { settle } of this.#pending.splice(0)) settle(error);
  }

  /**
   * Takes messages until the connection ends.
   * @param first payload that was taken already
   * @throws ConnectionError, ProtocolError why it ended, unless the other side closed in good order
   */
  async run(first?: Buffer): Promise<void> {
    try {
      let payload = first ?? (await this.#next());
      for (; payload !== undefined; payload = await this.#next()) await this.#take(payload);
      this.#failAll(new ConnectionError('no-reply'));
      this.#owner.onEnd(this, this.#lastReply && { ...this.#lastReply, ...this.#ending });
      await this.#served;
    } catch (error) {
      const cause = this.#failure ?? (error as Error);
      this.#failAll(cause);
      throw cause;
    }
  }

  get #ending(): Partial<ReplyEvidence> {
    return { closed: true, terminated: !this.connection.lacksLastNewline };
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      try {
        return await this.connection.next(IDLE_TIMEOUT_MS);
      } catch (error) {
        const isIdle = error instanceof ConnectionError && error.code === 'reply-timeout';
        if (!isIdle) throw error;
        if (this.connection.isClosing) return undefined;
        // A question has a deadline of its own.
        if (!this.isPersistent && this.#pending.length === 0) return undefined;
      }
    }
  }

  async #take(payload: Buffer): Promise<void> {
    const [pending] = this.#pending;
    if (pending === undefined) return this.#serve(decode(payload), payload);
    const lines = pending.type === 'FILE' ? [payload] : await this.#lines(payload);
    const message = decode(joinLines(lines));
    if (message.type !== pending.type && message.type !== 'ERROR') {
      if (REPLIES.has(message.type)) throw new ProtocolError('unexpected-type', message.type);
      return this.#serve(message, payload);
    }
    this.#pending.shift();
    const seen = this.#evidence(message, lines.length);
    this.#lastReply = seen;
    this.#replies += 1;
    try {
      this.#owner.onReply(message, this, seen, pending.chunks);
      if (message.type === 'ERROR') throw new ProtocolError('refused-by-remote', message.code);
      pending.settle(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      pending.settle(error);
    }
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
    const mayGoOn = this.#pending.length > 0 || this.isGreeted;
    if (!mayGoOn || this.#inHand >= MAX_REQUESTS_IN_HAND) await this.#served;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The lines of one list, where it has more than one. */
  async #lines(first: Buffer): Promise<Buffer[]> {
    const lines = [first];
    if (this.connection.framing !== 'text') return lines;
    try {
      for (let missing = entriesToCome(first); missing > 0; missing--) {
        const line = await this.connection.next(LIST_LINE_GAP_MS);
        if (line === undefined) break;
        lines.push(line);
      }
    } catch (error) {
      // Its count was wrong: there is no more to come.
      if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
    }
    return lines;
  }

  #evidence(message: Message, lines: number): ReplyEvidence {
    const entries =
      message.type === 'LS_LIST'
        ? message.files.length
        : message.type === 'PEER_LIST'
          ? message.peers.length
          : 0;
    return {
      framing: this.connection.framing,
      terminated: true,
      closed: false,
      cameBack: false,
      again: this.#replies > 0,
      manyLines: lines > 1,
      manyOnOneLine: lines === 1 && entries > 1,
      isReturnHello: message.type === 'RETURN_HELLO',
      offersSession: message.type === 'RETURN_HELLO' && message.capabilities.includes(SESSION),
    };
  }
}
