import net from 'node:net';
import { queryObjects } from 'node:v8';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const X = '127.0.0.1:9' as Address;
const data = new RandomNumbers(51).bytes(1_000_000);

describe('one connection for both sides', () => {
  it('brings our answer although theirs is still being read from the disk', async () => {
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type === 'GET_PEERS') self.say(connection, 'PEER_LIST 0');
      if (type !== 'LS') return;
      self.say(connection, `DL f ${data.length} 0`);
      void until(() => peer.share.reads > 0, 2_000, 'their request').then(() =>
        self.say(connection, 'LS_LIST 1 theirs:1'),
      );
    });
    await using peer = await TestPeer.start({ files: { f: data }, knows: [neighbour.address] });
    const gate = new Gate();
    peer.share.beforeRead = () => gate.opened;
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    const { files } = await peer.peer.request(neighbour.address, { type: 'LS' });
    expect(files).toEqual([{ token: 'theirs', size: 1 }]);
    gate.open();
    await until(() => neighbour.count('FILE') === 1, 5_000, 'their file');
    const file = neighbour.messages.at(-1);
    expect(file?.type === 'FILE' && file.data.equals(data)).toBe(true);
    expect(neighbour.server.connections).toHaveLength(1);
    expect(peer.reporter.all('request-failed')).toEqual([]);
    const statuses = peer.reporter.all('neighbour-status-changed').map(({ status }) => status);
    expect(statuses).toEqual(['ONLINE']);
  });

  it('brings our answer although they read theirs later', async () => {
    const large = Buffer.alloc(15_000_000, 'x');
    const answerMs = 300;
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type === 'GET_PEERS') self.say(connection, 'PEER_LIST 0');
      if (type !== 'LS') return;
      self.say(connection, `DL f ${large.length} 0`);
      // They serve us before they read on; the file is more than the buffers between us hold.
      connection.socket.pause();
      setTimeout(() => self.say(connection, 'LS_LIST 0'), answerMs);
    });
    await using peer = await TestPeer.start({ files: { f: large }, knows: [neighbour.address] });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    expect((await peer.peer.request(neighbour.address, { type: 'LS' })).files).toEqual([]);
    neighbour.server.connections[0]?.socket.resume();
    await until(() => neighbour.count('FILE') === 1, 5_000, 'their file');
    expect(peer.reporter.all('request-failed')).toEqual([]);
    expect(peer.neighbours.get(neighbour.address)?.status).toBe('ONLINE');
  });

  it('that we opened: what is no message on it is told', async () => {
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type === 'GET_PEERS') self.say(connection, 'PEER_LIST 0');
    });
    await using peer = await TestPeer.start({ knows: [neighbour.address] });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    const [connection] = neighbour.server.connections;
    connection?.write(`${neighbour.address} x LS\n`);
    await connection?.untilEnd(1_000);
    expect(peer.reporter.all('input-rejected')).toEqual([
      { event: 'input-rejected', remote: '127.0.0.1', code: 'bad-clock', repeated: 0 },
    ]);
    // The next request finds another one.
    await peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    expect(neighbour.server.connections).toHaveLength(2);
  });

  it('whose client does not read what it asks for takes no more than a bounded number of requests', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 HELLO\n`);
    await client.untilLines(1);
    client.write(`${X} 2 LS\n`);
    await client.untilLines(2);
    const { socket } = client;
    socket.pause();
    const requests = `${X} 3 DL f ${data.length} 0\n`.repeat(1_000);
    let progressAt = performance.now();
    const pour = () => {
      progressAt = performance.now();
      while (!client.closed && socket.write(requests));
    };
    socket.on('drain', pour);
    pour();
    const taken = () => socket.bytesWritten - socket.writableLength;
    await until(
      () => performance.now() - progressAt > 1_000,
      8_000,
      () => `${taken()} bytes are taken`,
    );
    expect(client.ending).toBe('none');
    expect(taken()).toBeLessThan(8_000_000);
    expect(peer.reporter.all('message-received').length).toBeLessThan(64);
  });
});

describe('short connections of many senders', () => {
  const SENDERS = 2_000;
  const AT_A_TIME = 100;
  /** Sockets in memory, after a garbage collection. */
  const sockets = () => queryObjects(net.Socket, { format: 'count' });

  it('leave nothing behind', async () => {
    await using peer = await TestPeer.start();
    const before = sockets();
    for (let first = 0; first < SENDERS; first += AT_A_TIME) {
      const talk = async (_: unknown, i: number) => {
        using client = await RawSocket.connect(peer.port);
        const origin = `127.0.0.1:${10_001 + first + i}`;
        client.write(`${origin} 1 HELLO\n${origin} 2 LS\n`);
        await client.untilLines(2);
        client.end();
        await client.untilEnd();
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, talk));
    }
    await until(
      () => sockets() < before + AT_A_TIME,
      5_000,
      () => `${sockets()} sockets are held, ${before} were`,
    );
    for (const port of [10_001, 10_001 + SENDERS / 2, 10_000 + SENDERS]) {
      const asking = peer.peer.request(`127.0.0.1:${port}` as Address, { type: 'LS' });
      await expect(asking).rejects.toMatchObject({ code: 'refused' });
    }
  }, 30_000);
});

describe('a client that resets behind its request', () => {
  it('is not taken for one that wants to be called back', async () => {
    await using home = await RawServer.start();
    await using peer = await TestPeer.start();
    using client = await RawSocket.connect(peer.port);
    client.write(`${home.address} 1 LS\n`);
    await peer.reporter.until(({ event }) => event === 'message-received');
    client.reset();
    using second = await RawSocket.connect(peer.port);
    second.write(`${home.address} 2 LS\n`);
    expect((await second.untilEnd()).toString()).toContain(' LS_LIST 0');
    expect(peer.reporter.all('dialect-learnt').map(({ dialect }) => dialect)).not.toContain('callback');
    expect(home.connections).toEqual([]);
  });
});

describe('first requests of one program at the same time', () => {
  it('cost it one HELLO of ours at the most', async () => {
    const answerMs = 100;
    const clients = 8;
    let hellos = 0;
    await using home = await RawServer.start((connection) => {
      void connection.untilLines(1).then(([line = '']) => {
        if (!line.includes(' HELLO')) return;
        hellos += 1;
        const answer = `${home.address} 7 RETURN_HELLO`;
        const prefix = Buffer.alloc(8);
        prefix.writeUInt32BE(answer.length, 4);
        setTimeout(() => connection.end(Buffer.concat([prefix, Buffer.from(answer)])), answerMs);
      });
    });
    await using peer = await TestPeer.start();
    using knock = await RawSocket.connect(peer.port);
    knock.end();
    await knock.untilEnd();
    const replies = await Promise.all(
      Array.from({ length: clients }, async () => {
        using client = await RawSocket.connect(peer.port);
        client.write(`${home.address} 1 LS\n`);
        return await client.untilEnd();
      }),
    );
    expect(hellos).toBe(1);
    for (const reply of replies) {
      expect(reply.readUInt32BE(0)).toBe(0);
      expect(reply.readUInt32BE(4)).toBe(reply.length - 8);
      expect(reply.toString('latin1', 8)).toContain(' LS_LIST 0');
    }
  });
});
