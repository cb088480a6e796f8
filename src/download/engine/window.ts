/** What is asked for before anything is known: little enough for a slow source, and doubled with each round trip elsewhere. */
export const START_BYTES = 256 * 1024;
const SMALLEST_BYTES = 16 * 1024;
/** More is on no path on its way; a request costs its sender a line. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** Round trips that are asked for ahead: with one and a bit a path is full, with two it shows whether it takes more. */
const ROUND_TRIPS = 2;
/** In the beginning more: the rate grows by as much with each round trip. */
const FIRST_ROUND_TRIPS = 4;
/** It grows as long as it does by this factor within a window of bytes. */
const GROWTH = 1.1;
/** Seconds at the least: where the round trip is nothing, the program at the other end has other things to do now and then. */
const LEAST_SECONDS = 0.04;

/** How much of a lower rate goes into the figure for each window of bytes; a higher one counts at once. */
const WEIGHT = 0.5;
/** Where the rate has fallen to this part of its best, the path is another one. */
const FALLEN = 0.4;
/** How much of its height the best one loses for each window of bytes. */
const FADING = 0.05;

/** One answered request. */
export interface WindowSample {
  /** Seconds from the request to its first byte, and to its last one. */
  readonly latency: number;
  readonly seconds: number;
  /** Bytes of this request, and those that the source has sent in all meanwhile. */
  readonly bytes: number;
  readonly arrived: number;
}

/**
 * How many bytes one source is asked for ahead: what the path holds, and once more (the model is BBR, draft-cardwell-iccrg-bbr, without
 * its phases). As long as the rate grows with the window the window doubles; once it does not, more would only be delay. No round trip
 * is too long for it; a path that has changed is measured anew.
 */
export class Window {
  #rate: number | undefined;
  #best = 0;
  #latency = Infinity;
  /** Bytes that came since the rate has grown last; and whether it has stopped to. */
  #sinceGrowth = 0;
  #isGrown = false;

  get bytes(): number {
    if (this.#rate === undefined) return START_BYTES;
    const roundTrips = this.#isGrown ? ROUND_TRIPS : FIRST_ROUND_TRIPS;
    const wanted = this.#rate * Math.max(roundTrips * this.#latency, LEAST_SECONDS);
    return Math.min(Math.max(wanted, SMALLEST_BYTES), LARGEST_BYTES);
  }

  add({ latency, seconds, bytes, arrived }: WindowSample): void {
    if (seconds <= 0) return;
    const rate = arrived / seconds;
    const part = Math.min(bytes / this.bytes, 1);
    this.#sinceGrowth = rate > this.#best * GROWTH ? 0 : this.#sinceGrowth + bytes;
    if (this.#sinceGrowth >= this.bytes) this.#isGrown = true;
    this.#latency = Math.min(this.#latency, latency);
    this.#rate =
      this.#rate === undefined || rate >= this.#rate
        ? rate
        : this.#rate + (rate - this.#rate) * WEIGHT * part;
    this.#best = Math.max(this.#best * (1 - FADING * part), this.#rate);
    if (this.#rate < this.#best * FALLEN) this.#begin();
  }

  #begin(): void {
    this.#rate = undefined;
    this.#best = 0;
    this.#latency = Infinity;
    this.#sinceGrowth = 0;
    this.#isGrown = false;
  }
}
