import { describe, expect, it } from 'vitest';
import { LineQueue, MAX_WAITING_LINES } from '../../../src/terminal/line-queue.ts';

function open() {
  const calls: string[] = [];
  const taken: (string | undefined)[] = [];
  const queue = new LineQueue({ pause: () => calls.push('pause'), resume: () => calls.push('resume') });
  const take = () => queue.take((line) => taken.push(line));
  return { queue, calls, taken, take };
}

describe('LineQueue', () => {
  it('hands out in order what came before and what comes after', () => {
    const { queue, taken, take } = open();
    queue.push('a');
    queue.push('b');
    take();
    take();
    take();
    expect(taken).toEqual(['a', 'b']);
    queue.push('c');
    expect(taken).toEqual(['a', 'b', 'c']);
  });

  it('hands out what waits after the end, then undefined for ever', () => {
    const { queue, taken, take } = open();
    queue.push('a');
    queue.end();
    take();
    take();
    take();
    expect(taken).toEqual(['a', undefined, undefined]);
  });

  it('tells a waiting taker of the end, and throws away what waits when closed', () => {
    const first = open();
    first.take();
    first.queue.end();
    expect(first.taken).toEqual([undefined]);
    const second = open();
    second.queue.push('a');
    second.queue.close();
    second.take();
    expect(second.taken).toEqual([undefined]);
  });

  it('pauses the source of too many lines and resumes it', () => {
    const { queue, calls, taken, take } = open();
    for (let at = 0; at < MAX_WAITING_LINES; at += 1) queue.push(`${at}`);
    expect(calls).toEqual(['pause']);
    for (let at = 0; at < MAX_WAITING_LINES; at += 1) take();
    expect(calls).toEqual(['pause', 'resume']);
    expect(taken.at(-1)).toBe(`${MAX_WAITING_LINES - 1}`);
  });

  it('refuses a second taker', () => {
    const { take } = open();
    take();
    expect(take).toThrow('already');
  });
});
