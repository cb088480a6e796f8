import { describe, expect, it } from 'vitest';
import { MAX_INBOUND_CONNECTIONS, MAX_NEIGHBOURS, MAX_UNCONFIRMED_OF_ONE } from '../../src/limits.ts';
import { MAX_CONNECTIONS_A_HOST } from '../../src/network/listener.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const X = '127.0.0.1:1';
const AT_A_TIME = 100;

/** Opens connections that say this and are left alone. */
async function openMany(
  peer: { readonly port: number },
  count: number,
  bytes = '',
  host = '127.0.0.1',
): Promise<RawSocket[]> {
  const clients: RawSocket[] = [];
  while (clients.length < count) {
    const some = Math.min(AT_A_TIME, count - clients.length);
    clients.push(
      ...(await Promise.all(Array.from({ length: some }, () => RawSocket.connect(peer.port, host)))),
    );
    for (const client of clients.slice(-some)) client.write(bytes);
  }
  return clients;
}

/** Another client is served all the same. */
async function expectAnswered(peer: { readonly port: number }): Promise<void> {
  const reply = await RawSocket.exchange(peer.port, `${X} 1 GET_PEERS\n`);
  expect(reply.toString()).toContain(' PEER_LIST ');
}

const open = (clients: readonly RawSocket[]) => clients.filter(({ ending }) => ending === 'none').length;

function disposeAll(clients: readonly RawSocket[]): void {
  for (const client of clients) client[Symbol.dispose]();
}

describe('many connections', () => {
  it('500 idle ones: another client is answered', async () => {
    await using peer = await TestPeer.start();
    const idle = await openMany(peer, 500);
    for (let i = 0; i < 5; i++) await expectAnswered(peer);
    expect(open(idle)).toBe(500);
    disposeAll(idle);
  });

  it('800 idle ones: the oldest go, the newest stay, and it is told once', async () => {
    await using peer = await TestPeer.start();
    const idle = await openMany(peer, 800);
    await until(
      () => open(idle) <= MAX_CONNECTIONS_A_HOST,
      2_000,
      () => `${open(idle)} are open`,
    );
    expect(open(idle.slice(0, 800 - MAX_CONNECTIONS_A_HOST))).toBe(0);
    expect(open(idle.slice(-MAX_CONNECTIONS_A_HOST))).toBeGreaterThan(MAX_CONNECTIONS_A_HOST - 5);
    await expectAnswered(peer);
    expect(
      peer.reporter.all('input-rejected').filter(({ code }) => code === 'too-many-connections'),
    ).toHaveLength(1);
    disposeAll(idle);
  });

  it('700 that began with HELLO and stay: the oldest go', async () => {
    await using peer = await TestPeer.start();
    const idle = await openMany(peer, 700, `${X} 1 HELLO\n`);
    await until(
      () => open(idle) <= MAX_INBOUND_CONNECTIONS,
      2_000,
      () => `${open(idle)} are open`,
    );
    await expectAnswered(peer);
    disposeAll(idle);
  });

  it('700 that wait for a slow file: no more are held than the limit says', async () => {
    await using peer = await TestPeer.start({ files: { slow: Buffer.alloc(10) } });
    const gate = new Gate();
    peer.share.beforeRead = () => gate.opened;
    const waiting = await openMany(peer, 700, `${X} 1 DL slow 10 0\n`);
    try {
      await until(
        () => open(waiting) <= MAX_INBOUND_CONNECTIONS,
        2_000,
        () => `${open(waiting)} are open`,
      );
    } finally {
      gate.open();
    }
    await expectAnswered(peer);
    disposeAll(waiting);
  });

  it('2000 of garbage: answered in between, told once a kind', async () => {
    await using peer = await TestPeer.start();
    const garbage = ['', '\n', 'x', `${X} 1 NONSENSE\n`, `${X} x LS\n`, 'x'.repeat(5000), '\xff\0\r\n', ' '];
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: AT_A_TIME }, (_, i) =>
          RawSocket.exchange(peer.port, Buffer.from(garbage[i % garbage.length] ?? '', 'latin1')),
        ),
      );
      await expectAnswered(peer);
    }
    const told = peer.reporter.all('input-rejected');
    expect(told.map(({ code }) => code).sort()).toEqual([
      'bad-clock',
      'line-too-long',
      'malformed',
      'unknown-type',
    ]);
    expect(told.map(({ repeated }) => repeated)).toEqual([0, 0, 0, 0]);
  });

  it('200 idle ones where the system allows 64 descriptors: another client is answered', async () => {
    await using peer = await SpawnedPeer.start({ limit: 'ulimit -n 64' });
    const idle = await openMany(peer, 200);
    await expectAnswered(peer);
    disposeAll(idle);
  });

  it('500 that reset at once', async () => {
    await using peer = await TestPeer.start();
    for (const client of await openMany(peer, 500, `${X} 1 LS\n`)) client.reset();
    await expectAnswered(peer);
  });
});

describe('many requests', () => {
  it('for long lists, by sessions that do not read: a client of another host has its turn among them', async () => {
    const knows = Array.from({ length: 900 }, (_, i) => `10.9.${i >> 8}.${i & 255}:5001` as Address);
    await using peer = await TestPeer.start({ knows });
    const requests = `${X} 1 HELLO sessao\n` + `${X} 2 GET_PEERS\n`.repeat(300);
    const sent = () => peer.reporter.all('message-sent').filter(({ type }) => type === 'PEER_LIST').length;
    const clients = await openMany(peer, 100, requests, '127.0.0.9');
    for (const { socket } of clients) socket.pause();
    const before = sent();
    const reply = await RawSocket.exchange(peer.port, '127.0.0.5:1 1 LS\n', '127.0.0.5');
    expect(reply.toString()).toContain(' LS_LIST ');
    // One by one they would have been served, all of them, as much as the buffers of the system take.
    expect(sent() - before).toBeLessThan(1_000);
    disposeAll(clients);
  });

  it('for what is not shared: told once', async () => {
    await using peer = await TestPeer.start();
    for (let round = 0; round < 5; round++)
      await Promise.all(
        Array.from({ length: AT_A_TIME }, (_, i) => RawSocket.exchange(peer.port, `${X} 1 DL no${i} 1 0\n`)),
      );
    expect(peer.reporter.all('request-refused')).toHaveLength(1);
  });

  it('of whole files by clients that do not read: others are answered', async () => {
    await using peer = await TestPeer.start({ files: { big: Buffer.alloc(30_000_000) } });
    const clients = await openMany(peer, 20, `${X} 1 DL big 0 0\n`);
    for (const { socket } of clients) socket.pause();
    for (let i = 0; i < 5; i++) await expectAnswered(peer);
    disposeAll(clients);
  });

  it.each([
    ['of this host', '127.0.0.1', MAX_NEIGHBOURS],
    ['in the name of other hosts', '10.0.0.1', MAX_UNCONFIRMED_OF_ONE],
  ])('by 1500 different senders %s: no more are kept than the limit says', async (_, host, limit) => {
    await using peer = await TestPeer.start();
    for (let round = 0; round < 15; round++)
      await Promise.all(
        Array.from({ length: AT_A_TIME }, (__, i) =>
          RawSocket.exchange(peer.port, `${host}:${10_000 + round * AT_A_TIME + i} 1 HELLO\n`),
        ),
      );
    expect(peer.neighbours.list()).toHaveLength(limit);
    expect(peer.reporter.all('neighbours-limit-reached')).toHaveLength(1);
  });
});
