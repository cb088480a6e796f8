import { MAX_CLOCK } from './limits.ts';

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

  /**
   * Takes the clock of a received message into account and returns the new value: larger than both, but where the
   * received one is beyond MAX_CLOCK; that counts as an event and nothing more.
   * @throws RangeError if `remote` is not a non-negative integer: the decoder let something through.
   */
  witness(remote: number): number {
    if (!Number.isSafeInteger(remote) || remote < 0) throw new RangeError(`not a clock: ${remote}`);
    this.#value = Math.max(this.#value, remote > MAX_CLOCK ? 0 : remote) + 1;
    return this.#value;
  }
}
