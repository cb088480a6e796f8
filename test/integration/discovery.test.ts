import { describe, expect, it } from 'vitest';
import { leave, listPeers, obtainPeers } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { ReplyDeadline } from '../helpers/reply-deadline.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const X = '127.0.0.1:1' as Address;
const Y = '127.0.0.1:2' as Address;

const addresses = ({ neighbours }: TestPeer) => neighbours.list().map(({ address }) => address);

/** A port on which nobody listens any more. */
async function deadAddress(): Promise<Address> {
  await using server = await RawServer.start();
  return server.address;
}

describe('GET_PEERS to all', () => {
  it('reports that nobody is known, or that nobody has answered', async () => {
    await using b = await TestPeer.start();
    await using a = await TestPeer.start();
    await obtainPeers(a.desk());
    a.peer.know(await deadAddress());
    await obtainPeers(a.desk());
    expect(a.reporter.all('neighbours-silent')).toMatchObject([{ asked: 0 }, { asked: 1 }]);
    a.peer.know(b.address);
    await obtainPeers(a.desk());
    expect(a.reporter.all('neighbours-silent')).toHaveLength(2);
  });
});

describe('HELLO and BYE', () => {
  it('makes both sides know each other as ONLINE', async () => {
    await using b = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [b.address] });
    expect(a.neighbours.get(b.address)).toEqual({ address: b.address, status: 'OFFLINE', clock: 0 });
    await listPeers(a.desk({ answers: ['1'] }));
    await b.reporter.until(({ event }) => event === 'message-received');
    expect(a.neighbours.get(b.address)?.status).toBe('ONLINE');
    expect(b.neighbours.list()).toEqual([{ address: a.address, status: 'ONLINE', clock: 1 }]);
    expect(b.clock.value).toBeGreaterThan(1);
  });

  it('takes a neighbour that says BYE as OFFLINE, and as ONLINE with its next message', async () => {
    await using a = await TestPeer.start();
    await RawSocket.exchange(a.port, `${X} 4 HELLO\n`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 4 });
    await RawSocket.exchange(a.port, `${X} 5 BYE\n`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'OFFLINE', clock: 5 });
    await RawSocket.exchange(a.port, `${X} 3 LS\n`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 5 });
  });

  it('says BYE to all that are ONLINE and to nobody else', async () => {
    await using b = await TestPeer.start();
    await using c = await TestPeer.start();
    await using d = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [b.address, c.address, d.address] });
    await a.peer.hello(b.address);
    await a.peer.hello(c.address);
    await leave(a.desk(), 'menu');
    for (const peer of [b, c]) {
      await peer.reporter.until((event) => event.event === 'message-received' && event.type === 'BYE');
      expect(peer.neighbours.get(a.address)?.status).toBe('OFFLINE');
    }
    expect(d.reporter.all('message-received')).toEqual([]);
    expect(a.reporter.events.at(-1)).toEqual({ event: 'peer-stopped' });
  });

  it('leaves within its deadline where neighbours accept and never answer', async () => {
    await using silent = await RawServer.start();
    await using a = await TestPeer.start({ knows: [silent.address] });
    await a.peer.hello(silent.address);
    await using reply = await ReplyDeadline.start();
    await leave(a.desk(), 'signal');
    expect(reply.isOver).toBe(false);
  });
});

