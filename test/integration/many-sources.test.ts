import { expect, it } from 'vitest';
import { downloadFrom } from '../helpers/greeted-peer.ts';
import { startPlainNeighbour } from '../helpers/plain-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';

it('many sources outside of sessions leave no warning on the terminal', async () => {
  const data = new RandomNumbers(81).bytes(60_500);
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  const sources = await Promise.all(Array.from({ length: 8 }, () => startPlainNeighbour(data)));
  await using peer = await downloadFrom(...sources);
  // Warnings come a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(peer.share.files.get('f')?.equals(data)).toBe(true);
  expect(warnings).toEqual([]);
  await Promise.all(sources.map((source) => source.close()));
});
