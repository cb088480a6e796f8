import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SharedFolder } from '../../src/disk/share/shared-folder.ts';
import { MAX_CLOCK, MAX_REQUEST_BYTES } from '../../src/limits.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const X = '127.0.0.1:1' as Address;

/** Sends these bytes and a FIN; nothing may come back, and the peer is to work as before. */
async function expectNoAnswer(peer: TestPeer, bytes: string | Buffer): Promise<void> {
  expect((await RawSocket.exchange(peer.port, bytes)).toString('latin1')).toBe('');
  await expectAlive(peer);
}

async function expectAlive(peer: TestPeer): Promise<void> {
  const reply = await RawSocket.exchange(peer.port, `${X} 1 LS\n`);
  expect(reply.toString()).toMatch(/^127\.0\.0\.1:\d+ \d+ LS_LIST \d+( |\n)/);
}

describe('names that lead elsewhere', () => {
  let home = '';
  let folder: SharedFolder;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'eachare-'));
    await mkdir(join(home, 'shared', 'sub'), { recursive: true });
    await writeFile(join(home, 'x'), 'secret');
    await writeFile(join(home, 'shared', 'sub', 'y'), 'in a folder');
    await writeFile(join(home, 'shared', '.hidden'), 'hidden');
    await writeFile(join(home, 'shared', 'ok.txt'), 'shared');
    folder = await SharedFolder.open(join(home, 'shared'));
  });
  afterAll(async () => {
    await folder.close();
    await rm(home, { recursive: true });
  });

  it.each([
    '../x',
    '..%2Fx',
    '%2e%2e%2fx',
    '%252e%252e%252fx',
    './../x',
    'sub/../../x',
    'sub/y',
    'sub%2Fy',
    'sub',
    '..\\x',
    '..%5Cx',
    '/etc/passwd',
    '%2Fetc%2Fpasswd',
    '//etc/passwd',
    'file:///etc/passwd',
    '.',
    '..',
    '%2E',
    '.hidden',
    './ok.txt',
    'ok.txt/',
    'ok.txt%00',
    'ok.txt\0',
    '\0',
    '%00',
    'ok.txt\0.png',
    '%0A',
    '%C3%28',
    '%FF%FE',
    '__proto__',
    'constructor',
    'a'.repeat(256),
    '%61'.repeat(250),
    'é'.repeat(128),
    '../'.repeat(250),
  ])('%j is not found', async (name) => {
    await using peer = await TestPeer.start({ folder });
    for (const request of [`DL ${name} 256 0`, `DL ${name} 0 0`])
      await expectNoAnswer(peer, `${X} 1 ${request}\n`);
    expect(peer.reporter.all('message-sent').filter(({ type }) => type === 'FILE')).toEqual([]);
    const refused = peer.reporter.all('request-refused');
    expect(refused).toMatchObject([{ from: X, type: 'DL', code: 'not-found', repeated: 0 }]);
  });
});

