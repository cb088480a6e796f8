import { describe, expect, it } from 'vitest';
import { findFiles, partByDigest } from '../../../src/download/found-files.ts';

const sources = ['a', 'b', 'c', 'd', 'e', 'f'].map((address) => ({ address, token: 'x' }));
const file = { name: 'x', size: 7, sources };
const told = (address: string, sha256: string | undefined) => ({ address, token: 'x', sha256 });

/** What has been told, and who can tell. */
const digests = (known: Readonly<Record<string, string>>, able: string) => ({
  told: ({ address }: { address: string }) => known[address],
  canTell: ({ address }: { address: string }) => able.includes(address),
});

describe('the files of a search', () => {
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

  it('parts the sources of a file by their digests, the largest part first', () => {
    // Those without digests stay with the largest part.
    expect(partByDigest(file, digests({ b: 'one', c: 'two', e: 'two' }, 'bce'))).toEqual([
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
    ]);
    // Equal parts stand in the order of their first sources.
    const parts = partByDigest(file, digests({ b: 'one', c: 'two', e: 'two', f: 'one' }, 'bcef'));
    expect(parts.map(({ sha256 }) => sha256)).toEqual(['one', 'two']);
    expect(partByDigest(file, digests({}, 'abc'))).toEqual([file]);
  });

  it('leaves it open what the content is as long as one that can tell has not told', () => {
    const [whole, ...others] = partByDigest(file, digests({ b: 'one' }, 'abf'));
    expect(others).toEqual([]);
    expect(whole?.sha256).toBeUndefined();
    expect(whole?.sources.map(({ sha256 }) => sha256)).toEqual([
      undefined,
      'one',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('puts those that can tell and have not told apart where the contents differ', () => {
    const parts = partByDigest(file, digests({ b: 'one', c: 'two', d: 'two' }, 'abcdef'));
    expect(parts.map(({ sha256, sources }) => [sha256, sources.map(({ address }) => address)])).toEqual([
      ['two', ['c', 'd']],
      ['one', ['b']],
      [undefined, ['a', 'e', 'f']],
    ]);
  });
});
