import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { MAX_HANDSHAKES, Secure } from '../../src/network/secure.ts';
import { DEFAULT_TIMING } from '../../src/network/timing.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const key = randomBytes(32);
const data = new RandomNumbers(93).bytes(300_000);
const LS = '127.0.0.1:9 1 LS\n';

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(Buffer.byteLength(text)));
  return length;
}

const opened: RawSocket[] = [];
afterEach(() => opened.splice(0).forEach((raw) => raw[Symbol.dispose]()));

/** A program inside the network that does exactly what it is told. */
function inside(port: number): RawSocket {
  const secure = new Secure({ key, timing: DEFAULT_TIMING, onNoKey: () => undefined });
  const outer = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  const raw = new RawSocket(secure.connect(outer));
  opened.push(raw);
  return raw;
}

const rejections = ({ reporter }: TestPeer) => reporter.all('input-rejected');
const NO_KEY = { event: 'input-rejected', remote: '127.0.0.1', code: 'no-key', repeated: 0 };

describe('inside a private network', () => {
  it('a file comes over a session, from several sources', async () => {
    await using ana = await TestPeer.start({ key, files: { f: data } });
    await using bia = await TestPeer.start({ key, files: { f: data } });
    await using caio = await TestPeer.start({ key, knows: [ana.address, bia.address] });
    await caio.peer.hello(ana.address);
    await caio.peer.hello(bia.address);
    await searchFiles(caio.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));
    expect(caio.share.files.get('f')).toEqual(data);
    const [finished] = caio.reporter.all('download-finished');
    expect(finished?.sha256).toBe(createHash('sha256').update(data).digest('hex'));
    for (const peer of [ana, bia, caio]) expect(rejections(peer)).toEqual([]);
  });

  it.each([
    ['sends its FIN with the request', (raw: RawSocket) => raw.end(LS.replace('LS', 'HELLO'))],
    ['closes after an empty connection', (raw: RawSocket) => raw.end('')],
  ])('a program that %s gets a close and no reply', async (_, act) => {
    await using peer = await TestPeer.start({ key });
    const raw = inside(peer.port);
    act(raw);
    expect(String(await raw.untilEnd())).toBe('');
    expect(raw.ending).toBe('fin');
  });

  it('a program that leaves its side open gets one line, and the FIN', async () => {
    await using peer = await TestPeer.start({ key, files: { f: data } });
    const raw = inside(peer.port);
    raw.write(LS);
    expect(String(await raw.untilEnd())).toMatch(/^\S+ \d+ LS_LIST 1 f:300000\n$/);
    expect(raw.ending).toBe('fin');
  });

  it('a program that has ended its side still gets a reply of megabytes', async () => {
    const large = new RandomNumbers(94).bytes(3_000_000);
    await using peer = await TestPeer.start({ key, files: { f: large } });
    const raw = inside(peer.port);
    raw.end(`127.0.0.1:9 1 HELLO sessao\n127.0.0.1:9 2 DL f ${large.length} 0\n`);
    const reply = String(await raw.untilEnd());
    expect(reply.endsWith(`FILE f ${large.length} 0 ${large.toString('base64')}\n`)).toBe(true);
    expect(raw.ending).toBe('fin');
  });

  it.each([
    ['prefixed', (text: string) => Buffer.concat([lengthOf(text), Buffer.from(text)])],
    ['raw', (text: string) => Buffer.from(text)],
    ['line', (text: string) => Buffer.from(`${text}\n`)],
  ])('a program that speaks the dialect %s is understood', async (dialect, framed) => {
    const secure = new Secure({ key, timing: DEFAULT_TIMING, onNoKey: () => undefined });
    await using listener = await RawServer.start(({ socket }) => {
      const program = secure.accept(socket);
      program.on('error', () => undefined);
      program.on('data', (bytes) => {
        const type = String(bytes).trim().split(' ')[2];
        if (type === 'LS') program.end(framed(`127.0.0.1:${listener.port} 7 LS_LIST 1 f:3`));
        else if (type === 'HELLO') program.end(framed(`127.0.0.1:${listener.port} 7 RETURN_HELLO`));
        else program.end();
      });
    });
    await using peer = await TestPeer.start({ key, knows: [listener.address] });
    await peer.peer.hello(listener.address);
    const reply = await peer.peer.request(listener.address, { type: 'LS' });
    expect(reply.files).toEqual([{ token: 'f', size: 3 }]);
    expect(peer.reporter.all('dialect-learnt').at(-1)).toMatchObject({ dialect });
    expect(peer.neighbours.get(listener.address)?.status).toBe('ONLINE');
  });

  it('a connection can be broken off with a RST', async () => {
    const server = new Secure({ key, timing: DEFAULT_TIMING, onNoKey: () => undefined });
    await using listener = await RawServer.start((raw) => {
      const inner = server.accept(raw.socket);
      inner.on('error', () => undefined);
      inner.once('data', () => inner.resetAndDestroy());
    });
    const raw = inside(listener.port);
    raw.write(LS);
    await raw.untilEnd();
    expect(raw.ending).toBe('reset');
  });
});

