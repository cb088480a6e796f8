import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { MAX_CLOCK, MAX_LISTED_FILES, MAX_REPLY_BYTES } from '../../src/limits.ts';
import type { Address } from '../../src/protocol/address.ts';
import { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import type { RecordingReporter } from '../helpers/recording-reporter.ts';
import { say, ScriptedNeighbour, type Reaction } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const X = '127.0.0.1:1' as Address;
const Y = '127.0.0.1:2' as Address;
const SLACK_BYTES = 16 * 1024 * 1024;

/** Announces many files and writes these blocks of lines for as long as somebody takes them. */
const announceAndPour =
  (announced: number, block: (number: number) => string): Reaction =>
  (connection: RawSocket) => {
    connection.write(`127.0.0.1:1 1 LS_LIST ${announced} a:1\n`);
    let number = 0;
    const pour = () => {
      while (!connection.closed && connection.socket.writable && connection.socket.write(block(number++)));
    };
    connection.socket.on('drain', pour);
    pour();
  };

/** Searches at a neighbour that answers in this way; what was reported, and how much was sent to us. */
async function search(reaction: Reaction): Promise<{ reporter: RecordingReporter; bytes: number }> {
  await using neighbour = await ScriptedNeighbour.start(() => reaction);
  await using peer = await TestPeer.start();
  peer.neighbours.observe(neighbour.address, 'ONLINE');
  await searchFiles(peer.desk({ answers: ['0'] }));
  const bytes = Math.max(...neighbour.server.connections.map(({ socket }) => socket.bytesWritten));
  return { reporter: peer.reporter, bytes };
}

describe('a list of many lines', () => {
  it('is given up where its lines are too much together', async () => {
    const lines = `${'x'.repeat(60_000)}:1\n`.repeat(4);
    const { reporter, bytes } = await search(announceAndPour(999_999, () => lines));
    expect(reporter.all('request-failed')).toMatchObject([{ type: 'LS', code: 'line-too-long' }]);
    expect(reporter.all('search-finished')).toMatchObject([{ found: [] }]);
    expect(bytes).toBeLessThan(MAX_REPLY_BYTES + SLACK_BYTES);
  });

  it('ends with as many files as are taken from a list', async () => {
    const lines = (number: number) =>
      Array.from({ length: 1000 }, (_, i) => `f${number * 1000 + i}:1\n`).join('');
    const { reporter, bytes } = await search(announceAndPour(999_999_999, lines));
    const found = reporter.all('search-finished')[0]?.found ?? [];
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(MAX_LISTED_FILES);
    expect(bytes).toBeLessThan(SLACK_BYTES);
  });

  it('ends with silence', async () => {
    const { reporter } = await search((connection) =>
      connection.write('127.0.0.1:1 1 LS_LIST 999999 a:1\nb:2\n'),
    );
    const names = reporter.all('search-finished')[0]?.found.map(({ name }) => name);
    expect(names).toEqual(['a', 'b']);
  });
});

describe('a list that is shorter than it says', () => {
  it('ends with the next message on its connection', async () => {
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type !== 'GET_PEERS') return;
      if (self.count('GET_PEERS') < 3) self.say(connection, 'PEER_LIST 0');
      else self.say(connection, `PEER_LIST 2 ${X}:ONLINE:4`, 'LS');
    });
    await using peer = await TestPeer.start({ files: { f: Buffer.from('f') }, knows: [neighbour.address] });
    const ask = () => peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await ask();
    await ask();
    expect((await ask()).peers).toEqual([{ address: X, status: 'ONLINE', clock: 4 }]);
    await until(() => neighbour.count('LS_LIST') === 1, 1_000, 'the answer to LS');
    expect(neighbour.messages.at(-1)).toMatchObject({ type: 'LS_LIST', files: [{ token: 'f', size: 1 }] });
    expect(neighbour.server.connections).toHaveLength(1);
    expect(peer.reporter.all('dialect-learnt').map(({ dialect }) => dialect)).toEqual(['persistent']);
    expect(peer.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 4 });
  });
});

describe('a lie about the clock', () => {
  it.each([MAX_CLOCK, Number.MAX_SAFE_INTEGER])(
    'of %d stays out of what others hear of us',
    async (clock) => {
      await using first = await TestPeer.start();
      await RawSocket.exchange(first.port, `${X} ${clock} HELLO\n`);
      await RawSocket.exchange(first.port, `${Y} ${clock} HELLO\n`);
      await RawSocket.exchange(first.port, `${Y} ${clock} BYE\n`);
      const list = (await RawSocket.exchange(first.port, '127.0.0.1:3 1 GET_PEERS\n')).toString();
      const clocks = [...list.matchAll(/:(?:ONLINE|OFFLINE):(\d+)/g)].map(([, told]) => Number(told));
      expect(clocks).toHaveLength(2);
      for (const told of clocks) expect(told).toBeLessThanOrEqual(MAX_CLOCK);
      await using second = await TestPeer.start();
      await using third = await TestPeer.start();
      await second.peer.request(first.address, { type: 'GET_PEERS' });
      await third.peer.request(second.address, { type: 'GET_PEERS' });
      for (const { neighbours } of [second, third]) {
        expect(neighbours.get(X)?.status).toBe('ONLINE');
        expect(neighbours.get(Y)?.status).toBe('OFFLINE');
      }
      expect(third.neighbours.get(first.address)?.status).toBe('ONLINE');
    },
  );

  it('of others does not cost an entry of their list', async () => {
    const entries = `${X}:ONLINE:${Number.MAX_SAFE_INTEGER} ${Y}:OFFLINE:${MAX_CLOCK}`;
    await using neighbour = await ScriptedNeighbour.start(() => say(`PEER_LIST 2 ${entries}`));
    await using peer = await TestPeer.start({ knows: [neighbour.address] });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    expect(peer.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 0 });
    expect(peer.neighbours.get(Y)).toEqual({ address: Y, status: 'OFFLINE', clock: 0 });
  });
});
