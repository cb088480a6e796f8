import type { Download } from './download.ts';

/**
 * Finds out whose bytes are wrong where the whole is: opens again what one suspect has given, to be fetched from the others,
 * and the whole tells whether it was that one. First what an interrupted download has left; then all whose content nobody
 * knows, for good; then each source that tells the right digest, the smallest part first; at last, for there may be several,
 * each of these alone. The bytes of the others are kept each time.
 * Cost: the bytes of one liar are fetched again, and of those suspected before it; in the worst case, of many liars, as many
 * times the file as there are sources.
 */
export class Repair<S extends string> {
  readonly #engine: Download<S>;
  readonly #isTeller: (source: S) => boolean;
  readonly #suspected = new Set<S>();
  readonly #triedAlone = new Set<S>();
  /** Left out for this try. */
  #barred: readonly S[] = [];
  #suspect: S | undefined;

  /** @param isTeller whether the source has told the digest that the whole should have */
  constructor(engine: Download<S>, isTeller: (source: S) => boolean) {
    this.#engine = engine;
    this.#isTeller = isTeller;
  }

  /** Whose bytes made the difference, once the whole is right; undefined where that is not known for sure. */
  get culprit(): S | undefined {
    return this.#suspect;
  }

  /**
   * The whole is still wrong: opens what is tried next, and returns its bytes; 0 where nothing is left to try.
   * @param sources all that take part
   */
  next(sources: readonly S[]): number {
    this.endTry();
    const bytes = this.#engine.reopenResumed();
    if (bytes > 0) return bytes;
    const tellers = sources.filter((source) => this.#isTeller(source));
    const others = sources.filter((source) => !tellers.includes(source));
    return this.#excludeAll(others) || this.#suspectOne(tellers) || this.#tryAlone(tellers);
  }

  /** Whoever was left out for a try takes part again; whether anybody was. */
  endTry(): boolean {
    const barred = this.#barred;
    this.#barred = [];
    this.#suspect = undefined;
    for (const source of barred) this.#engine.readmit(source);
    return barred.length > 0;
  }

  #suspectOne(tellers: readonly S[]): number {
    if (tellers.length < 2) return 0;
    const [suspect] = this.#engine.shares
      .filter(({ source }) => tellers.includes(source) && !this.#suspected.has(source))
      .sort((a, b) => a.bytes - b.bytes)
      .map(({ source }) => source);
    if (suspect === undefined) return 0;
    this.#suspected.add(suspect);
    this.#suspect = suspect;
    return this.#bar([suspect]);
  }

  #tryAlone(tellers: readonly S[]): number {
    // Of two each was alone when the other one was the suspect.
    if (tellers.length < 3) return 0;
    for (const source of tellers) {
      if (this.#triedAlone.has(source)) continue;
      this.#triedAlone.add(source);
      const bytes = this.#bar(tellers.filter((other) => other !== source));
      if (bytes > 0) return bytes;
      this.endTry();
    }
    return 0;
  }

  #bar(sources: readonly S[]): number {
    this.#barred = sources;
    return this.#excludeAll(sources);
  }

  #excludeAll(sources: readonly S[]): number {
    return sources.reduce((sum, source) => sum + this.#engine.exclude(source), 0);
  }
}
