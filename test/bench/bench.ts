import { benchCodec } from './codec.ts';
import { benchCrowd } from './crowd.ts';
import { benchEngine } from './engine.ts';
import { benchHostile } from './hostile.ts';
import { benchKilled } from './killed.ts';
import { benchListing } from './listing.ts';
import { isReached, type Row } from './measure.ts';
import { benchMemory } from './memory.ts';
import { benchScheduler } from './scheduler.ts';
import { benchSmallChunks } from './small-chunks.ts';
import { benchSummary } from './summary.ts';
import { throttled } from './throttled.ts';
import { benchPrivate, benchTransfer } from './transfer.ts';

/**
 * `npm run bench`: every figure beside its yardstick in the same run, for absolute figures depend on the machine.
 * `npm run bench -- <word>` runs what has the word in its name. No figure makes it fail.
 */

type Result = Row | readonly Row[];

const BENCHES: Readonly<Record<string, () => Result | Promise<Result>>> = {
  'codec: encode and decode': benchCodec,
  'scheduler: cost of a chunk as the file grows': benchScheduler,
  'engine: cost of a chunk as the file grows': benchEngine,
  'transfer: a large file': benchTransfer,
  'private: a large file with a key': () => benchPrivate(),
  'session: small chunks, one-shot, event log': benchSmallChunks,
  'summary: cost of what is shown': benchSummary,
  'link alone': throttled.links,
  'link alone, far': throttled.farLink,
  'throttled: equal sources': throttled.equal,
  'throttled: unequal sources': throttled.unequal,
  'throttled: far source': throttled.far,
  'throttled: near source': throttled.near,
  'throttled: very far source': throttled.satellite,
  'killed: a source lost half way': benchKilled,
  'crowd: many clients': benchCrowd,
  'listing: LS beside a download': benchListing,
  'hostile: what attacks cost': benchHostile,
  'memory: a very large file': benchMemory,
};

const WIDTHS = { what: 62, figure: 62, ratio: 24, target: 14 } as const;

function line(what: string, figure: string, ratio: string, target: string, remark = ''): void {
  const cells = [what.padEnd(WIDTHS.what), figure.padEnd(WIDTHS.figure), ratio.padEnd(WIDTHS.ratio)];
  console.log([...cells, target.padEnd(WIDTHS.target), remark].join(' | '));
}

function print(row: Row): void {
  const { what, figure, ratio = '', atLeast, atMost } = row;
  const shown = typeof ratio === 'number' ? ratio.toFixed(3) : ratio;
  const target = atMost === undefined ? (atLeast?.toFixed(2) ?? '') : `at most ${atMost.toFixed(2)}`;
  const reached = isReached(row);
  line(what, figure, shown, target, reached === undefined ? '' : reached ? 'reached' : 'MISSED');
}

const [, , word = ''] = process.argv;
const chosen = Object.entries(BENCHES).filter(([name]) => name.includes(word));
if (chosen.length === 0)
  console.log(`no bench has "${word}" in its name:\n${Object.keys(BENCHES).join('\n')}`);
else line('what', 'figure', 'ratio', 'at least');
for (const [name, bench] of chosen) {
  try {
    [await bench()].flat().forEach((row) => print(row));
  } catch (error) {
    line(name, 'no figure', '', '', String(error));
  }
}