describe('whoever has no key, or another one', () => {
  it.each([
    ['another key', randomBytes(32)],
    ['no key', undefined],
  ])('gets nothing, and is told of once: %s', async (_, theirs) => {
    await using peer = await TestPeer.start({ key, files: { f: data } });
    await using other = await TestPeer.start({
      key: theirs,
      knows: [peer.address],
      timing: { callback: 20 },
    });
    for (const times of [1, 2, 3]) {
      await expect(other.peer.request(peer.address, { type: 'LS' })).rejects.toThrow();
      expect(other.reporter.all('request-failed').length).toBeGreaterThanOrEqual(times);
    }
    await until(() => rejections(peer).length > 0, 10_000, 'a complaint');
    expect(rejections(peer)).toEqual([NO_KEY]);
    expect(peer.reporter.all('message-received')).toEqual([]);
    expect(peer.reporter.all('message-sent')).toEqual([]);
    expect(peer.clock.value).toBe(0);
    expect(peer.neighbours.list()).toEqual([]);
  });

  it.each([
    ['another key', randomBytes(32)],
    ['no key', undefined],
  ])('is asked nothing, and is OFFLINE: %s', async (_, theirs) => {
    await using other = await TestPeer.start({ key: theirs, timing: { request: 100 } });
    await using peer = await TestPeer.start({ key, knows: [other.address], timing: { handshake: 1_000 } });
    await peer.peer.hello(other.address);
    expect(peer.reporter.all('request-failed')).toMatchObject([{ type: 'HELLO', code: 'no-key' }]);
    expect(peer.neighbours.get(other.address)?.status).toBe('OFFLINE');
    expect(peer.reporter.all('message-sent')).toEqual([]);
    expect(other.reporter.all('message-received')).toEqual([]);
  });

  it('gets no byte in the clear', async () => {
    await using peer = await TestPeer.start({ key, files: { f: data } });
    const reply = await RawSocket.exchange(peer.port, LS);
    expect(reply.includes('LS_LIST')).toBe(false);
    expect(rejections(peer)).toEqual([NO_KEY]);
  });

  it('sees nothing in the clear when we ask', async () => {
    await using listener = await RawServer.start((raw) => opened.push(raw));
    const address = `127.0.0.1:${listener.port}` as TestPeer['address'];
    await using peer = await TestPeer.start({ key, knows: [address], timing: { handshake: 100 } });
    await peer.peer.hello(address);
    expect(peer.reporter.all('request-failed')).toMatchObject([{ code: 'no-key' }]);
    // A TLS record, and in it a ClientHello.
    expect(opened[0]?.received[0]).toBe(0x16);
    expect(opened[0]?.received.includes('HELLO')).toBe(false);
  });
});

describe('handshakes', () => {
  it('that never end are closed and told of', async () => {
    await using peer = await TestPeer.start({ key, timing: { handshake: 30 } });
    const raw = await RawSocket.connect(peer.port);
    opened.push(raw);
    raw.write(Buffer.from([0x16, 3, 1, 2, 0]));
    await raw.untilEnd();
    expect(rejections(peer)).toEqual([NO_KEY]);
  });

  it('of a host that begins many take no place from another', async () => {
    await using peer = await TestPeer.start({ key, files: { f: data }, timing: { handshake: 20_000 } });
    const other = await RawSocket.connect(peer.port, '127.0.0.2');
    opened.push(other);
    const many = await Promise.all(
      Array.from({ length: 3 * MAX_HANDSHAKES }, () => RawSocket.connect(peer.port, '127.0.0.3')),
    );
    opened.push(...many);
    await until(
      () => many.filter(({ closed, ending }) => closed || ending !== 'none').length >= 2 * MAX_HANDSHAKES,
      10_000,
      'most of them closed',
    );
    const honest = inside(peer.port);
    honest.write(LS);
    expect(String(await honest.untilEnd())).toContain('LS_LIST 1 f:300000');
    expect(other.ending).toBe('none');
    expect(rejections(peer)).toMatchObject([{ remote: '127.0.0.3', code: 'no-key' }]);
  });
});
