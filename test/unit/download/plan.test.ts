import { describe, expect, it } from 'vitest';
import { chunkAt, chunkCount, findFiles } from '../../../src/download/plan.ts';

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
});
