import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SOURCE_FAILURES } from '../../../../src/download/engine/scheduler.ts';
import { ChunkByChunk } from './chunk-by-chunk.ts';

describe('Scheduler', () => {
  it('hands each chunk out once, in order, to whoever asks', () => {
    const scheduler = new ChunkByChunk(3, ['a', 'b']);
    expect([scheduler.checkout('a'), scheduler.checkout('b'), scheduler.checkout('a')]).toEqual([0, 1, 2]);
    expect(scheduler.checkout('b')).toBeUndefined();
    expect(scheduler.complete('a', 0)).toBe(true);
    expect(scheduler.complete('a', 0)).toBe(false);
    expect(scheduler.complete('a', 1)).toBe(false);
    expect(scheduler.isDone).toBe(false);
    expect(scheduler.missing()).toEqual([[1, 2]]);
    scheduler.complete('b', 1);
    scheduler.complete('a', 2);
    expect(scheduler.isDone).toBe(true);
    expect(scheduler.missing()).toEqual([]);
  });

  it('gives what came back only after what was never asked for', () => {
    const scheduler = new ChunkByChunk(3, ['a', 'b']);
    scheduler.checkout('a');
    scheduler.release('a', 0);
    expect([scheduler.checkout('b'), scheduler.checkout('b'), scheduler.checkout('b')]).toEqual([1, 2, 0]);
  });

  it('retires a source after repeated failures; success makes up for some', () => {
    const scheduler = new ChunkByChunk(100, ['a', 'b']);
    for (let i = 1; i < MAX_SOURCE_FAILURES; i++)
      expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(false);
    for (let i = 0; i < 4; i++) scheduler.complete('a', scheduler.checkout('a') as number);
    const held = scheduler.checkout('a') as number;
    expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(false);
    expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(true);
    expect(scheduler.isRetired('a')).toBe(true);
    expect(scheduler.isRetired('b')).toBe(false);
    expect(scheduler.checkout('a')).toBeUndefined();
    // What it held went back; its late answer is not wanted.
    expect(scheduler.complete('a', held)).toBe(false);
  });

  it('names the missing chunks as ranges', () => {
    const scheduler = new ChunkByChunk(12, ['a']);
    for (let i = 0; i < 12; i++) scheduler.checkout('a');
    for (const index of [0, 3, 4, 5, 11]) scheduler.complete('a', index);
    expect(scheduler.missing()).toEqual([
      [1, 2],
      [6, 10],
    ]);
  });

  it('asks a restored source again; one more failure retires it anew, a good chunk forgives', () => {
    const scheduler = new ChunkByChunk(10, ['a']);
    expect(scheduler.fail('a', scheduler.checkout('a') as number, MAX_SOURCE_FAILURES)).toBe(true);
    scheduler.restore('a');
    expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(true);
    scheduler.restore('a');
    scheduler.complete('a', scheduler.checkout('a') as number);
    expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(false);
    expect(scheduler.fail('a', scheduler.checkout('a') as number)).toBe(true);
  });

  it('takes in a source that comes later, once', () => {
    const scheduler = new ChunkByChunk<string>(2, ['a']);
    scheduler.checkout('a');
    scheduler.add('b');
    expect(scheduler.checkout('b')).toBe(1);
    scheduler.add('b');
    expect(scheduler.complete('b', 1)).toBe(true);
    expect(() => scheduler.checkout('c')).toThrow(RangeError);
  });

  it('asks for nothing that was there before', () => {
    const scheduler = new ChunkByChunk(5, ['a']);
    for (const index of [0, 2, 3, 3]) scheduler.addPresent(index);
    expect(scheduler.completed).toBe(3);
    expect([scheduler.checkout('a'), scheduler.checkout('a'), scheduler.checkout('a')]).toEqual([
      1,
      4,
      undefined,
    ]);
    // What is asked for is not there.
    scheduler.addPresent(4);
    expect(scheduler.completed).toBe(3);
  });

  it('completes each chunk exactly once under any interleaving', () => {
    const source = fc.constantFrom('a', 'b', 'c');
    const action = fc.record({
      source,
      what: fc.constantFrom('checkout', 'duplicate', 'complete', 'release', 'fail', 'retire', 'restore'),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.array(action, { maxLength: 300 }), (chunks, actions) => {
        const scheduler = new ChunkByChunk<string>(chunks, ['a', 'b', 'c']);
        const out = new Map<string, number[]>([
          ['a', []],
          ['b', []],
          ['c', []],
        ]);
        const completed: number[] = [];
        for (const { source, what, pick } of actions) {
          const held = out.get(source) as number[];
          if (what === 'checkout') {
            const index = scheduler.checkout(source);
            if (index !== undefined) {
              expect(completed).not.toContain(index);
              held.push(index);
            }
            continue;
          }
          if (what === 'duplicate') {
            const slower = new Set(
              ['a', 'b', 'c'].filter((other, i) => other !== source && (pick >> i) % 2 === 0),
            );
            if (pick % 5 === 0) scheduler.renew();
            const index = scheduler.duplicate(['a', 'b', 'c'][pick % 3] as string, source, slower);
            if (index !== undefined) {
              expect(completed).not.toContain(index);
              expect(held).not.toContain(index);
              held.push(index);
            }
            continue;
          }
          if (what === 'retire' || what === 'restore') {
            // The last source is left, so that the work can be finished.
            if (source !== 'c') scheduler[what](source);
            if (what === 'retire' && source !== 'c') held.length = 0;
            continue;
          }
          if (held.length === 0) continue;
          const [index] = held.splice(pick % held.length, 1) as [number];
          if (what === 'release') scheduler.release(source, index);
          else if (what === 'fail') {
            if (source === 'c') scheduler.release(source, index);
            else if (scheduler.fail(source, index)) held.length = 0;
          } else if (scheduler.complete(source, index)) completed.push(index);
        }
        for (const index of out.get('c') as number[])
          if (scheduler.complete('c', index)) completed.push(index);
        for (const other of ['a', 'b']) scheduler.retire(other);
        for (let index = scheduler.checkout('c'); index !== undefined; index = scheduler.checkout('c')) {
          expect(scheduler.complete('c', index)).toBe(true);
          completed.push(index);
        }
        expect(scheduler.isDone).toBe(true);
        expect(completed.sort((x, y) => x - y)).toEqual(Array.from({ length: chunks }, (_, i) => i));
      }),
      { numRuns: 200 },
    );
  });
});
