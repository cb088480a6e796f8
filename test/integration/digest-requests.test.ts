import { describe, expect, it } from 'vitest';
import { MAX_SEARCH_DIGESTS } from '../../src/limits.ts';
import { digestsAsked, search, startPeerThatGreeted } from '../helpers/greeted-peer.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const numbers = new RandomNumbers(79);
const data = numbers.bytes(20_500);

describe('DIGEST', () => {
  it.each(['sessao', 'sessao sha1', 'sha256'])('is not sent to who offers %j', async (offers) => {
    await using a = await startSessionNeighbour({ data, offers });
    await using b = await startSessionNeighbour({ data, offers });
    await using peer = await startPeerThatGreeted(a, b);
    await search(peer, 1);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(a.count('DIGEST') + b.count('DIGEST')).toBe(0);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: false }]);
  });

  it('is not sent outside of a session: not behind one that has ended, nor where none opens again', async () => {
    let isDemoted = false;
    const notInSession: string[] = [];
    const inSession = new Set<unknown>();
    await using ending = await startSessionNeighbour({
      data,
      react: ({ type }, connection) => {
        if (type === 'HELLO' && isDemoted) connection.end();
        else if (type === 'HELLO') inSession.add(connection);
        else if (!inSession.has(connection)) notInSession.push(type);
        return type === 'HELLO' && isDemoted;
      },
      onDigest: (_, connection) => {
        isDemoted = true;
        connection.end();
        return true;
      },
    });
    await using able = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(ending, able);
    expect(await search(peer, 1)).toHaveLength(1);
    expect(notInSession).not.toContain('DIGEST');
    expect(ending.count('DIGEST')).toBe(1);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
  });

  it('is asked for MAX_SEARCH_DIGESTS times at most in a search, however many files there are', async () => {
    const files = Object.fromEntries(
      Array.from({ length: MAX_SEARCH_DIGESTS * 2 }, (_, at) => [`f${at}`, numbers.bytes(100)]),
    );
    await using a = await TestPeer.start({ files });
    await using b = await TestPeer.start({ files });
    await using peer = await startPeerThatGreeted(a, b);
    const found = await search(peer);
    expect(found).toHaveLength(MAX_SEARCH_DIGESTS * 2);
    expect(digestsAsked(peer)).toBe(MAX_SEARCH_DIGESTS);
    expect(found.filter(({ sha256 }) => sha256 !== undefined)).toHaveLength(MAX_SEARCH_DIGESTS / 2);
  });

  it('is not asked for where there is nothing to compare', async () => {
    await using a = await TestPeer.start({ files: { empty: Buffer.alloc(0), 'only here': data } });
    await using b = await TestPeer.start({ files: { empty: Buffer.alloc(0), 'only there': data } });
    await using peer = await startPeerThatGreeted(a, b);
    expect(await search(peer)).toHaveLength(3);
    expect(digestsAsked(peer)).toBe(0);
  });
});
