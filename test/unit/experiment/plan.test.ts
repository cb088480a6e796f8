import { describe, expect, it } from 'vitest';
import { plan, seededRandom, shuffled } from '../../../src/experiment/plan.ts';

const settings = { chunkSizes: [256, 1024], peerCounts: [1, 3], fileSizes: [10, 20, 30], repetitions: 4 };
const planned = (seed: number) => plan(settings, ['eachare', 'programa'], seededRandom(seed));

describe('the plan of an experiment', () => {
  it('has every triple of every program as often as it is to be repeated, and once before', () => {
    const blocks = planned(7);
    const all = blocks.flatMap(({ program, downloads }) =>
      downloads.map((each) =>
        [program, each.peers, each.chunkSize, each.fileSize, each.repetition].join(' '),
      ),
    );
    expect(all).toHaveLength(2 * 2 * 2 * 3 * (4 + 1));
    expect(new Set(all).size).toBe(all.length);
    for (const { peers, downloads } of blocks) {
      expect(downloads.every((each) => each.peers === peers)).toBe(true);
      // Six triples: those that do not count come first.
      expect(downloads.map(({ repetition }) => repetition === 0)).toEqual(
        Array.from(downloads, (_, index) => index < 6),
      );
    }
  });

  it('is the same for the same seed, and another one for another', () => {
    expect(planned(7)).toEqual(planned(7));
    expect(planned(7)).not.toEqual(planned(8));
  });

  it('does not go through the triples in the order of the command line', () => {
    const sizes = planned(1)[0]!
      .downloads.slice(6)
      .map(({ chunkSize, fileSize }) => [chunkSize, fileSize]);
    expect(sizes).not.toEqual([...sizes].sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
  });
});

describe('an order drawn by lot', () => {
  it('gives every item every place about as often', () => {
    const random = seededRandom(42);
    const places = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let round = 0; round < 4_000; round += 1)
      shuffled([0, 1, 2, 3], random).forEach((item, place) => (places[item]![place]! += 1));
    // Five standard deviations around a quarter of 4000.
    for (const count of places.flat()) expect(Math.abs(count - 1_000)).toBeLessThan(140);
  });
});
