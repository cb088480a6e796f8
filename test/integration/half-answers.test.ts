import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { chunkBody, type KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const timing = { reply: 400, firstBackoffMs: 50 };

const data = new RandomNumbers(78).bytes(64_500);

/** Answers some chunks, half of one, and no more. */
function startStopping(): Promise<KeepingNeighbour> {
  return startSessionNeighbour({
    data,
    onChunk: (request, connection, self) => {
      const number = self.count('DL');
      if (number === 10) connection.write(`${self.address} 99 ${chunkBody(data, request).slice(0, 60)}`);
      return number >= 10;
    },
  });
}

async function download(...addresses: readonly Address[]): Promise<TestPeer> {
  const peer = await TestPeer.start({ timing });
  for (const address of addresses) peer.neighbours.observe(address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 100 }));
  return peer;
}

describe('a session that stops in the middle of an answer', () => {
  it('holds up nobody else', async () => {
    await using stopping = await startStopping();
    await using good = await TestPeer.start({ timing, files: { f: data } });
    await using peer = await download(stopping.address, good.address);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-failed')).toEqual([]);
  });

  it('is given up after the deadline, and after each rest sooner: nothing is asked in other words', async () => {
    await using stopping = await startStopping();
    await using peer = await download(stopping.address);
    expect(peer.reporter.all('download-failed')).toMatchObject([{ code: 'no-sources', missing: [[9, 644]] }]);
    const codes = new Set(peer.reporter.all('chunk-failed').map(({ code }) => code));
    expect(codes).toEqual(new Set(['reply-timeout']));
    expect(peer.neighbours.get(stopping.address)?.status).toBe('OFFLINE');
    const tokens = stopping.messages.flatMap((message) => (message.type === 'DL' ? [message.token] : []));
    expect(new Set(tokens)).toEqual(new Set(['f']));
    expect(peer.reporter.all('chunk-failed').length).toBeLessThanOrEqual(4);
  });
});
