/**
 * Tells a new failure from the other victims of one that was counted: a connection that ends takes many questions with it, all
 * with the same error. A question that is asked later and fails with it again is another failure.
 */
export class Blame {
  /** How many questions there had been when an error was counted. */
  readonly #counted = new WeakMap<Error, number>();
  #questions = 0;

  /** One more question; its number. */
  question(): number {
    this.#questions += 1;
    return this.#questions;
  }

  /** Whether this failure is a new one; it is counted then. */
  isNew(error: Error, question: number): boolean {
    if (question <= (this.#counted.get(error) ?? 0)) return false;
    this.#counted.set(error, this.#questions);
    return true;
  }
}
