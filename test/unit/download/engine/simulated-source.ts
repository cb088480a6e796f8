import type { Outcome } from '../../../../src/download/engine/download-options.ts';
import type { Chunk } from '../../../../src/download/engine/chunks.ts';
import { ConnectionError } from '../../../../src/errors.ts';
import { DEFAULT_TIMING } from '../../../../src/network/timing.ts';

/**
 * What comes of a question: bytes, an error of its own, nothing (all that wait fail together once the deadline is over), or the
 * end of the connection (all that wait fail together now).
 */
export type Answer = Outcome | 'silence' | 'death';

export interface Behaviour {
  /** Bytes a second. */
  readonly rate: number;
  /** Seconds from a question to the first byte of its answer, where none is due before it. */
  readonly roundTrip?: number;
  /** Chunks that its program takes at the same time; any number by default. */
  readonly atOnce?: number;
  /** It is asked for runs of chunks; they come in slices, and one that fails does so after a part of it. */
  readonly hasBlocks?: boolean;
  /** What it has in place of the content of the world. */
  readonly content?: Buffer;
  /**
   * What comes instead of the bytes; undefined for these.
   * @param at seconds: when they would have come
   * @param count how many questions there were before
   */
  readonly answer?: (chunk: Chunk, at: number, count: number) => Answer | undefined;
}

interface Question {
  readonly chunk: Chunk;
  readonly settle: (outcome: Outcome) => void;
  readonly answer: Answer;
  /** Seconds. */
  readonly at: number;
}

/** A source with one connection: answers in the order of the questions, one after the other, at its rate. */
export class SimulatedSource {
  readonly behaviour: Behaviour;
  /** Indexes in the order of the questions. */
  readonly asked: number[] = [];
  askedBytes = 0;
  /** Most that was under way at once. */
  mostQuestions = 0;
  mostBytes = 0;
  #underWay = 0;
  #open: Question[] = [];
  #head = 0;
  /** Seconds: when the last answer that is due is out. */
  #busyUntil = 0;

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
  }

  /** When its next answer comes, in seconds; Infinity where none is due. */
  get nextAt(): number {
    return this.#open[this.#head]?.at ?? Infinity;
  }

  /** Bytes asked and not answered. */
  get underWay(): number {
    return this.#underWay;
  }

  get questions(): number {
    return this.#open.length - this.#head;
  }

  /** @param bytes what the content is there */
  ask(chunk: Chunk, bytes: Buffer, now: number, settle: (outcome: Outcome) => void): void {
    const { rate, roundTrip = 0, answer } = this.behaviour;
    const begin = Math.max(now + roundTrip, this.#busyUntil);
    const end = begin + chunk.length / rate;
    const outcome = answer?.(chunk, end, this.asked.length) ?? bytes;
    const isData = Buffer.isBuffer(outcome);
    const at = outcome === 'silence' ? begin + DEFAULT_TIMING.reply / 1000 : isData ? end : begin;
    this.#busyUntil = at;
    this.#open.push({ chunk, settle, answer: outcome, at });
    this.asked.push(chunk.index);
    this.askedBytes += chunk.length;
    this.#underWay += chunk.length;
    this.mostQuestions = Math.max(this.mostQuestions, this.questions);
    this.mostBytes = Math.max(this.mostBytes, this.#underWay);
  }

  /** Gives the answer that is due. */
  answerNext(): void {
    const question = this.#open[this.#head];
    if (question === undefined) return;
    const { answer } = question;
    if (answer === 'silence') return this.failAll(new ConnectionError('reply-timeout'));
    if (answer === 'death') return this.failAll(new ConnectionError('reset'));
    this.#head += 1;
    if (this.#head === this.#open.length) this.#forget();
    this.#underWay -= question.chunk.length;
    question.settle(answer);
  }

  /** Its connection ends: everybody who waits hears of the same error. */
  failAll(error: Error): void {
    const open = this.#open.slice(this.#head);
    this.#forget();
    this.#busyUntil = 0;
    this.#underWay = 0;
    for (const { settle } of open) settle(error);
  }

  #forget(): void {
    this.#open = [];
    this.#head = 0;
  }
}
