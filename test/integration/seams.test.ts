import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { fileBody, SessionClient } from '../helpers/session-client.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

/** What goes wrong where two rooms meet. */

const LS = { type: 'LS' } as const;

describe('a reply on a connection of its own', () => {
  it('may be large from the host that it is awaited from, and from nobody else', async () => {
    await using silent = await RawServer.start((connection) =>
      connection.socket.once('data', () => connection.end()),
    );
    await using peer = await TestPeer.start({ timing: { callback: 3_000 } });
    const asked = peer.peer.request(silent.address, LS);
    await until(() => silent.connections[0]?.closed === true, 2_000, 'the request');
    const long = `${silent.address} 7 LS_LIST 1 ${'x'.repeat(100)}:5 ${' '.repeat(100_000)}\n`;
    using stranger = await RawSocket.connect(peer.port, '127.0.0.2');
    stranger.write(long);
    await stranger.untilEnd();
    expect(peer.reporter.all('input-rejected')).toMatchObject([
      { remote: '127.0.0.2', code: 'line-too-long' },
    ]);
    using own = await RawSocket.connect(peer.port);
    own.write(long);
    expect((await asked).files).toMatchObject([{ size: 5 }]);
  });

  it('may be the whole file where a chunk was asked for', async () => {
    const data = new RandomNumbers(16).bytes(200_000);
    let port = 0;
    await using calling = await RawServer.start((connection) => {
      connection.socket.once('data', (bytes) => {
        connection.end();
        const [, , type] = bytes.toString().trim().split(' ');
        const body = type === 'LS' ? `LS_LIST 1 f:${data.length}` : `FILE f 0 0 ${data.toString('base64')}`;
        if (type === 'LS' || type === 'DL')
          void RawSocket.connect(port).then((back) => back.end(`${calling.address} 9 ${body}\n`));
      });
    });
    await using peer = await TestPeer.start();
    port = peer.port;
    peer.neighbours.observe(calling.address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1_000 }));
    expect(peer.reporter.all('input-rejected')).toEqual([]);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
  });
});

it('the same complaint about one host is reported once, whatever names it gives itself', async () => {
  await using peer = await TestPeer.start();
  for (let at = 0; at < 20; at++) {
    await RawSocket.exchange(peer.port, `10.0.0.${at + 1}:5001 1 DL nada-${at} 256 0\n`);
    await RawSocket.exchange(peer.port, `10.0.0.${at + 1}:5001 x LS\n`);
  }
  expect(peer.reporter.all('request-refused')).toHaveLength(1);
  expect(peer.reporter.all('input-rejected')).toHaveLength(1);
});

it('a reply that comes slowly is no silence', async () => {
  const pieces = Array.from({ length: 10 }, (_, at) => `${'n'.repeat(500)}${at}:1 `);
  await using slow = await RawServer.start((connection) => {
    connection.socket.once('data', () => {
      connection.write(`127.0.0.1:1 1 LS_LIST ${pieces.length} `);
      void (async () => {
        for (const piece of pieces) {
          await sleep(60);
          connection.write(piece);
        }
        connection.end('\n');
      })();
    });
  });
  await using peer = await TestPeer.start({ timing: { reply: 400 } });
  const { files } = await peer.peer.request(slow.address, LS);
  expect(files).toHaveLength(pieces.length);
  expect(peer.neighbours.get(slow.address)?.status).toBe('ONLINE');
});

it('a session whose answer is on its way is not idle', async () => {
  const data = new RandomNumbers(2).bytes(8_000_000);
  await using peer = await TestPeer.start({ files: { f: data }, timing: { idle: 100 } });
  using client = await SessionClient.open(peer.port);
  client.connection.socket.pause();
  client.say('DL f 8000000 0');
  await sleep(500);
  client.connection.socket.resume();
  expect(await client.take(1)).toEqual([fileBody('f', data, 8_000_000, 0)]);
});

it('what is no EACHare is shown with its first bytes, once, and is OFFLINE', async () => {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` as Address;
  await using peer = await TestPeer.start({ knows: [address] });
  await peer.peer.hello(address);
  await peer.peer.hello(address);
  expect(peer.reporter.all('input-rejected')).toMatchObject([{ sample: 'HTTP/1.1 400 Bad Request\r' }]);
  expect(peer.neighbours.get(address)?.status).toBe('OFFLINE');
  server.closeAllConnections();
  server.close();
});

it('a session that asks without end holds up nobody else', async () => {
  const data = new RandomNumbers(5).bytes(1_000_000);
  await using peer = await TestPeer.start({ files: { f: data } });
  using flooding = await SessionClient.open(peer.port);
  const asked = 40_000;
  flooding.say(...Array.from({ length: asked }, (_, at) => `DL f 20 ${at}`));
  await until(() => flooding.connection.receivedBytes > 10_000, 5_000, 'the flood');
  const reply = await RawSocket.exchange(peer.port, '127.0.0.1:9 1 LS\n');
  expect(reply.toString()).toContain('LS_LIST 1 f:1000000');
  const sent = () => peer.reporter.all('message-sent').map(({ type }) => type);
  await until(
    () => sent().filter((type) => type === 'FILE').length === asked,
    30_000,
    'the end of the flood',
  );
  expect(sent().indexOf('LS_LIST')).toBeLessThan(sent().lastIndexOf('FILE'));
});

it('a request without the space of its kind ends what is remembered of an entry a line', async () => {
  await using peer = await TestPeer.start({ files: { a: Buffer.from('1'), b: Buffer.from('2') } });
  const origin = '127.0.0.1:9';
  const ask = async (request: string) =>
    (await RawSocket.exchange(peer.port, `${origin} 1 ${request}\n`)).toString();
  expect(await ask('LS ')).toMatch(/LS_LIST 2 a:1\nb:1\n\n$/);
  expect(await ask('DL a 10 0')).toMatch(/FILE a 1 0 MQ==\n$/);
  expect(await ask('LS ')).toMatch(/LS_LIST 2 a:1\nb:1\n\n$/);
  using plain = await RawSocket.connect(peer.port);
  plain.write(`${origin} 2 LS\n`);
  expect((await plain.untilEnd()).toString()).toMatch(/LS_LIST 2 a:1 b:1\n$/);
});
