import type { ProtocolError } from '../errors.ts';
import { ConnectionError } from '../errors.ts';
import { TRIAL_TIMEOUT_MS } from '../limits.ts';
import type { Message, MessageType } from '../protocol/message.ts';

/** Answered questions that are kept before the list is copied: copying must be rare. */
const COMPACT_AFTER = 1_024;

/** A message of ours and the answer that it waits for. */
export interface Question {
  /** Writes it, in its turn. */
  send(): void;
  /** Type of the answer. */
  readonly type: MessageType;
  /** How long the answer may take from the moment that the one before it has come. */
  readonly timeoutMs: number;
  /** Whether a message of that type is the answer, where others of that type may stray in; all are by default. */
  accepts?(message: Message): boolean;
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks its file has. */
  readonly chunks?: number | undefined;
}

/** The answer, or why there is none. */
export type Settle = (outcome: Message | Error) => void;

/** A question that was sent. */
export interface Pending extends Question {
  /** Silence is an answer too: nobody minds if none comes. */
  readonly isOptional: boolean;
  /** Called once, in the turn in which the answer comes. */
  settle(outcome: Message | Error): void;
  /** What came instead of the answer. */
  stray?: ProtocolError;
}

/**
 * The questions of one connection that wait for their answers, in the order in which they were sent. Only the oldest
 * has a deadline running: on a slow link the others wait for the answers before theirs, not for the neighbour. In a session
 * they are thousands, so one timer serves all: it looks again when it comes too early.
 */
export class Questions {
  #pending: Pending[] = [];
  /** Place of the oldest. */
  #head = 0;
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends, and when the oldest answer is due; in milliseconds of `performance.now()`. */
  #timerEndsAt = 0;
  #dueAt = Infinity;

  /** @param onSilence the oldest answer did not come in time; all questions have failed with the same error */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** The question whose answer comes next. */
  get oldest(): Question | undefined {
    return this.#pending[this.#head];
  }

  get isEmpty(): boolean {
    return this.#head === this.#pending.length;
  }

  /** Sends a question. It fails with ConnectionError `reply-timeout` and whatever `failAll` and `settleOldest` are called with. */
  put(question: Pending): void {
    this.#pending.push(question);
    if (this.#pending.length - this.#head === 1) this.#watch(question.timeoutMs);
    question.send();
  }

  /**
   * Sends a question and waits for its answer.
   * @throws ConnectionError `aborted`, and as `put`
   * @throws ProtocolError as `put`
   */
  ask(question: Question, isOptional: boolean): Promise<Message> {
    const { signal } = question;
    return new Promise((resolve, reject) => {
      // Given up, it waits for its answer all the same; nobody hears of that.
      const onAbort = () => settle(new ConnectionError('aborted'));
      const settle = (outcome: Message | Error) => {
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      signal?.addEventListener('abort', onAbort);
      this.put({ ...question, isOptional, settle });
    });
  }

  /** The answer to the oldest question, or why what came is none. */
  settleOldest(outcome: Message | Error): void {
    const oldest = this.#pending[this.#head];
    if (oldest === undefined) return;
    this.#head += 1;
    if (this.#head === this.#pending.length) {
      this.#pending = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AFTER && this.#head * 2 > this.#pending.length) {
      this.#pending = this.#pending.slice(this.#head);
      this.#head = 0;
    }
    this.#watch(this.oldest?.timeoutMs);
    oldest.settle(outcome);
  }

  /** Something else came where the oldest answer was due. It may follow, but now it is in a hurry. */
  stray(error: ProtocolError): void {
    const oldest = this.#pending[this.#head];
    if (oldest === undefined || oldest.stray !== undefined) return;
    oldest.stray = error;
    this.#watch(TRIAL_TIMEOUT_MS);
  }

  failAll(error: Error): void {
    const failed = this.#pending.slice(this.#head);
    this.#pending = [];
    this.#head = 0;
    this.#watch(undefined);
    for (const question of failed) question.settle(question.stray ?? error);
  }

  #watch(timeoutMs: number | undefined): void {
    this.#dueAt = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
    // A timer that ends earlier will look again.
    if (timeoutMs !== undefined && this.#timer !== undefined && this.#timerEndsAt <= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (timeoutMs !== undefined) this.#setTimer(timeoutMs);
  }

  #setTimer(timeoutMs: number): void {
    this.#timerEndsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#look(), timeoutMs);
  }

  #look(): void {
    this.#timer = undefined;
    const left = this.#dueAt - performance.now();
    if (left > 1) return this.#setTimer(left);
    const error = new ConnectionError('reply-timeout');
    if (this.#pending[this.#head]?.isOptional === true) return this.settleOldest(error);
    this.failAll(error);
    this.#onSilence();
  }
}
