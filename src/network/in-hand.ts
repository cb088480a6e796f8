import { MAX_REQUESTS_IN_HAND } from '../limits.ts';

/** The requests of one connection that are being answered, in the order in which they came. */
export class InHand {
  readonly #onFailure: () => void;
  /** Resolves when all of them are answered; never rejects. */
  #served: Promise<void> = Promise.resolve();
  #count = 0;
  #failure: Error | undefined;

  /** @param onFailure one could not be answered: no other can be, either */
  constructor(onFailure: () => void) {
    this.#onFailure = onFailure;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** No more should be taken on before these are answered. */
  get isFull(): boolean {
    return this.#count >= MAX_REQUESTS_IN_HAND;
  }

  /** Why one was not answered. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when the answer to the next request may be sent; undefined where it may be at once. */
  get turn(): Promise<void> | undefined {
    return this.isEmpty ? undefined : this.#served;
  }

  /** One more; its answer waits for its turn by itself. */
  add(work: Promise<void>): void {
    this.#count += 1;
    this.#served = work
      .finally(() => (this.#count -= 1))
      .catch((error: unknown) => {
        this.#failure ??= error as Error;
        this.#onFailure();
      });
  }

  /** All that were taken on are answered; rejects with the error of the first that could not be. */
  async settled(): Promise<void> {
    await this.#served;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
