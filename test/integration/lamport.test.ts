import { describe, expect, it } from 'vitest';
import { leave, obtainPeers, searchFiles } from '../../src/commands.ts';
import type { AppEvent } from '../../src/events.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TestPeer } from '../helpers/test-peer.ts';

/** The part of an event that its place in the order is about. */
const kind = (event: AppEvent) => ('cause' in event ? `${event.event} ${event.cause}` : event.event);

/** What is said about messages, clocks and neighbours, in order. */
const about = ({ reporter }: TestPeer) =>
  reporter.events.map(kind).filter((name) => /^(peer|clock|message|neighbour)-/.test(name));

/** A busy network: everybody says, asks and downloads at the same time, and leaves in the end. */
async function busyNetwork(): Promise<TestPeer[]> {
  const data = new RandomNumbers(7).bytes(20_000);
  const [a, b, c, d] = await Promise.all([
    TestPeer.start(),
    TestPeer.start({ files: { 'dados.bin': data } }),
    TestPeer.start({ files: { 'dados.bin': data } }),
    TestPeer.start({ files: { 'dados.bin': data } }),
  ]);
  const peers = [a, b, c, d];
  for (const peer of peers) for (const other of peers) peer.peer.know(other.address);
  await Promise.all(peers.map((peer) => Promise.all(peers.map((other) => greet(peer, other)))));
  await Promise.all([
    searchFiles(a.desk({ answers: [fileNamed('dados.bin')], chunkSize: 500 })),
    ...[b, c, d].map((peer) => obtainPeers(peer.desk())),
    ...[b, c].map((peer) => searchFiles(peer.desk({ answers: [fileNamed('dados.bin')], chunkSize: 333 }))),
  ]);
  expect(a.share.files.get('dados.bin')).toEqual(data);
  for (const peer of peers) await leave(peer.desk(), 'menu');
  return peers;
}

async function greet(from: TestPeer, to: TestPeer): Promise<void> {
  if (from !== to) await from.peer.hello(to.address);
}

describe('the clocks of a busy network', () => {
  it('keep every rule in the recorded trace', async () => {
    const peers = await busyNetwork();
    const logs = new Map(peers.map((peer) => [peer.address, peer.reporter]));
    let received = 0;

    for (const { reporter, clock } of peers) {
      const clocks = reporter.all('clock-updated').map((event) => event.clock);
      expect(clocks.every((value, i) => value > (clocks[i - 1] ?? 0))).toBe(true);
      expect(clocks.at(-1)).toBe(clock.value);
      expect(clocks).toHaveLength(
        reporter.all('message-sent').length + reporter.all('message-received').length,
      );

      for (const message of reporter.all('message-received')) {
        received += 1;
        expect(message.clockAfter).toBeGreaterThan(message.clock);
        const sent = logs
          .get(message.from)
          ?.all('message-sent')
          .filter((event) => event.clock === message.clock);
        expect(sent).toMatchObject([{ type: message.type, args: message.args, reply: message.reply }]);
      }

      reporter.events.forEach((event, i) => {
        if (event.event === 'message-sent')
          expect(reporter.events[i - 1]).toEqual({
            event: 'clock-updated',
            clock: event.clock,
            cause: 'send',
          });
        if (event.event === 'message-received')
          expect(reporter.events[i + 1]).toEqual({
            event: 'clock-updated',
            clock: event.clockAfter,
            cause: 'receive',
          });
      });
    }
    // 12 HELLO, 9 GET_PEERS, 9 LS, 40 + 61 + 61 DL with their replies, BYE.
    expect(received).toBeGreaterThan(12 + 2 * 9 + 2 * 9 + 2 * (40 + 61 + 61));
  });
});

describe('the order of events', () => {
  it('is clock, message for what is sent and message, clock, status for what is received', async () => {
    await using b = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [b.address] });
    await a.peer.request(b.address, { type: 'GET_PEERS' });
    expect(about(a)).toEqual([
      'peer-started',
      'neighbour-added',
      'clock-updated send',
      'message-sent',
      'neighbour-status-changed',
      'message-received',
      'clock-updated receive',
    ]);
    expect(about(b)).toEqual([
      'peer-started',
      'message-received',
      'clock-updated receive',
      'neighbour-added',
      'clock-updated send',
      'message-sent',
    ]);
  });

  it('counts by the larger of both clocks', async () => {
    await using a = await TestPeer.start();
    await RawSocket.exchange(a.port, '127.0.0.1:1 41 HELLO\n');
    expect(a.clock.value).toBe(42);
    await RawSocket.exchange(a.port, '127.0.0.1:1 3 HELLO\n');
    expect(a.clock.value).toBe(43);
    const reply = await RawSocket.exchange(a.port, '127.0.0.1:1 43 GET_PEERS\n');
    expect(reply.toString()).toBe(`${a.address} 45 PEER_LIST 0\n`);
  });

  it('does not count what breaks the rules', async () => {
    await using a = await TestPeer.start();
    await RawSocket.exchange(a.port, '127.0.0.1:1 41 NONSENSE\n');
    await RawSocket.exchange(a.port, `${a.address} 41 HELLO\n`);
    expect(a.clock.value).toBe(0);
    expect(a.neighbours.list()).toEqual([]);
  });
});
