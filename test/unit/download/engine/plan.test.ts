import { describe, expect, it } from 'vitest';
import {
  chunkAt,
  chunkCount,
  chunksWithin,
  findFiles,
  partByDigest,
} from '../../../../src/download/engine/plan.ts';

describe('plan', () => {
  it('calls files of one name and size one file, in the order of the listings', () => {
    const file = (name: string, size: number, token = name) => ({ name, size, token });
    const found = findFiles([
      { address: 'a:1', files: [file('x', 7), file('w', 1)] },
      { address: 'b:1', files: [file('x', 8), file('a b', 2, 'a%20b')] },
      { address: 'c:1', files: [file('x', 7), file('x', 7), file('a b', 2, 'a b')] },
    ]);
    expect(found).toEqual([
      {
        name: 'a b',
        size: 2,
        sources: [
          { address: 'b:1', token: 'a%20b' },
          { address: 'c:1', token: 'a b' },
        ],
      },
      { name: 'w', size: 1, sources: [{ address: 'a:1', token: 'w' }] },
      {
        name: 'x',
        size: 7,
        sources: [
          { address: 'a:1', token: 'x' },
          { address: 'c:1', token: 'x' },
        ],
      },
      { name: 'x', size: 8, sources: [{ address: 'b:1', token: 'x' }] },
    ]);
  });

  it('cuts a file as the protocol says', () => {
    expect(chunkCount(1000, 256)).toBe(4);
    expect(chunkAt(3, 1000, 256)).toEqual({ index: 3, offset: 768, length: 232 });
    expect(chunkCount(512, 256)).toBe(2);
    expect(chunkCount(0, 256)).toBe(0);
  });

  it('parts the sources of a file by their digests, the largest part first', () => {
    const sources = ['a', 'b', 'c', 'd', 'e', 'f'].map((address) => ({ address, token: 'x' }));
    const file = { name: 'x', size: 7, sources };
    const digests = new Map([
      ['b', 'one'],
      ['c', 'two'],
      ['e', 'two'],
      ['f', 'one'],
    ]);
    const told = (address: string, sha256: string | undefined) => ({ address, token: 'x', sha256 });
    expect(partByDigest(file, ({ address }) => (address === 'f' ? undefined : digests.get(address)))).toEqual(
      [
        {
          name: 'x',
          size: 7,
          sha256: 'two',
          sources: [
            told('a', undefined),
            told('c', 'two'),
            told('d', undefined),
            told('e', 'two'),
            told('f', undefined),
          ],
        },
        { name: 'x', size: 7, sha256: 'one', sources: [told('b', 'one')] },
      ],
    );
    // Equal parts stand in the order of their first sources.
    const parts = partByDigest(file, ({ address }) => digests.get(address));
    expect(parts.map(({ sha256 }) => sha256)).toEqual(['one', 'two']);
    expect(partByDigest(file, () => undefined)).toEqual([file]);
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
