import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { chunkBody, KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const numbers = new RandomNumbers(31);
const X = '127.0.0.1:9';

describe.concurrent('a session over a slow link', () => {
  it('needs no more time than the link: nobody is given up', async () => {
    const data = numbers.bytes(3_000_000);
    await using upstream = await TestPeer.start({ files: { f: data } });
    await using proxy = await FaultProxy.start(upstream.port, { toClient: { bytesPerSecond: 500_000 } });
    await using peer = await TestPeer.start();
    peer.neighbours.observe(proxy.address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 131_072 }));
    expect(peer.reporter.all('dialect-learnt').map(({ dialect }) => dialect)).toContain('session');
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(peer.reporter.all('source-retired')).toEqual([]);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const [{ seconds } = { seconds: 0 }] = peer.reporter.all('download-finished');
    // Longer than any single answer may take.
    expect(seconds).toBeGreaterThan(7);
  });

  it('takes time to begin that does not count as download', async () => {
    const data = numbers.bytes(20_000);
    const setUpMs = 400;
    let greetedAt = 0;
    await using neighbour = await KeepingNeighbour.start((message, connection, self) => {
      if (message.type === 'LS') self.say(connection, `LS_LIST 1 f:${data.length}`);
      if (message.type === 'DL') self.say(connection, chunkBody(data, message));
      if (message.type !== 'HELLO') return;
      greetedAt = performance.now();
      setTimeout(() => self.say(connection, 'RETURN_HELLO sessao'), setUpMs);
    });
    await using peer = await TestPeer.start();
    peer.neighbours.observe(neighbour.address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    const [finished] = peer.reporter.all('download-finished');
    expect(finished?.seconds).toBeGreaterThan(0);
    const sinceGreetingMs = performance.now() - greetedAt;
    // A timer may be early by a millisecond.
    expect((finished?.seconds ?? Infinity) * 1000).toBeLessThan(sinceGreetingMs - setUpMs + 1);
    expect(peer.statistics.summary()[0]?.mean).toBe(finished?.seconds);
  });
});

describe.concurrent('a request that is held up on its way', () => {
  const data = numbers.bytes(2_000);
  /** As long as a lost packet takes to come again, twice. */
  const HOLD_UP_MS = 700;

  it.each([
    ['in the middle of a number', 'DL f 100 1', '2', chunkOf(12)],
    ['in the middle of its type', 'GET_P', 'EERS', /^\S+ \d+ PEER_LIST 0$/],
    ['behind the first of its numbers', 'DL f 100', ' 3', chunkOf(3)],
  ])('%s is answered as a whole', async (_, begin, rest, answer) => {
    await using peer = await TestPeer.start({ files: { f: data } });
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 ${begin}`);
    await pause(HOLD_UP_MS);
    client.write(`${rest}\n`);
    const lines = (await client.untilEnd()).toString().trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(answer);
    expect(peer.reporter.all('message-received')).toHaveLength(1);
    expect(peer.reporter.all('input-rejected')).toEqual([]);
  });

  it('without a newline at all is answered in the end', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 DL f 100 1`);
    expect((await client.untilEnd()).toString().trimEnd()).toMatch(chunkOf(1));
  });

  function chunkOf(index: number): RegExp {
    const base64 = data.subarray(index * 100, (index + 1) * 100).toString('base64');
    return new RegExp(`^\\S+ \\d+ FILE f 100 ${index} ${base64.replace(/[+/]/g, '\\$&')}$`);
  }
});
