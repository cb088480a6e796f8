/** Whether the disk lags behind, and until when: nothing more is asked for meanwhile. */
export class Backpressure {
  readonly #onRelief: () => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Promise<unknown> | undefined;

  constructor(onRelief: () => void, onFailure: (error: unknown) => void) {
    this.#onRelief = onRelief;
    this.#onFailure = onFailure;
  }

  get isOn(): boolean {
    return this.#waiting !== undefined;
  }

  /** One more write that takes its time. */
  add(write: Promise<void>): void {
    const all = this.#waiting === undefined ? write : Promise.all([this.#waiting, write]);
    const waiting = all.then(
      () => {
        if (this.#waiting !== waiting) return;
        this.#waiting = undefined;
        this.#onRelief();
      },
      (error: unknown) => this.#onFailure(error),
    );
    this.#waiting = waiting;
  }

  /** Nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#waiting;
  }
}
