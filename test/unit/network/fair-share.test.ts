import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FairShare } from '../../../src/network/fair-share.ts';

/** So long that no round has time for two. */
function work(): void {
  const end = performance.now() + 10;
  while (performance.now() < end);
}

it('hosts have their turns one after the other, however much one of them wants', async () => {
  const share = new FairShare();
  const done: string[] = [];
  const queue = (host: string, name: string) =>
    share.queue(host, () => {
      done.push(name);
      work();
    });
  for (let i = 1; i <= 4; i++) queue('a', `a${i}`);
  queue('b', 'b1');
  while (done.length < 5) await setImmediate();
  expect(done).toEqual(['a1', 'b1', 'a2', 'a3', 'a4']);
});

it('work is done at once while there is time, and waits after that, behind nobody of another host', async () => {
  const share = new FairShare();
  expect(share.turn('a')).toBeUndefined();
  work();
  expect(share.hasTime()).toBe(false);
  const done: string[] = [];
  const turns = ['a', 'a', 'a', 'b'].map(async (host) => {
    await share.turn(host);
    done.push(host);
    work();
  });
  await Promise.all(turns);
  expect(done).toEqual(['a', 'b', 'a', 'a']);
  await setImmediate();
  expect(share.hasTime()).toBe(true);
});
