import { MAX_CLOCK, MAX_CLOCK_JUMP } from './limits.ts';

/**
 * A Lamport clock: starts at 0 and only ever grows (protocol, section 2; Lamport 1978).
 * Peer is its only user; whoever wants to show a change listens to Peer's events.
 */
export class Clock {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** Counts the sending of one message and returns the value that the message carries. */
  tick(): number {
    this.#value += 1;
    return this.#value;
  }

  /** Whether a received clock is taken for what it says, and not for a lie or a mistake. */
  follows(remote: number): boolean {
    return remote <= MAX_CLOCK && remote - this.#value <= MAX_CLOCK_JUMP;
  }

  /**
   * Takes the clock of a received message into account and returns the new value: larger than both, but where the
   * received one is not followed: that counts as an event and nothing more.
   * @throws RangeError if `remote` is not a non-negative integer: the decoder let something through.
   */
  witness(remote: number): number {
    if (!Number.isSafeInteger(remote) || remote < 0) throw new RangeError(`not a clock: ${remote}`);
    this.#value = Math.max(this.#value, this.follows(remote) ? remote : 0) + 1;
    return this.#value;
  }
}
