import type { Settings } from './settings.ts';

/** Ours, or the one of `--programa`. */
export type ProgramName = 'eachare' | 'programa';

/** What is varied. Sizes in bytes. */
export interface Triple {
  readonly chunkSize: number;
  readonly peers: number;
  readonly fileSize: number;
}

export interface PlannedDownload extends Triple {
  /** From 1; 0 is the one that does not count. */
  readonly repetition: number;
}

/** The downloads from one set of serving peers, which run only meanwhile: nobody idle takes processor time from them. */
export interface Block {
  readonly program: ProgramName;
  readonly peers: number;
  readonly downloads: readonly PlannedDownload[];
}

type Varied = Pick<Settings, 'chunkSizes' | 'peerCounts' | 'fileSizes' | 'repetitions'>;

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32, by Tommy Ettinger). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order drawn by lot (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/**
 * Every download in a random order, so that whatever changes while they run (a warm processor, another program) meets all
 * triples alike: the blocks, and within each the downloads that do not count and then those that do.
 */
export function plan(settings: Varied, programs: readonly ProgramName[], random: () => number): Block[] {
  const { chunkSizes, peerCounts, fileSizes, repetitions } = settings;
  const sets = programs.flatMap((program) => peerCounts.map((peers) => ({ program, peers })));
  return shuffled(sets, random).map(({ program, peers }) => {
    const triples = chunkSizes.flatMap((chunkSize) =>
      fileSizes.map((fileSize) => ({ chunkSize, peers, fileSize })),
    );
    const counted = Array.from({ length: repetitions }, (_, index) =>
      triples.map((triple) => ({ ...triple, repetition: index + 1 })),
    ).flat();
    const first = triples.map((triple) => ({ ...triple, repetition: 0 }));
    return { program, peers, downloads: [...shuffled(first, random), ...shuffled(counted, random)] };
  });
}