describe('GET_PEERS', () => {
  it('finds a fourth peer through others', async () => {
    await using d = await TestPeer.start();
    await using c = await TestPeer.start({ knows: [d.address] });
    await using b = await TestPeer.start({ knows: [c.address] });
    await using a = await TestPeer.start({ knows: [b.address] });
    await obtainPeers(a.desk());
    expect(addresses(a)).toEqual([b.address, c.address]);
    // As B told it, which had not talked to C.
    expect(a.neighbours.get(c.address)).toEqual({ address: c.address, status: 'OFFLINE', clock: 0 });
    await obtainPeers(a.desk());
    expect(addresses(a)).toEqual([b.address, c.address, d.address]);
    expect(a.neighbours.get(c.address)?.status).toBe('ONLINE');
    await obtainPeers(a.desk());
    expect(a.neighbours.online()).toEqual([b.address, c.address, d.address]);
    for (const peer of [b, c, d]) expect(peer.neighbours.get(a.address)?.status).toBe('ONLINE');
  });

  it('leaves the requester out of the reply, and nobody learns its own address', async () => {
    await using c = await TestPeer.start();
    await using b = await TestPeer.start({ knows: [c.address] });
    await using a = await TestPeer.start({ knows: [b.address, c.address] });
    await obtainPeers(a.desk());
    await obtainPeers(b.desk());
    await obtainPeers(c.desk());
    for (const peer of [a, b, c]) {
      expect(addresses(peer)).toHaveLength(2);
      expect(addresses(peer)).not.toContain(peer.address);
      for (const { to, args } of peer.reporter.all('message-sent').filter(({ type }) => type === 'PEER_LIST'))
        expect(args.join(' ')).not.toContain(to);
    }
  });

  it('takes hearsay only where its clock is larger', async () => {
    const told: string[] = [];
    await using b = await ScriptedNeighbour.start(() => say(`PEER_LIST ${told.length} ${told.join(' ')}`));
    await using a = await TestPeer.start({ knows: [b.address] });
    const hear = async (...entries: string[]) => {
      told.splice(0, told.length, ...entries);
      await a.peer.request(b.address, { type: 'GET_PEERS' });
    };
    await hear(`${X}:ONLINE:7`, `${Y}:OFFLINE:3`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 7 });
    expect(a.neighbours.get(Y)).toEqual({ address: Y, status: 'OFFLINE', clock: 3 });
    await hear(`${X}:OFFLINE:7`, `${Y}:ONLINE:2`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'ONLINE', clock: 7 });
    expect(a.neighbours.get(Y)).toEqual({ address: Y, status: 'OFFLINE', clock: 3 });
    await hear(`${X}:OFFLINE:8`, `${Y}:ONLINE:4`);
    expect(a.neighbours.get(X)).toEqual({ address: X, status: 'OFFLINE', clock: 8 });
    expect(a.neighbours.get(Y)).toEqual({ address: Y, status: 'ONLINE', clock: 4 });
  });

  it('ignores our own address and malformed entries, one by one', async () => {
    let list = '';
    await using b = await ScriptedNeighbour.start(() => say(list));
    await using a = await TestPeer.start({ knows: [b.address] });
    const nonsense = [
      `${a.address}:OFFLINE:99`,
      '127.0.0.1:0:ONLINE:1',
      '127.0.0.1:70000:ONLINE:1',
      '999.1.1.1:80:ONLINE:1',
      'x',
      ':::',
      '127.0.0.1:5:MAYBE:1',
      '127.0.0.1:5:ONLINE:-1',
      '127.0.0.1:5:ONLINE:1e3',
      '127.0.0.1:5:ONLINE:99999999999999999',
      '127.0.0.1:5:online:1',
      '../../etc/passwd:80:ONLINE:1',
      '127.0.0.1:5',
    ];
    list = `PEER_LIST ${nonsense.length + 1} ${nonsense.join(' ')} ${X}:ONLINE:1`;
    await a.peer.request(b.address, { type: 'GET_PEERS' });
    expect(addresses(a)).toEqual([b.address, X]);
  });
});

describe('a neighbour that cannot be reached', () => {
  it('is OFFLINE once the connection is refused', async () => {
    const dead = await deadAddress();
    await using a = await TestPeer.start({ knows: [dead] });
    a.neighbours.observe(dead, 'ONLINE');
    await a.peer.hello(dead);
    expect(a.neighbours.get(dead)?.status).toBe('OFFLINE');
    expect(a.reporter.all('request-failed')).toEqual([
      { event: 'request-failed', to: dead, type: 'HELLO', code: 'refused' },
    ]);
    // Nothing was sent, so the clock stands still.
    expect(a.clock.value).toBe(0);
  });

  it('is OFFLINE once it has closed without an answer', async () => {
    await using mute = await RawServer.start((connection) => connection.end());
    await using a = await TestPeer.start({ knows: [mute.address], timing: { callback: 200 } });
    await obtainPeers(a.desk());
    expect(a.neighbours.get(mute.address)?.status).toBe('OFFLINE');
    expect(a.reporter.all('request-failed')).toMatchObject([{ type: 'GET_PEERS', code: 'no-reply' }]);
  });

  it('does not keep the next one waiting longer than the stagger', async () => {
    const silent = await Promise.all([1, 2, 3].map(() => RawServer.start()));
    await using live = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [...silent, live].map(({ address }) => address) });
    const leaving = new AbortController();
    const asking = obtainPeers(a.desk({ signal: leaving.signal }));
    await a.reporter.until((event) => event.event === 'message-received');
    // Not even the first of the silent ones has been given up.
    expect(a.reporter.all('request-failed')).toEqual([]);
    leaving.abort();
    await asking;
    expect(a.neighbours.get(live.address)?.status).toBe('ONLINE');
    await Promise.all(silent.map((server) => server.close()));
  });
});

describe.concurrent('a neighbour that accepts and never answers', () => {
  it('is OFFLINE after the reply deadline', async () => {
    await using silent = await RawServer.start();
    await using a = await TestPeer.start({ knows: [silent.address], timing: { reply: 500 } });
    await obtainPeers(a.desk());
    expect(a.reporter.all('request-failed')).toMatchObject([{ type: 'GET_PEERS', code: 'reply-timeout' }]);
    expect(a.neighbours.get(silent.address)?.status).toBe('OFFLINE');
  });

  it('does not escape the deadline by sending a byte now and then', async () => {
    await using trickling = await RawServer.start((connection) => {
      const timer = setInterval(() => connection.write('1'), 100);
      connection.socket.on('close', () => clearInterval(timer));
    });
    await using a = await TestPeer.start({ knows: [trickling.address], timing: { reply: 500 } });
    await expect(a.peer.request(trickling.address, { type: 'LS' })).rejects.toMatchObject({
      code: 'reply-timeout',
    });
  });
});
