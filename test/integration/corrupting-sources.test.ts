import { describe, expect, it } from 'vitest';
import { startGatedSource } from '../helpers/gated-source.ts';
import { downloadFrom, expectProven, search, startPeerWith } from '../helpers/greeted-peer.ts';
import type { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { startPlainNeighbour } from '../helpers/plain-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { startLateTeller, startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const numbers = new RandomNumbers(80);
const data = numbers.bytes(40_500);
const other = numbers.bytes(data.length);
/** One bit in the middle is another one. */
const spoilt = Buffer.from(data);
spoilt[20_000] = (spoilt[20_000] ?? 0) ^ 1;

/** Delivers the one, and tells the digest of the other. */
function startLying(delivered: Buffer, told: Buffer): Promise<KeepingNeighbour> {
  return startSessionNeighbour({
    data: delivered,
    onDigest: (_, connection, self) => {
      self.say(connection, `DIGEST_OF f ${told.length} ${sha256Of(told)}`);
      return true;
    },
  });
}

describe('a source that delivers something else', () => {
  it('and has no digest: what it gave is fetched again from one that has told one', async () => {
    const { source: right, gate } = await startGatedSource(data);
    let served = 0;
    await using corrupting = await startPlainNeighbour(other, () => {
      served += 1;
      if (served === 3) gate.open();
    });
    await using peer = await downloadFrom(corrupting, right);
    expectProven(peer, data);
    const [doubted] = peer.reporter.all('chunks-doubted');
    expect(doubted?.bytes).toBeGreaterThanOrEqual(1000);
    expect(doubted?.bytes).toBeLessThan(data.length);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    await right.close();
  });

  it('and is always busy with its digest: likewise', async () => {
    const { source: right, gate } = await startGatedSource(data);
    await using corrupting = await startLateTeller(other, Infinity, () => gate.open());
    await using peer = await downloadFrom(corrupting, right);
    expectProven(peer, data);
    expect(peer.reporter.all('chunks-doubted')).toHaveLength(1);
    await right.close();
  });

  it('than its own digest says: there is no file', async () => {
    await using lying = await startLying(spoilt, data);
    await using peer = await downloadFrom(lying);
    expect(peer.reporter.all('download-failed')).toEqual([
      { event: 'download-failed', name: 'f', code: 'digest-mismatch', missing: [], chunks: 41, kept: 0 },
    ]);
    expect(peer.share.files.has('f')).toBe(false);
    expect(peer.share.discarded).toEqual(['f']);
    expect(peer.reporter.all('download-finished')).toEqual([]);
    // Fetched twice at the most: a third time would bring the same.
    expect(lying.count('DL')).toBeLessThanOrEqual(82);
  });

  it.each([
    ['before the honest ones', true],
    ['after them', false],
  ])(
    'than its own digest says, %s: is found out, named, and not asked again; the others are kept',
    async (_, isFirst) => {
      await using lying = await startLying(other, data);
      await using a = await TestPeer.start({ files: { f: data } });
      await using b = await TestPeer.start({ files: { f: data } });
      await using peer = await downloadFrom(...(isFirst ? [lying, a, b] : [a, b, lying]));
      expectProven(peer, data);
      const [finished] = peer.reporter.all('download-finished');
      // By all three it was told; two of three decide, and the third may come after the end.
      expect(finished?.chosen).toBe(3);
      expect(finished?.toldBy).toBeGreaterThanOrEqual(2);
      expect(finished?.sources).not.toContain(lying.address);
      expect(lying.count('DL')).toBeGreaterThan(0);
      expect(peer.reporter.all('source-banned')).toEqual([
        { event: 'source-banned', name: 'f', source: lying.address },
      ]);
      const listings = lying.count('LS');
      const [row] = await search(peer);
      expect(row?.sources).toHaveLength(2);
      expect(lying.count('LS')).toBe(listings);
    },
  );

  it('than its own digest says: nor with the help of one that has none', async () => {
    await using lying = await startLying(data, other);
    await using plain = await startPlainNeighbour(data);
    await using peer = await downloadFrom(lying, plain);
    expect(peer.reporter.all('download-failed')).toMatchObject([{ code: 'digest-mismatch' }]);
    expect(peer.share.files.has('f')).toBe(false);
  });

  it('and nobody has a digest: nobody can know', async () => {
    await using plain = await startPlainNeighbour(spoilt);
    await using peer = await downloadFrom(plain);
    expect(peer.share.files.get('f')?.equals(spoilt)).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: false, sha256: sha256Of(spoilt) },
    ]);
    expect(plain.count('DIGEST')).toBe(0);
  });
});

describe('what an interrupted download has left', () => {
  const present = [[0, 10_000]] as const;

  it('and was told is no proof of now', async () => {
    await using plain = await startPlainNeighbour(data);
    await using peer = await startPeerWith(plain);
    peer.share.leftover = { present, data, sha256: sha256Of(data) };
    await search(peer, 1);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunks-doubted')).toEqual([]);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: false, toldBy: 0, resumed: 10_000 },
    ]);
  });

  it.each([
    ['wrong bytes under the right digest', other, data],
    ['the bytes of another version under its digest', other, other],
  ])('as %s is fetched once more, and does not cost the file', async (_, old, noted) => {
    await using plain = await startPlainNeighbour(data);
    await using peer = await startPeerWith(plain);
    peer.share.leftover = { present, data: old, sha256: sha256Of(noted) };
    await search(peer, 1);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-failed')).toEqual([]);
    expect(peer.reporter.all('chunks-doubted')).toMatchObject([{ bytes: 10_000 }]);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: false, resumed: 0 }]);
    // The rest came once.
    expect(plain.count('DL')).toBe(41);
  });

  it('wrong is fetched again where the sources tell the digest, and nobody is to blame', async () => {
    await using a = await TestPeer.start({ files: { f: data } });
    await using b = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerWith(a, b);
    peer.share.leftover = { present, data: other, sha256: sha256Of(data) };
    await search(peer, 1);
    expectProven(peer, data);
    expect(peer.reporter.all('chunks-doubted')).toMatchObject([{ bytes: 10_000 }]);
    expect(peer.reporter.all('source-banned')).toEqual([]);
  });
});
