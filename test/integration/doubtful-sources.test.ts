import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { startGatedSource } from '../helpers/gated-source.ts';
import { downloadFrom, expectProven, search, startPeerWith } from '../helpers/greeted-peer.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { ReplyDeadline } from '../helpers/reply-deadline.ts';
import type { EventOf } from '../helpers/recording-reporter.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { startLateTeller, startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const CHUNK = 1000;
const numbers = new RandomNumbers(76);
const data = numbers.bytes(40_500);
const other = numbers.bytes(data.length);

describe('a digest that comes while the download runs', () => {
  it('and differs: its source is left out, and what it gave is fetched again', async () => {
    const { source: right, gate } = await startGatedSource(data);
    await using late = await startLateTeller(other, 5);
    await using peer = await startPeerWith(right, late);
    const downloading = search(peer, 1);
    // Nothing comes from the right one before the other one has been found out.
    await peer.reporter.until(({ event }) => event === 'source-excluded');
    gate.open();
    await downloading;
    expectProven(peer, data);
    expect(peer.reporter.all('source-excluded')).toEqual([
      { event: 'source-excluded', name: 'f', source: late.address },
    ]);
    const [doubted] = peer.reporter.all('chunks-doubted');
    expect(doubted?.bytes).toBeGreaterThanOrEqual(CHUNK);
    const [finished] = peer.reporter.all('download-finished');
    expect(finished?.sources).toContain(right.address);
    await right.close();
  });

  it('and is the same: nothing is fetched twice', async () => {
    await using a = await startLateTeller(data, 5);
    await using b = await startLateTeller(data, 8);
    await using peer = await downloadFrom(a, b);
    expectProven(peer, data);
    expect(peer.reporter.all('source-excluded')).toEqual([]);
    expect(peer.reporter.all('chunks-doubted')).toEqual([]);
  });

  it('is waited for where nobody else has told one', async () => {
    await using slow = await startSessionNeighbour({
      data,
      onDigest: (_, connection, self) => {
        const isBusy = self.count('DIGEST') <= 5;
        if (isBusy) self.say(connection, 'ERROR DIGEST busy f');
        return isBusy;
      },
    });
    await using peer = await downloadFrom(slow);
    expectProven(peer, data);
    expect(slow.count('DIGEST')).toBe(6);
  });

  it('is not waited for by whoever leaves', async () => {
    await using busy = await startLateTeller(data, Infinity);
    await using peer = await startPeerWith(busy);
    const leaving = new AbortController();
    const { signal } = leaving;
    const ended = searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK, signal }));
    const isLast = ({ args }: EventOf<'message-received'>) =>
      args[2] === String(Math.floor(data.length / CHUNK));
    await peer.reporter.until((event) => event.event === 'message-received' && isLast(event));
    await using reply = await ReplyDeadline.start();
    leaving.abort();
    await ended;
    expect(reply.isOver).toBe(false);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: false }]);
  });

  it('is of another size than the list said: that source has another file', async () => {
    await using changed = await startSessionNeighbour({
      data,
      onDigest: (_, connection, self) => {
        self.say(connection, `DIGEST_OF f ${data.length + 1} ${sha256Of(data)}`);
        return true;
      },
    });
    await using good = await TestPeer.start({ files: { f: data } });
    await using peer = await downloadFrom(changed, good);
    expectProven(peer, data);
    expect(peer.reporter.all('source-excluded')).toMatchObject([{ source: changed.address }]);
    await using alone = await downloadFrom(changed);
    expect(alone.reporter.all('download-failed')).toMatchObject([{ code: 'no-sources' }]);
    expect(alone.share.files.has('f')).toBe(false);
  });
});
