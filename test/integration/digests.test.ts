import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { Gate } from '../helpers/gate.ts';
import { digestsAsked, downloadFrom, search, startPeerThatGreeted } from '../helpers/greeted-peer.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { startPlainNeighbour } from '../helpers/plain-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const numbers = new RandomNumbers(75);
const data = numbers.bytes(20_500);
const other = numbers.bytes(data.length);

describe('equal names and sizes in a search', () => {
  it.each([1, 2])('with different contents are two files; row %d gives exactly that one', async (row) => {
    await using a = await TestPeer.start({ files: { f: data } });
    await using b = await TestPeer.start({ files: { f: other } });
    await using peer = await startPeerThatGreeted(a, b);
    const found = await search(peer, row);
    const rows = [
      { content: data, source: a },
      { content: other, source: b },
    ];
    expect(found).toEqual(
      rows.map(({ content, source }) => ({
        name: 'f',
        size: data.length,
        sources: [source.address],
        sha256: sha256Of(content),
      })),
    );
    const chosen = rows[row - 1];
    expect(peer.share.files.get('f')?.equals(chosen?.content ?? Buffer.alloc(0))).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: true, sources: [chosen?.source.address], sha256: sha256Of(chosen?.content ?? data) },
    ]);
  });

  it('with equal contents are one, and it comes from both', async () => {
    await using a = await TestPeer.start({ files: { f: data } });
    await using b = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(a, b);
    const found = await search(peer, 1);
    expect(found).toEqual([
      { name: 'f', size: data.length, sources: [a.address, b.address], sha256: sha256Of(data) },
    ]);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const [finished] = peer.reporter.all('download-finished');
    expect(finished?.isProven).toBe(true);
    expect(new Set(finished?.sources)).toEqual(new Set([a.address, b.address]));
    // Told once, a digest is not asked for again.
    expect(digestsAsked(peer)).toBe(2);
  });

  it('stay one where only one of three can tell; it is asked when the file is fetched', async () => {
    await using plain = await startPlainNeighbour(data);
    await using second = await startPlainNeighbour(data);
    await using able = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(plain, second, able);
    const found = await search(peer, 1);
    expect(found).toEqual([
      {
        name: 'f',
        size: data.length,
        sha256: undefined,
        sources: [plain, second, able].map(({ address }) => address),
      },
    ]);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: true }]);
    expect(plain.count('DIGEST') + second.count('DIGEST')).toBe(0);
    expect(digestsAsked(peer)).toBe(1);
  });

  it('put those that cannot tell to the larger part', async () => {
    await using plain = await startPlainNeighbour(data);
    await using a = await TestPeer.start({ files: { f: other } });
    await using b = await TestPeer.start({ files: { f: data } });
    await using c = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(plain, a, b, c);
    expect(await search(peer, 1)).toMatchObject([
      { sources: [plain.address, b.address, c.address], sha256: sha256Of(data) },
      { sources: [a.address], sha256: sha256Of(other) },
    ]);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(plain.count('DIGEST')).toBe(0);
  });

  it('wait for one that is busy twice and then tells', async () => {
    await using busy = await startSessionNeighbour({
      data: other,
      onDigest: (_, connection, self) => {
        const isBusy = self.count('DIGEST') <= 2;
        if (isBusy) self.say(connection, 'ERROR DIGEST busy f');
        return isBusy;
      },
    });
    await using quick = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(busy, quick);
    const found = await search(peer);
    expect(found.map(({ sha256 }) => sha256)).toEqual([sha256Of(other), sha256Of(data)]);
    expect(busy.count('DIGEST')).toBe(3);
  });

  it('are shown as one where a digest takes too long; the download asks again, and the first of two wins', async () => {
    const gate = new Gate();
    await using slow = await TestPeer.start({ files: { f: other } });
    slow.share.beforeDigest = () => gate.opened;
    await using quick = await TestPeer.start({ files: { f: data } });
    await using peer = await startPeerThatGreeted(slow, quick);
    const chooseLate = () => {
      gate.open();
      return '1';
    };
    await searchFiles(peer.desk({ answers: [chooseLate], chunkSize: 1000 }));
    // Nothing is settled by the one that was fast.
    expect(peer.reporter.all('search-finished')[0]?.found).toEqual([
      { name: 'f', size: data.length, sources: [slow.address, quick.address] },
    ]);
    expect(peer.share.files.get('f')?.equals(other)).toBe(true);
    expect(peer.reporter.all('source-excluded').map(({ source }) => source)).toEqual([quick.address]);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: true, toldBy: 1, chosen: 2, sources: [slow.address] },
    ]);
  });

  it('are not decided by a liar that tells its digest first while the honest ones are busy', async () => {
    let isSearching = true;
    const startBusy = () =>
      startSessionNeighbour({
        data,
        onDigest: (_, connection, self) => {
          if (isSearching) self.say(connection, 'ERROR DIGEST busy f');
          return isSearching;
        },
      });
    await using liar = await TestPeer.start({ files: { f: other } });
    await using first = await startBusy();
    await using second = await startBusy();
    await using peer = await startPeerThatGreeted(liar, first, second);
    const choose = () => {
      isSearching = false;
      return '1';
    };
    await searchFiles(peer.desk({ answers: [choose], chunkSize: 1000 }));
    expect(peer.reporter.all('search-finished')[0]?.found).toHaveLength(1);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('source-excluded').map(({ source }) => source)).toEqual([liar.address]);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: true, toldBy: 2, chosen: 3, sha256: sha256Of(data) },
    ]);
  });

  it('are not decided by a liar that tells its digest first while the honest ones are busy with it for long', async () => {
    const startBusy = () =>
      startSessionNeighbour({
        data,
        onDigest: (_, connection, self) => {
          const isBusy = self.count('DL') < 3;
          if (isBusy) self.say(connection, 'ERROR DIGEST busy f');
          return isBusy;
        },
      });
    await using liar = await TestPeer.start({ files: { f: other } });
    await using first = await startBusy();
    await using second = await startBusy();
    // Of them nothing is known before: the digests are asked for when the download begins.
    await using peer = await downloadFrom(liar, first, second);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ toldBy: 2, chosen: 3 }]);
  });

  it('that one of three has with other bytes are compared before the first chunk', async () => {
    await using a = await TestPeer.start({ files: { f: other } });
    await using b = await TestPeer.start({ files: { f: data } });
    await using c = await TestPeer.start({ files: { f: data } });
    await using peer = await downloadFrom(a, b, c);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(a.share.reads).toBe(0);
    expect(peer.reporter.all('source-excluded')).toMatchObject([{ source: a.address }]);
    expect(peer.reporter.all('chunks-doubted')).toEqual([]);
  });

  it('are not waited for where a neighbour is gone, or refuses', async () => {
    await using gone = await startSessionNeighbour({
      data,
      onDigest: (_, connection) => {
        connection.reset();
        return true;
      },
    });
    await using refusing = await startSessionNeighbour({
      data,
      onDigest: (_, connection, self) => {
        self.say(connection, 'ERROR DIGEST read-failed f');
        return true;
      },
    });
    await using peer = await startPeerThatGreeted(gone, refusing);
    expect(await search(peer)).toEqual([
      { name: 'f', size: data.length, sources: [gone.address, refusing.address] },
    ]);
    expect(refusing.count('DIGEST')).toBe(1);
    expect(gone.count('DIGEST')).toBeLessThanOrEqual(2);
    // Neither is told: they can be asked for chunks all the same.
    expect(peer.reporter.all('request-failed')).toEqual([]);
    expect(peer.neighbours.get(gone.address)?.status).toBe('ONLINE');
  });
});
