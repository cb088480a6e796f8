import { describe, expect, it } from 'vitest';
import { ChunkByChunk } from './chunk-by-chunk.ts';

describe('Scheduler', () => {
  describe('in the end game', () => {
    const others = new Set<'a' | 'b' | 'c'>(['a', 'b', 'c']);

    /** Five chunks: a holds 0 to 2, b holds 3 and 4. */
    function ending(): ChunkByChunk<'a' | 'b' | 'c'> {
      const scheduler = new ChunkByChunk(5, ['a', 'b', 'c']);
      for (const source of ['a', 'a', 'a', 'b', 'b'] as const) scheduler.checkout(source);
      return scheduler;
    }

    it('gives each chunk of a slow source to another one, the last first', () => {
      const scheduler = ending();
      const a = new Set(['a'] as const);
      const given = Array.from({ length: 4 }, () => scheduler.duplicate('a', 'b', a));
      expect(given).toEqual([2, 1, 0, undefined]);
      scheduler.renew();
      expect(scheduler.duplicate('a', 'b', a)).toBeUndefined();
      scheduler.retire('c');
      expect(scheduler.duplicate('b', 'c', others)).toBeUndefined();
    });

    it('gives a third source what two slower ones hold, and nothing that a faster one holds', () => {
      const scheduler = ending();
      expect(scheduler.duplicate('a', 'b', new Set(['a']))).toBe(2);
      expect(scheduler.duplicate('a', 'c', new Set(['a']))).toBe(1);
      scheduler.renew();
      expect(scheduler.duplicate('a', 'c', new Set(['a']))).toBe(0);
      expect(scheduler.duplicate('a', 'c', new Set(['a', 'b']))).toBeUndefined();
      scheduler.renew();
      expect(scheduler.duplicate('a', 'c', new Set(['a', 'b']))).toBe(2);
    });

    it('takes the first answer, whoever gives it', () => {
      const scheduler = ending();
      scheduler.duplicate('a', 'b', new Set(['a']));
      scheduler.duplicate('a', 'b', new Set(['a']));
      expect(scheduler.complete('b', 2)).toBe(true);
      expect(scheduler.complete('a', 2)).toBe(false);
      expect(scheduler.complete('a', 1)).toBe(true);
      expect(scheduler.complete('b', 1)).toBe(false);
      expect(scheduler.completed).toBe(2);
    });

    it('has no use for a chunk that is there, or that its source does not hold any more', () => {
      const scheduler = ending();
      expect(scheduler.duplicate('a', 'b', new Set(['a']))).toBe(2);
      scheduler.complete('a', 1);
      scheduler.release('a', 0);
      expect(scheduler.duplicate('a', 'b', new Set(['a']))).toBeUndefined();
      expect(scheduler.checkout('b')).toBe(0);
    });

    it('puts a chunk back only when all have failed', () => {
      const scheduler = ending();
      scheduler.duplicate('a', 'b', new Set(['a']));
      scheduler.fail('b', 2);
      expect(scheduler.checkout('c')).toBeUndefined();
      scheduler.retire('a');
      expect([0, 1, 2].map(() => scheduler.checkout('c'))).toEqual([0, 1, 2]);
    });
  });

  describe('asked to open something anew', () => {
    it('opens what these sources gave, or what was there before', () => {
      const scheduler = new ChunkByChunk<string>(8, ['a', 'b']);
      scheduler.addPresent(0);
      for (const source of ['a', 'b', 'a', 'b'])
        scheduler.complete(source, scheduler.checkout(source) as number);
      const held = scheduler.checkout('a') as number;
      expect(scheduler.reopen(undefined)).toEqual([[0, 0]]);
      expect(scheduler.reopen('a')).toEqual([
        [1, 1],
        [3, 3],
      ]);
      expect(scheduler.completed).toBe(2);
      expect(scheduler.missing()).toEqual([
        [0, 1],
        [3, 3],
        [5, 7],
      ]);
      expect(Array.from({ length: 6 }, () => scheduler.checkout('b'))).toEqual([0, 1, 3, 6, 7, undefined]);
      expect(scheduler.complete('a', held)).toBe(true);
      // Whoever gives it the second time is its giver from then on.
      scheduler.complete('b', 0);
      expect(scheduler.reopen('a')).toEqual([[5, 5]]);
    });

    it('waits for a source that is asked for it already', () => {
      const scheduler = new ChunkByChunk(2, ['a', 'b']);
      scheduler.checkout('a');
      scheduler.complete('b', scheduler.checkout('b') as number);
      scheduler.duplicate('a', 'b', new Set(['a']));
      scheduler.complete('a', 0);
      expect(scheduler.reopen('a')).toEqual([[0, 0]]);
      expect(scheduler.checkout('a')).toBeUndefined();
      expect(scheduler.complete('b', 0)).toBe(true);
      expect(scheduler.isDone).toBe(true);
    });
  });
});
