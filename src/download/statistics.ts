interface Group {
  readonly chunkSize: number;
  readonly sources: number;
  readonly fileSize: number;
  count: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  squares: number;
}

/** One finished download. Sizes in bytes. */
export interface Sample {
  readonly chunkSize: number;
  readonly sources: number;
  readonly fileSize: number;
  readonly seconds: number;
}

export interface GroupSummary extends Omit<Sample, 'seconds'> {
  readonly count: number;
  /** Seconds. */
  readonly mean: number;
  /** Sample standard deviation in seconds, 0 for a single download (protocol, section 4). */
  readonly deviation: number;
}

/** Download times grouped by chunk size, number of sources and file size; running sums (Welford 1962), no list of times. */
export class Statistics {
  readonly #groups = new Map<string, Group>();

  add({ chunkSize, sources, fileSize, seconds }: Sample): void {
    const key = `${chunkSize} ${sources} ${fileSize}`;
    const group = this.#groups.get(key) ?? { chunkSize, sources, fileSize, count: 0, mean: 0, squares: 0 };
    this.#groups.set(key, group);
    const distance = seconds - group.mean;
    group.count += 1;
    group.mean += distance / group.count;
    group.squares += distance * (seconds - group.mean);
  }

  /** The groups in the order in which they first appeared. */
  summary(): GroupSummary[] {
    return [...this.#groups.values()].map(({ squares, ...group }) => ({
      ...group,
      deviation: group.count < 2 ? 0 : Math.sqrt(squares / (group.count - 1)),
    }));
  }
}
