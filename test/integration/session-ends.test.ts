import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { FaultProxy, type Faults } from '../helpers/fault-proxy.ts';
import { Gate } from '../helpers/gate.ts';
import { chunkBody, KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import type { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const data = new RandomNumbers(74).bytes(64_500);

async function download(addresses: readonly Address[], chunkSize: number): Promise<TestPeer> {
  const peer = await TestPeer.start();
  for (const address of addresses) peer.neighbours.observe(address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize }));
  return peer;
}

function helloCount(peer: TestPeer): number {
  return peer.reporter.all('message-received').filter(({ type }) => type === 'HELLO').length;
}

describe('a session that ends in mid-download', () => {
  const ends: readonly (readonly [what: string, faults: (session: number) => Faults, sessions: number])[] = [
    ['with a FIN', (session) => (session === 0 ? { truncateAfter: 20_000 } : {}), 2],
    ['with a reset', (session) => (session === 0 ? { resetAfter: 20_000 } : {}), 2],
    ['with its first chunk', (session) => (session === 0 ? { resetAfter: 60 } : {}), 2],
    ['again and again', (session) => (session < 5 ? { resetAfter: 12_000 } : {}), 6],
  ];

  it.each(ends)('%s goes on over a new one, and is one failure', async (_, faults, sessions) => {
    await using upstream = await TestPeer.start({ files: { f: data } });
    // The first connection is that of LS.
    await using proxy = await FaultProxy.start(upstream.port, (number) =>
      number === 0 ? {} : { toClient: faults(number - 1) },
    );
    await using peer = await download([proxy.address], 100);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(helloCount(upstream)).toBe(sessions);
    expect(proxy.connections).toBe(sessions + 1);
    expect(peer.reporter.all('chunk-failed')).toHaveLength(sessions - 1);
    expect(peer.reporter.all('source-retired')).toEqual([]);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: true }]);
    expect(peer.neighbours.get(proxy.address)?.status).toBe('ONLINE');
  });

  it('leaves the rest to another source', async () => {
    await using mortal = await startSessionNeighbour({
      data,
      onChunk: (_, __, self) => {
        if (self.count('DL') < 10) return false;
        if (self.count('DL') === 10) void self.server.close();
        return true;
      },
    });
    const { address } = mortal;
    await using good = await TestPeer.start({ files: { f: data } });
    await using peer = await download([address, good.address], 1_010);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const failed = peer.reporter.all('chunk-failed');
    expect(failed.length).toBeLessThanOrEqual(4);
    expect(new Set(failed.map(({ source }) => source))).toEqual(new Set([address]));
  });
});

describe('a session in which every chunk is refused', () => {
  it('costs a few failures, and its source rests', async () => {
    await using refusing = await startSessionNeighbour({
      data,
      onChunk: ({ token, size, index }, connection, self) => {
        self.say(connection, `ERROR DL not-found ${token} ${size} ${index}`);
        return true;
      },
    });
    await using good = await TestPeer.start({ files: { f: data } });
    await using peer = await download([refusing.address, good.address], 100);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const failed = peer.reporter.all('chunk-failed');
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['refused-by-remote']));
    expect(failed.length).toBeLessThanOrEqual(8);
    expect(peer.reporter.all('source-retired')[0]).toMatchObject({ source: refusing.address });
    expect(peer.neighbours.get(refusing.address)?.status).toBe('ONLINE');
  });
});

describe('no session', () => {
  type OnHello = (connection: RawSocket, self: KeepingNeighbour) => void;
  const refusals: readonly (readonly [what: string, onHello: OnHello])[] = [
    ['a plain RETURN_HELLO', (connection, self) => self.say(connection, 'RETURN_HELLO')],
    [
      'a plain RETURN_HELLO and the end',
      (connection, self) => {
        self.say(connection, 'RETURN_HELLO');
        connection.end();
      },
    ],
    ['another capability', (connection, self) => self.say(connection, 'RETURN_HELLO sha256 sessao2')],
    ['another answer', (connection, self) => self.say(connection, 'LS_LIST 0')],
    ['an error', (connection, self) => self.say(connection, 'ERROR HELLO bad-request sessao')],
    ['the end', (connection) => connection.end()],
    ['a reset', (connection) => connection.reset()],
    ['silence', () => undefined],
    ['noise', (connection) => connection.write(Buffer.from('fffe0080c30a', 'hex'))],
    ['noise without an end', (connection) => connection.write(Buffer.from('fffe0080c3', 'hex'))],
    ['a length', (connection) => connection.write(Buffer.from('000000000000001031', 'hex'))],
  ];

  describe.concurrent('of a program that closes behind its answers and says to HELLO sessao', () => {
    it.each(refusals)('%s: one connection a chunk, and none fails', async (_, onHello) => {
      await using neighbour = await KeepingNeighbour.start((message, connection, self) => {
        if (message.type === 'HELLO') return onHello(connection, self);
        if (message.type === 'LS') self.say(connection, `LS_LIST 1 f:${data.length}`);
        if (message.type === 'DL') self.say(connection, chunkBody(data, message));
        connection.end();
      });
      await using peer = await download([neighbour.address], 5_000);
      expect(peer.share.files.get('f')?.equals(data)).toBe(true);
      expect(peer.reporter.all('chunk-failed')).toEqual([]);
      expect(neighbour.count('DL')).toBe(13);
      expect(neighbour.count('DIGEST')).toBe(0);
      expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: false }]);
      // It is remembered.
      await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 5_000 }));
      expect(neighbour.count('HELLO')).toBe(1);
      expect(peer.reporter.all('download-finished')).toHaveLength(2);
      expect(peer.reporter.all('chunk-failed')).toEqual([]);
    });
  });

  describe.concurrent('of a program that keeps its connections and says to HELLO sessao', () => {
    it.each(refusals)('%s: no chunk fails', async (_, onHello) => {
      await using neighbour = await KeepingNeighbour.start((message, connection, self) => {
        if (message.type === 'HELLO') return onHello(connection, self);
        if (message.type === 'LS') self.say(connection, `LS_LIST 1 f:${data.length}`);
        if (message.type === 'DL') self.say(connection, chunkBody(data, message));
      });
      await using peer = await download([neighbour.address], 5_000);
      expect(peer.share.files.get('f')?.equals(data)).toBe(true);
      expect(peer.reporter.all('chunk-failed')).toEqual([]);
      expect(neighbour.count('HELLO')).toBe(1);
      expect(neighbour.count('DIGEST')).toBe(0);
    });
  });
});

describe('a session that is not there yet', () => {
  it('is no reason to forget that there may be one, when its download ends without it', async () => {
    const gate = new Gate();
    await using slow = await startSessionNeighbour({
      data,
      react: ({ type }, _, self) => {
        const isSecond = type === 'HELLO' && self.count('HELLO') > 1;
        if (isSecond) gate.open();
        return isSecond;
      },
      onChunk: (_, connection) => {
        connection.end();
        return true;
      },
    });
    await using good = await TestPeer.start({ files: { f: data } });
    good.share.beforeRead = () => gate.opened;
    await using peer = await download([slow.address, good.address], 1000);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const learnt = peer.reporter.all('dialect-learnt').filter(({ neighbour }) => neighbour === slow.address);
    expect(learnt.at(-1)).toMatchObject({ dialect: 'session' });
  });
});
