import type { ProtocolError } from '../errors.ts';
import { ConnectionError } from '../errors.ts';
import { TRIAL_TIMEOUT_MS } from '../limits.ts';
import type { Message, MessageType } from '../protocol/message.ts';

/** A message of ours and the answer that it waits for. */
export interface Question {
  /** Writes it, in its turn. */
  readonly send: () => void;
  /** Type of the answer. */
  readonly type: MessageType;
  /** How long the answer may take from the moment that the one before it has come. */
  readonly timeoutMs: number;
  /** Whether a message of that type is the answer, where others of that type may stray in; all are by default. */
  readonly accepts?: (message: Message) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks its file has. */
  readonly chunks?: number | undefined;
}

interface Pending extends Question {
  /** Silence is an answer too: nobody minds if none comes. */
  readonly isOptional: boolean;
  /** Does nothing the second time: whoever gave up does not hear of the late answer. */
  readonly settle: (outcome: Message | Error) => void;
  /** What came instead of the answer. */
  stray?: ProtocolError;
}

/**
 * The questions of one connection that wait for their answers, in the order in which they were sent. Only the oldest
 * has a deadline running: on a slow link the others wait for the answers before theirs, not for the neighbour.
 */
export class Questions {
  readonly #pending: Pending[] = [];
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onSilence the oldest answer did not come in time; all questions have failed with the same error */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** The question whose answer comes next. */
  get oldest(): Question | undefined {
    return this.#pending[0];
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /**
   * Sends a question and waits for its answer.
   * @throws ConnectionError `aborted`, `reply-timeout`, and whatever `failAll` is called with
   * @throws ProtocolError where `fail` is called for it
   */
  ask(question: Question, isOptional: boolean): Promise<Message> {
    const { signal } = question;
    return new Promise((resolve, reject) => {
      const onAbort = () => settle(new ConnectionError('aborted'));
      const settle = (outcome: Message | Error) => {
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      signal?.addEventListener('abort', onAbort);
      this.#pending.push({ ...question, isOptional, settle });
      if (this.#pending.length === 1) this.#watch(question.timeoutMs);
      question.send();
    });
  }

  /** The answer to the oldest question, or why what came is none. */
  settleOldest(outcome: Message | Error): void {
    this.#pending.shift()?.settle(outcome);
    this.#watch(this.#pending[0]?.timeoutMs);
  }

  /** Something else came where the oldest answer was due. It may follow, but now it is in a hurry. */
  stray(error: ProtocolError): void {
    const [oldest] = this.#pending;
    if (oldest === undefined || oldest.stray !== undefined) return;
    oldest.stray = error;
    this.#watch(TRIAL_TIMEOUT_MS);
  }

  failAll(error: Error): void {
    this.#watch(undefined);
    for (const { settle, stray } of this.#pending.splice(0)) settle(stray ?? error);
  }

  #watch(timeoutMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#onTimeout(), timeoutMs);
  }

  #onTimeout(): void {
    const error = new ConnectionError('reply-timeout');
    if (this.#pending[0]?.isOptional === true) return this.settleOldest(error);
    this.failAll(error);
    this.#onSilence();
  }
}
