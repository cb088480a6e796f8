/**
 * Which content of a file is wanted, where its sources disagree: the one that most of them have, of equally many the one whose
 * first source stands first in the list (protocol, section 6). Sources that have not told yet may still change it: as long as
 * they could, nothing is decided, however fast the others were.
 */
export class ContentVote<S extends string> {
  readonly #order: readonly S[];
  readonly #told = new Map<S, string>();
  readonly #open = new Set<S>();

  /** @param order the chosen sources */
  constructor(order: readonly S[]) {
    this.#order = order;
  }

  /** Somebody may still tell. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** How many have told, or may. */
  get voters(): number {
    return this.#told.size + this.#open.size;
  }

  /** The content that is ahead; undefined where nobody has told. */
  get leader(): string | undefined {
    const [first] = this.#ranking();
    return first?.sha256;
  }

  /** The content that stays ahead whatever is told from now on. */
  get winner(): string | undefined {
    const [first, ...others] = this.#ranking();
    if (first === undefined) return undefined;
    const open = this.#order.findIndex((source) => this.#open.has(source));
    // All that have not told might be for one of the others, or for a new one.
    const rivals = [...others, { votes: 0, place: Infinity }];
    const isSafe = rivals.every(({ votes, place }) => {
      const most = votes + this.#open.size;
      if (most !== first.votes) return most < first.votes;
      return first.place < Math.min(place, this.#open.size === 0 ? Infinity : open);
    });
    return isSafe ? first.sha256 : undefined;
  }

  /** A chosen source that can tell is asked; nothing where it has told. */
  ask(source: S): void {
    if (this.#order.includes(source) && !this.#told.has(source)) this.#open.add(source);
  }

  /** Nothing where the source was not chosen. */
  tell(source: S, sha256: string): void {
    if (!this.#order.includes(source)) return;
    this.#open.delete(source);
    this.#told.set(source, sha256);
  }

  /** It will not tell. */
  abstain(source: S): void {
    this.#open.delete(source);
  }

  /** How many have told this content. */
  count(sha256: string): number {
    return [...this.#told.values()].filter((told) => told === sha256).length;
  }

  /** The contents that were told, the one that is ahead first. */
  #ranking(): { sha256: string; votes: number; place: number }[] {
    const contents = new Map<string, { sha256: string; votes: number; place: number }>();
    for (const [place, source] of this.#order.entries()) {
      const sha256 = this.#told.get(source);
      if (sha256 === undefined) continue;
      const content = contents.get(sha256) ?? { sha256, votes: 0, place };
      content.votes += 1;
      contents.set(sha256, content);
    }
    return [...contents.values()].sort((a, b) => b.votes - a.votes || a.place - b.place);
  }
}
