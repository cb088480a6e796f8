import { MAX_UNCONFIRMED_OF_ONE } from '../../src/limits.ts';
import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

/** Another host on the loopback network. */
const ELSEWHERE = '127.0.0.9';
const X = '127.0.0.1:1' as Address;
const Y = '127.0.0.1:2' as Address;

/** A program at its address that knows nothing of what is said in its name. */
const startVictim = () =>
  ScriptedNeighbour.start(({ type }) => say(type === 'LS' ? 'LS_LIST 1 real:1' : 'PEER_LIST 0'));

describe('requests in the name of another host', () => {
  it('do not lead our own requests to whoever sent them', async () => {
    await using victim = await startVictim();
    await using peer = await TestPeer.start();
    using impostor = await RawSocket.connect(peer.port, ELSEWHERE);
    impostor.write(`${victim.address} 1 HELLO\n`);
    await impostor.untilLines(1);
    impostor.write(`${victim.address} 2 GET_PEERS\n`);
    await impostor.untilLines(2);
    expect(peer.reporter.all('dialect-learnt')).toEqual([]);
    const before = impostor.receivedBytes;
    const { files } = await peer.peer.request(victim.address, { type: 'LS' });
    expect(files).toEqual([{ token: 'real', size: 1 }]);
    expect(victim.count('LS')).toBe(1);
    expect(impostor.receivedBytes).toBe(before);
  });

  it.each([
    ['a session', (victim: Address) => `${victim} 1 HELLO sessao\n`],
    ['lists on many lines', (victim: Address) => `${victim} 1 LS \n`],
    ['an answer on a new connection', (victim: Address) => `${victim} 1 LS\n`],
  ])('teach us nothing where they ask for %s', async (_, bytes) => {
    await using victim = await startVictim();
    await using peer = await TestPeer.start();
    const reply = await RawSocket.exchange(peer.port, bytes(victim.address), ELSEWHERE);
    // What they are answered stays with them.
    expect(reply.toString()).toContain(peer.address);
    expect(victim.server.connections).toEqual([]);
    expect(peer.reporter.all('dialect-learnt')).toEqual([]);
    expect((await peer.peer.request(victim.address, { type: 'LS' })).files).toHaveLength(1);
    expect(victim.requests.map(({ type }) => type)).toEqual(['LS']);
  });
});

describe('a process of the same host under the address of another', () => {
  it.each([
    ['before we have dialled that', false],
    ['after we have dialled that', true],
  ])('gets none of our requests on its connection, %s', async (_, isDialled) => {
    await using victim = await startVictim();
    await using peer = await TestPeer.start();
    const ask = () => peer.peer.request(victim.address, { type: 'LS' });
    if (isDialled) await ask();
    using impostor = await RawSocket.connect(peer.port);
    impostor.write(`${victim.address} 1 HELLO\n`);
    await impostor.untilLines(1);
    for (let at = 2; at <= 4; at++) {
      impostor.write(`${victim.address} ${at} LS\n`);
      await impostor.untilLines(at);
    }
    const before = impostor.receivedBytes;
    expect((await ask()).files).toEqual([{ token: 'real', size: 1 }]);
    expect((await ask()).files).toEqual([{ token: 'real', size: 1 }]);
    expect(impostor.receivedBytes).toBe(before);
  });
});

