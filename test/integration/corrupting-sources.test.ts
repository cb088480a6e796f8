import { describe, expect, it } from 'vitest';
import { startGatedSource } from '../helpers/gated-source.ts';
import { downloadFrom, expectProven } from '../helpers/greeted-peer.ts';
import type { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { startPlainNeighbour } from '../helpers/plain-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { startLateTeller, startSessionNeighbour } from '../helpers/session-neighbour.ts';

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
