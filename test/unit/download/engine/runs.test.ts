import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldRuns, type Run } from '../../../../src/download/engine/held-runs.ts';
import { MAX_SOURCE_FAILURES, Scheduler } from '../../../../src/download/engine/scheduler.ts';

const run = (first: number, end: number): Run => ({ first, end });
const indexes = ({ first, end }: Run) => Array.from({ length: end - first }, (_, i) => first + i);

describe('HeldRuns', () => {
  it('gives out parts of a run, from its front without losing its place', () => {
    const held = new HeldRuns();
    held.add(run(0, 10));
    held.add(run(20, 21));
    expect(held.remove(run(0, 4))).toBe(true);
    expect([...held]).toEqual([run(4, 10), run(20, 21)]);
    expect(held.remove(run(6, 7))).toBe(true);
    expect([...held]).toEqual([run(7, 10), run(20, 21), run(4, 6)]);
    expect(held.remove(run(5, 8))).toBe(false);
    expect(held.remove(run(20, 22))).toBe(false);
    expect([4, 5, 6, 7, 20].map((index) => held.has(index))).toEqual([true, true, false, true, true]);
    expect(held.firstOf(10)).toBe(7);
    expect(held.firstOf(9)).toBeUndefined();
  });

  it('holds what a set of chunks would hold', () => {
    const action = fc.record({ first: fc.nat({ max: 60 }), length: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const held = new HeldRuns();
        const set = new Set<number>();
        for (const { first, length } of actions) {
          const part = run(first, first + length);
          const isFree = indexes(part).every((index) => !set.has(index));
          if (isFree) {
            held.add(part);
            indexes(part).forEach((index) => set.add(index));
          } else if (held.remove(part))
            indexes(part).forEach((index) => expect(set.delete(index)).toBe(true));
          expect([...held].flatMap(indexes).sort((a, b) => a - b)).toEqual([...set].sort((a, b) => a - b));
          for (let index = 0; index < 70; index++) expect(held.has(index)).toBe(set.has(index));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('Scheduler of runs', () => {
  it('hands out runs of what is missing, around what is there', () => {
    const scheduler = new Scheduler(20, ['a', 'b']);
    scheduler.addPresent(run(5, 8));
    scheduler.addPresent(run(7, 9));
    expect(scheduler.completed).toBe(4);
    expect(scheduler.checkout('a', 8)).toEqual(run(0, 5));
    expect(scheduler.checkout('b', 8)).toEqual(run(9, 17));
    expect(scheduler.checkout('a')).toEqual(run(17, 18));
    expect(scheduler.checkout('b', 8)).toEqual(run(18, 20));
    expect(scheduler.checkout('b', 8)).toBeUndefined();
  });

  it('looks at no more of a file of a million chunks than what it is asked about', () => {
    // A look at the whole file for each chunk would take minutes.
    const scheduler = new Scheduler(1_000_000, ['a', 'b']);
    for (let got = scheduler.checkout('a'); got !== undefined; got = scheduler.checkout('a')) {
      scheduler.complete('a', got);
      const more = scheduler.checkout('b', 3);
      if (more !== undefined) scheduler.complete('b', more);
    }
    expect(scheduler.isDone).toBe(true);
  });

  it('keeps of a run that breaks off what has come whole', () => {
    const scheduler = new Scheduler(10, ['a', 'b']);
    scheduler.checkout('a', 10);
    expect(scheduler.complete('a', run(0, 3))).toEqual([run(0, 3)]);
    expect(scheduler.complete('a', run(3, 4))).toEqual([run(3, 4)]);
    scheduler.release('a', run(4, 10));
    expect(scheduler.missing()).toEqual([[4, 9]]);
    expect(scheduler.checkout('b', 4)).toEqual(run(4, 8));
    expect(scheduler.checkout('b', 4)).toEqual(run(8, 10));
  });

  it('counts a run that fails as one failure, and gives all of it back', () => {
    const scheduler = new Scheduler(10, ['a', 'b']);
    for (let i = 1; i < MAX_SOURCE_FAILURES; i++)
      expect(scheduler.fail('a', scheduler.checkout('a', 10) as Run)).toBe(false);
    scheduler.checkout('a', 4);
    expect(scheduler.fail('a', scheduler.checkout('a', 6) as Run)).toBe(true);
    expect(scheduler.checkout('b', 10)).toEqual(run(4, 10));
    expect(scheduler.checkout('b', 10)).toEqual(run(0, 4));
  });

  it('splits in the end game what a slow source owes, from its end', () => {
    const scheduler = new Scheduler(20, ['slow', 'b', 'c']);
    const slower = new Set(['slow'] as const);
    scheduler.checkout('slow', 12);
    scheduler.checkout('slow', 8);
    scheduler.complete('slow', run(0, 2));
    expect(scheduler.duplicate('slow', 'b', slower, 5)).toEqual(run(15, 20));
    expect(scheduler.duplicate('slow', 'c', slower, 5)).toEqual(run(12, 15));
    expect(scheduler.duplicate('slow', 'b', slower, 5)).toEqual(run(7, 12));
    expect(scheduler.duplicate('slow', 'c', slower, 9)).toEqual(run(2, 7));
    expect(scheduler.duplicate('slow', 'c', slower, 9)).toBeUndefined();
    // Of what both bring the first one counts.
    expect(scheduler.complete('b', run(7, 9))).toEqual([run(7, 9)]);
    expect(scheduler.complete('slow', run(2, 12))).toEqual([run(2, 7), run(9, 12)]);
    expect(scheduler.complete('b', run(9, 12))).toEqual([]);
  });

  it('yields each chunk once, whatever becomes of its runs', () => {
    const names = ['a', 'b', 'c'];
    const action = fc.record({
      source: fc.constantFrom(...names),
      what: fc.constantFrom(
        'checkout',
        'checkout',
        'duplicate',
        'complete',
        'complete',
        'complete part',
        'break off',
        'release',
        'fail',
        'retire',
        'restore',
        'reopen',
      ),
      most: fc.integer({ min: 1, max: 20 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.nat({ max: 120 }), fc.array(action, { maxLength: 200 }), (chunks, actions) => {
        const scheduler = new Scheduler<string>(chunks, names);
        const out = new Map<string, Run[]>(names.map((name) => [name, []]));
        const givers = new Map<number, string>();
        const complete = (source: string, part: Run) => {
          for (const index of scheduler.complete(source, part).flatMap(indexes)) {
            expect(givers.has(index)).toBe(false);
            expect(index >= part.first && index < part.end).toBe(true);
            givers.set(index, source);
          }
        };
        for (const { source, what, most, pick } of actions) {
          const held = out.get(source) as Run[];
          if (what === 'checkout' || what === 'duplicate') {
            if (pick % 5 === 0) scheduler.renew();
            const slower = new Set(names.filter((other, i) => other !== source && (pick >> i) % 2 === 0));
            const got =
              what === 'checkout'
                ? scheduler.checkout(source, most)
                : scheduler.duplicate(names[pick % 3] as string, source, slower, most);
            if (got === undefined) continue;
            expect(got.end - got.first).toBeLessThanOrEqual(most);
            for (const index of indexes(got)) {
              expect(givers.has(index)).toBe(false);
              expect(held.flatMap(indexes)).not.toContain(index);
            }
            held.push(got);
            continue;
          }
          if (what === 'restore') {
            scheduler.restore(source);
            continue;
          }
          if (what === 'retire') {
            scheduler.retire(source);
            held.length = 0;
            continue;
          }
          if (what === 'reopen') {
            const opened = scheduler.reopen(source);
            const mine = [...givers].filter(([, giver]) => giver === source).map(([index]) => index);
            expect(opened.flatMap(([first, last]) => indexes(run(first, last + 1)))).toEqual(
              mine.sort((a, b) => a - b),
            );
            mine.forEach((index) => givers.delete(index));
            continue;
          }
          if (held.length === 0) continue;
          const [got] = held.splice(pick % held.length, 1) as [Run];
          const middle = got.first + (pick % (got.end - got.first + 1));
          const [front, rest] = [run(got.first, middle), run(middle, got.end)];
          if (what === 'complete') complete(source, got);
          else if (what === 'release') scheduler.release(source, got);
          else if (what === 'fail') {
            if (scheduler.fail(source, got)) held.length = 0;
          } else {
            if (middle > got.first) complete(source, front);
            if (middle === got.end) continue;
            if (what === 'break off') scheduler.release(source, rest);
            else held.push(rest);
          }
        }
        for (const name of names) {
          scheduler.retire(name);
          scheduler.restore(name);
        }
        for (let got = scheduler.checkout('c', 7); got !== undefined; got = scheduler.checkout('c', 7))
          complete('c', got);
        expect(scheduler.isDone).toBe(true);
        expect([...givers.keys()].sort((x, y) => x - y)).toEqual(indexes(run(0, chunks)));
      }),
      { numRuns: 300 },
    );
  });
});
