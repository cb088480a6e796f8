import { setTimeout as pause } from 'node:timers/promises';
import { checkEqual, MIB } from './bytes-file.ts';
import type { Passed } from './link.ts';
import { together } from './links.ts';
import { clock, type Row } from './measure.ts';
import { Sources, type Way } from './sources.ts';

const WAY: Way = { rate: 10_000_000 };
const BYTES = 160 * MIB;
const CHUNK = 65_536;
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

/**
 * Kills one of three sources half way: seconds from then on, and the bytes of the file that the other two had to bring.
 * What the dead one had sent already still comes through its link, and is not theirs to bring.
 */
async function kill(): Promise<{ readonly seconds: number; readonly bytes: number }> {
  await using sources = await Sources.start([WAY, WAY, WAY], BYTES, CHUNK);
  const whole = sources.download(PATIENCE_MS);
  // Its failure is met where it is waited for.
  whole.catch(() => undefined);
  const deadline = clock() + PATIENCE_MS / 1000;
  let passed = await sources.links.passed();
  while (together(passed).bytes < BYTES / 2 && clock() < deadline) {
    await pause(LOOK_MS);
    passed = await sources.links.passed();
  }
  const killedAt = clock();
  await sources.servers[2]?.kill();
  await whole;
  const end = await sources.links.passed();
  await checkEqual(sources.copy, sources.original);
  const alive = (links: readonly Passed[]) => together(links.slice(0, 2));
  const bytes = alive(end).bytes - alive(passed).bytes;
  return { seconds: alive(end).last - killedAt, bytes };
}

/** What the loss of a source costs beyond its share of the rate. */
export async function benchKilled(): Promise<Row> {
  const { seconds, bytes } = await kill();
  await using two = await Sources.start([WAY, WAY], Math.round(bytes), CHUNK);
  await two.download(PATIENCE_MS);
  const reference = together(await two.links.passed()).seconds;
  return {
    what: 'one of three sources of 10 MB/s killed half way, against two',
    figure: `${seconds.toFixed(2)} s, two from the start ${reference.toFixed(2)} s`,
    ratio: reference / seconds,
    atLeast: 0.9,
  };
}