describe('BYE from another host', () => {
  it('changes no status, and a download from that neighbour goes on', async () => {
    const data = new RandomNumbers(21).bytes(64_000);
    await using source = await TestPeer.start({ files: { f: data } });
    const gate = new Gate();
    source.share.beforeRead = () => (source.share.reads > 3 ? gate.opened : undefined);
    await using peer = await TestPeer.start({ knows: [source.address] });
    await peer.peer.hello(source.address);
    const downloading = searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));
    await until(() => source.share.reads > 3, 5_000, 'a download under way');
    await RawSocket.exchange(peer.port, `${source.address} 99 BYE\n`, ELSEWHERE);
    await peer.reporter.until((event) => event.event === 'message-received' && event.type === 'BYE');
    expect(peer.neighbours.get(source.address)?.status).toBe('ONLINE');
    gate.open();
    await downloading;
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(peer.reporter.all('source-retired')).toEqual([]);
  });

  it('leaves our connection alone; BYE from its own host closes it', async () => {
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type === 'GET_PEERS') self.say(connection, 'PEER_LIST 0');
    });
    const { connections } = neighbour.server;
    await using peer = await TestPeer.start({ knows: [neighbour.address] });
    const ask = () => peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await ask();
    await ask();
    await RawSocket.exchange(peer.port, `${neighbour.address} 90 BYE\n`, ELSEWHERE);
    expect(peer.neighbours.get(neighbour.address)?.status).toBe('ONLINE');
    await ask();
    expect(connections.map(({ ending }) => ending)).toEqual(['none']);
    expect(peer.neighbours.get(neighbour.address)?.status).toBe('ONLINE');
    await RawSocket.exchange(peer.port, `${neighbour.address} 91 BYE\n`);
    expect(peer.neighbours.get(neighbour.address)?.status).toBe('OFFLINE');
    await connections[0]?.untilEnd(1_000);
    expect(connections[0]?.ending).toBe('fin');
    await ask();
    expect(connections).toHaveLength(2);
  });
});

describe('what is said in the name of others', () => {
  it('makes nobody ONLINE, is written nowhere and told to nobody, and is bounded', async () => {
    await using peer = await TestPeer.start();
    for (let at = 0; at < MAX_UNCONFIRMED_OF_ONE + 20; at++) {
      await RawSocket.exchange(peer.port, `10.9.${at}.1:5001 1 HELLO\n`);
      await RawSocket.exchange(peer.port, `10.8.${at}.1:5001 1 BYE\n`);
    }
    expect(peer.neighbours.list()).toHaveLength(MAX_UNCONFIRMED_OF_ONE);
    expect(peer.neighbours.online()).toEqual([]);
    expect(peer.reporter.all('neighbour-added')).toEqual([]);
    expect((await RawSocket.exchange(peer.port, `${X} 1 GET_PEERS\n`)).toString()).toMatch(/PEER_LIST 0\n$/);
  });

  it('becomes a neighbour once it has answered us', async () => {
    await using honest = await TestPeer.start({ files: { f: Buffer.from('x') } });
    await using peer = await TestPeer.start();
    await RawSocket.exchange(peer.port, `${honest.address} 1 HELLO\n`, ELSEWHERE);
    expect(peer.neighbours.isConfirmed(honest.address)).toBe(false);
    await peer.peer.request(honest.address, { type: 'LS' });
    expect(peer.neighbours.isConfirmed(honest.address)).toBe(true);
    expect(peer.reporter.all('neighbour-added')).toMatchObject([
      { neighbour: honest.address, status: 'ONLINE' },
    ]);
  });

  it('is asked after where it says that a neighbour has gone, once', async () => {
    await using neighbour = await TestPeer.start();
    await using peer = await TestPeer.start();
    await peer.peer.request(neighbour.address, { type: 'LS' });
    const { reporter } = neighbour;
    for (let time = 0; time < 5; time++) {
      await RawSocket.exchange(peer.port, `${neighbour.address} 99 BYE\n`, ELSEWHERE);
    }
    await reporter.until((event) => event.event === 'message-received' && event.type === 'HELLO');
    expect(reporter.all('message-received').filter(({ type }) => type === 'HELLO')).toHaveLength(1);
    expect(peer.neighbours.get(neighbour.address)?.status).toBe('ONLINE');
  });
});

describe('a second origin on a connection', () => {
  it('is refused, and the connection closed', async () => {
    await using peer = await TestPeer.start();
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 HELLO\n`);
    await client.untilLines(1);
    client.write(`${Y} 2 LS\n`);
    const received = (await client.untilEnd()).toString();
    expect(received).toMatch(/^\S+ \d+ RETURN_HELLO[^\n]*\n$/);
    expect(peer.reporter.all('input-rejected')).toMatchObject([{ code: 'bad-origin' }]);
    expect(peer.neighbours.list().map(({ address }) => address)).toEqual([X]);
  });
});
