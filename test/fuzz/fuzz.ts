import { RandomNumbers } from '../helpers/random-numbers.ts';
import { TARGETS } from './targets.ts';

/*
 * `npm run fuzz -- --minutes 10`: rounds of all targets until the time is over, each with a seed of its own; the seed of a
 * round that fails is printed. `npm run fuzz -- --target server --seed 7` repeats that round.
 */

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

const chosen = option('target');
const targets = Object.entries(TARGETS).filter(([name]) => chosen === undefined || name === chosen);
if (targets.length === 0) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`);
const only = option('seed');
const minutes = Number(option('minutes') ?? 1);
if (!(minutes > 0)) throw new Error('--minutes is a number above 0');
const until = performance.now() + minutes * 60_000;
const rounds: Record<string, number> = {};
let round = '';
process.on('uncaughtException', (error) => {
  console.error(`${round} failed:`, error);
  process.exit(1);
});
do {
  for (const [name, target] of targets) {
    const random = new RandomNumbers(only === undefined ? undefined : Number(only));
    round = `--target ${name} --seed ${random.seed}`;
    await target(random);
    rounds[name] = (rounds[name] ?? 0) + 1;
  }
} while (only === undefined && performance.now() < until);
console.log('no failure in', rounds);
