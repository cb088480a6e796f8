/** Bounds how many of a kind of work are under way per key; the others wait in order. */
export class Slots<K> {
  readonly #taken = new Map<K, number>();
  readonly #waiting = new Map<K, (() => void)[]>();

  /** Does the work when fewer than `most` are under way; `most` is asked again for each one that waits. */
  async within<T>(key: K, most: () => number, work: () => Promise<T>): Promise<T> {
    while ((this.#taken.get(key) ?? 0) >= most()) {
      await new Promise<void>((wake) => {
        const waiting = this.#waiting.get(key) ?? [];
        this.#waiting.set(key, waiting);
        waiting.push(wake);
      });
    }
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#taken.get(key) ?? 1) - 1;
      if (left > 0) this.#taken.set(key, left);
      else this.#taken.delete(key);
      this.#waiting.get(key)?.shift()?.();
      if (this.#waiting.get(key)?.length === 0) this.#waiting.delete(key);
    }
  }
}
