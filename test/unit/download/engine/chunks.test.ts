import { describe, expect, it } from 'vitest';
import { chunkAt, chunkCount, chunksWithin } from '../../../../src/download/engine/chunks.ts';

describe('chunks', () => {
  it('cuts a file as the protocol says', () => {
    expect(chunkCount(1000, 256)).toBe(4);
    expect(chunkAt(3, 1000, 256)).toEqual({ index: 3, offset: 768, length: 232 });
    expect(chunkCount(512, 256)).toBe(2);
    expect(chunkCount(0, 256)).toBe(0);
  });

  it('knows the chunks that lie wholly within some bytes', () => {
    expect(chunksWithin([0, 1000], 1000, 300)).toEqual({ first: 0, end: 4 });
    expect(chunksWithin([0, 999], 1000, 300)).toEqual({ first: 0, end: 3 });
    expect(chunksWithin([1, 900], 1000, 300)).toEqual({ first: 1, end: 3 });
    expect(chunksWithin([900, 1000], 1000, 300)).toEqual({ first: 3, end: 4 });
    const { first, end } = chunksWithin([310, 590], 1000, 300);
    expect(first).toBeGreaterThanOrEqual(end);
  });
});