describe('requests that break the rules', () => {
  const requests: readonly (readonly [code: string, bytes: string])[] = [
    ['bad-arguments', `${X} 1 DL ok -1 0\n`],
    ['bad-arguments', `${X} 1 DL ok 256 -1\n`],
    ['bad-arguments', `${X} 1 DL ok NaN 0\n`],
    ['bad-arguments', `${X} 1 DL ok 256 Infinity\n`],
    ['bad-arguments', `${X} 1 DL ok 1e3 0\n`],
    ['bad-arguments', `${X} 1 DL ok 0x10 0\n`],
    ['bad-arguments', `${X} 1 DL ok 256 99999999999999999999\n`],
    ['bad-arguments', `${X} 1 DL ok 9007199254740993 0\n`],
    ['bad-arguments', `${X} 1 DL ok\n`],
    ['bad-arguments', `${X} 1 DL\n`],
    ['bad-arguments', `${X} 1 DL o k 256 0\n`],
    ['bad-arguments', `${X} 1 DL ${'a'.repeat(800)} 256 0\n`],
    ['bad-arguments', `${X} 1 DL ${'%61'.repeat(1300)} 256 0\n`],
    ['bad-clock', `${X} 9007199254740993 HELLO\n`],
    ['bad-clock', `${X} ${2 ** 53} HELLO\n`],
    ['bad-clock', `${X} ${'9'.repeat(400)} HELLO\n`],
    ['bad-clock', `${X} -1 HELLO\n`],
    ['bad-clock', `${X} NaN HELLO\n`],
    ['bad-clock', `${X} 1.5 HELLO\n`],
    ['unknown-type', `${X} 1 SHUTDOWN\n`],
    ['unknown-type', `${X} 1 hello\n`],
    ['unknown-type', `${X} 1 toString\n`],
    ['bad-origin', `127.0.0.1:0 1 HELLO\n`],
    ['bad-origin', `127.0.0.1:99999 1 HELLO\n`],
    ['bad-origin', `256.0.0.1:80 1 HELLO\n`],
    ['bad-origin', `../../x:80 1 HELLO\n`],
    ['bad-origin', `\x1b[31mx:80 1 HELLO\n`],
    ['bad-origin', `GET / HTTP/1.1\r\n\r\n`],
    ['malformed', `HELLO\n`],
    ['malformed', `${X}\n`],
    ['line-too-long', `${X} 1 HELLO ${'x'.repeat(MAX_REQUEST_BYTES)}\n`],
  ];

  it.each(requests)('%s: %j', async (code, bytes) => {
    await using peer = await TestPeer.start();
    await expectNoAnswer(peer, bytes);
    const isForeign = code === 'malformed' || code === 'bad-origin';
    const sample = bytes.slice(0, 40).replace(/\n.*$/s, '');
    expect(peer.reporter.all('input-rejected')).toEqual([
      { event: 'input-rejected', remote: '127.0.0.1', code, repeated: 0, ...(isForeign ? { sample } : {}) },
    ]);
  });

  it.each([Number.MAX_SAFE_INTEGER, 2 ** 52, 1e15])('asks for chunk %d of a small file', async (index) => {
    await using peer = await TestPeer.start({ files: { ok: Buffer.from('ok') } });
    for (const size of [1, 256, Number.MAX_SAFE_INTEGER])
      await expectNoAnswer(peer, `${X} 1 DL ok ${size} ${index}\n`);
    expect(peer.reporter.all('request-refused')).toMatchObject([{ code: 'out-of-range' }]);
  });

  it('claims to be us', async () => {
    await using peer = await TestPeer.start();
    await expectNoAnswer(peer, `${peer.address} 5 GET_PEERS\n`);
    expect(peer.reporter.all('input-rejected')).toMatchObject([{ code: 'own-origin' }]);
    expect(peer.neighbours.get(peer.address)).toBeUndefined();
  });

  it('is noise', async () => {
    const numbers = new RandomNumbers(5);
    await using peer = await TestPeer.start();
    for (let i = 0; i < 100; i++) {
      using client = await RawSocket.connect(peer.port);
      client.end(numbers.bytes(numbers.below(3000)));
      expect((await client.untilEnd()).length).toBe(0);
    }
    await expectAlive(peer);
    const codes = peer.reporter.all('input-rejected').map(({ code }) => code);
    expect(codes).toHaveLength(new Set(codes).size);
  });

  it('is a message with some bytes changed', async () => {
    const { seed } = new RandomNumbers();
    const numbers = new RandomNumbers(seed);
    await using peer = await TestPeer.start({ files: { 'a.txt': Buffer.alloc(600, 'a') } });
    const templates = ['LS', 'GET_PEERS', 'DL a.txt 256 1', 'DL a.txt 0 0', 'HELLO', 'BYE'];
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(`${X} ${numbers.below(50)} ${numbers.pick(templates)}\n`);
      for (let hits = numbers.below(3); hits >= 0; hits--)
        bytes[numbers.below(bytes.length)] = numbers.below(256);
      const reply = await RawSocket.exchange(peer.port, bytes);
      // Either silence or whole lines.
      expect(reply.length === 0 || reply.at(-1) === 0x0a, `seed ${seed}, ${bytes.toString('latin1')}`).toBe(
        true,
      );
    }
    await expectAlive(peer);
  });

  it('has no end: the connection is closed once it is too long', async () => {
    await using peer = await TestPeer.start();
    using client = await RawSocket.connect(peer.port);
    client.write(Buffer.alloc(MAX_REQUEST_BYTES, 'x'));
    expect(client.ending).toBe('none');
    const pour = () => {
      while (client.ending === 'none' && !client.closed && client.socket.write(Buffer.alloc(65_536, 'x')));
    };
    client.socket.on('drain', pour);
    pour();
    await client.untilEnd(2_000);
    expect(peer.reporter.all('input-rejected')).toMatchObject([{ code: 'line-too-long' }]);
    // Who goes on writing is cut off.
    const goOn = () => {
      while (!client.closed && client.socket.write(Buffer.alloc(65_536, 'x')));
    };
    client.socket.on('drain', goOn);
    goOn();
    await client.until(() => client.closed, 3_000, 'cut off');
  });
});

describe('replies that nobody asked for', () => {
  it.each([
    'PEER_LIST 2 127.0.0.1:2:ONLINE:9 127.0.0.1:3:ONLINE:99',
    'LS_LIST 1 x:1',
    'FILE x 1 0 QQ==',
    'RETURN_HELLO',
  ])('%s changes nobody but its sender', async (body) => {
    await using peer = await TestPeer.start({ knows: ['127.0.0.1:2' as Address] });
    await expectNoAnswer(peer, `${X} 1 ${body}\n`);
    expect(peer.neighbours.list()).toEqual([
      { address: '127.0.0.1:2', status: 'OFFLINE', clock: 0 },
      { address: X, status: 'ONLINE', clock: 1 },
    ]);
  });
});

describe('a lie about the time', () => {
  it.each([MAX_CLOCK, MAX_CLOCK + 1, Number.MAX_SAFE_INTEGER])(
    '%d does not cut us off from others',
    async (clock) => {
      await using victim = await TestPeer.start();
      await using other = await TestPeer.start();
      await RawSocket.exchange(victim.port, `${X} ${clock} HELLO\n`);
      expect(victim.clock.value).toBeGreaterThan(0);
      const reply = await victim.peer.request(other.address, { type: 'LS' });
      expect(reply.type).toBe('LS_LIST');
      expect(other.reporter.all('input-rejected')).toEqual([]);
    },
  );
});

describe.concurrent('requests that never end', () => {
  it('are closed after their time, in silence or byte by byte', async () => {
    await using peer = await TestPeer.start({ timing: { request: 1_500 } });
    using silent = await RawSocket.connect(peer.port);
    using begun = await RawSocket.connect(peer.port);
    using slow = await RawSocket.connect(peer.port);
    begun.write(`${X} 1`);
    const timer = setInterval(() => slow.write('1'), 300);
    const all = [silent, begun, slow];
    await expectAlive(peer);
    expect(all.map(({ ending }) => ending)).toEqual(['none', 'none', 'none']);
    await Promise.all(all.map((client) => client.untilEnd()));
    clearInterval(timer);
    for (const client of all) expect(client.receivedBytes).toBe(0);
    const timeouts = peer.reporter.all('input-rejected').filter(({ code }) => code === 'request-timeout');
    expect(timeouts).toHaveLength(1);
    await expectAlive(peer);
  });
});
