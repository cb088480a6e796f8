import { expect, it } from 'vitest';
import { TARGETS } from '../fuzz/targets.ts';
import { RandomNumbers, seedOfRun } from '../helpers/random-numbers.ts';

const ROUNDS: Readonly<Record<string, number>> = { exchange: 20_000, server: 60, client: 60 };

it.each(Object.entries(TARGETS))('any bytes: %s', async (name, target) => {
  const seeds = new RandomNumbers(seedOfRun());
  for (let round = 0; round < (ROUNDS[name] ?? 0); round++) {
    const random = new RandomNumbers(seeds.below(2 ** 32));
    try {
      await target(random);
    } catch (error) {
      expect.fail(`npm run fuzz -- --target ${name} --seed ${random.seed}: ${String(error)}`);
    }
  }
});
