import type { ProtocolError } from '../errors.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { Draft, Message, MessageType } from '../protocol/message.ts';
import { SLOWEST_BYTES_PER_MS } from './timing.ts';

/** The reply, or why there is none. */
export type Settle = (outcome: Message | Error) => void;

/** A request of ours on one connection, from the moment that it may be sent until it is settled. */
export interface OwnRequest {
  readonly draft: Draft;
  readonly replyType: MessageType;
  /** Longest silence before the reply, and within it, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest reply in bytes. */
  readonly maxReplyBytes: number;
  /** No reply is an answer too: nobody minds if none comes. */
  readonly isOptional: boolean;
  /** For DL: how many chunks its file has. */
  readonly chunks?: number | undefined;
  /** How it is framed; in a line, as all programs but one understand it. */
  readonly framing?: Dialect | undefined;
  /** Whether a message of the right type is the reply, where others of that type may stray in. */
  accepts?(message: Message): boolean;
  /**
   * For GET: takes bytes of the block, in order, in the turn in which they come.
   * @returns what the next are to wait for
   */
  take?(bytes: Buffer): Promise<void> | undefined;
  /** Called once, in the turn in which the reply comes; of a block its last byte. */
  settle(outcome: Message | Error): void;
}

/** Settled requests that are kept before the list is copied: copying must be rare. */
const COMPACT_AFTER = 1_024;

/**
 * The requests of one connection that wait for their replies, in the order in which they were sent. Only the oldest has a
 * deadline: on a slow link the others wait for the replies before theirs, not for the neighbour. In a session they are thousands.
 */
export class AwaitedReplies {
  #requests: OwnRequest[] = [];
  /** Place of the oldest. */
  #head = 0;
  /** When the oldest became the oldest, and the longest silence that it allows; milliseconds. */
  #since = 0;
  #patience = 0;
  /** Bytes received since then. */
  #bytes = 0;
  /** What came instead of the oldest reply. */
  #stray: ProtocolError | undefined;
  #maxReplyBytes = 0;

  get oldest(): OwnRequest | undefined {
    return this.#requests[this.#head];
  }

  get isEmpty(): boolean {
    return this.#head === this.#requests.length;
  }

  /** Longest reply that may come, in bytes; 0 where none is due. */
  get maxReplyBytes(): number {
    return this.isEmpty ? 0 : this.#maxReplyBytes;
  }

  add(request: OwnRequest, now: number): void {
    if (this.isEmpty) this.#maxReplyBytes = 0;
    if (request.maxReplyBytes > this.#maxReplyBytes) this.#maxReplyBytes = request.maxReplyBytes;
    this.#requests.push(request);
    if (this.#requests.length - this.#head === 1) this.#begin(now);
  }

  /** The time until now does not count. */
  resume(now: number): void {
    if (!this.isEmpty) this.#since = now;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * When the oldest reply is overdue: after its silence, counted from the last byte, and in all while it comes at the slowest
   * rate that is worth waiting for.
   * @param heardAt when the last byte came
   */
  dueAt(heardAt: number): number {
    if (this.isEmpty) return Infinity;
    const begun = this.#since + this.#patience;
    if (heardAt <= this.#since || this.#stray !== undefined) return begun;
    return Math.min(heardAt + this.#patience, begun + this.#bytes / SLOWEST_BYTES_PER_MS);
  }

  /** Takes out the oldest, whose reply has come, or will not. */
  shift(now: number): OwnRequest | undefined {
    const oldest = this.#requests[this.#head];
    if (oldest === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#requests.length) {
      this.#requests = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AFTER && this.#head * 2 > this.#requests.length) {
      this.#requests = this.#requests.slice(this.#head);
      this.#head = 0;
    }
    this.#begin(now);
    return oldest;
  }

  /** Something else came where the oldest reply was due. It may follow, but now it is in a hurry. */
  stray(error: ProtocolError, patienceMs: number, now: number): void {
    if (this.isEmpty || this.#stray !== undefined) return;
    this.#stray = error;
    this.#since = now;
    this.#patience = patienceMs;
  }

  /** Takes out all, with the reason why there is no reply. */
  drain(error: Error): { readonly request: OwnRequest; readonly error: Error }[] {
    const failed = this.#requests
      .slice(this.#head)
      .map((request, at) => ({ request, error: at === 0 ? (this.#stray ?? error) : error }));
    this.#requests = [];
    this.#head = 0;
    this.#stray = undefined;
    return failed;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#bytes = 0;
    this.#stray = undefined;
    this.#patience = this.oldest?.timeoutMs ?? 0;
  }
}
