import { describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { MAX_CHUNK_BYTES, MAX_REFUSED_ARGS } from '../../src/limits.ts';
import { Gate } from '../helpers/gate.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileBody, SessionClient } from '../helpers/session-client.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const X = '127.0.0.1:9';
const data = new RandomNumbers(73).bytes(5_000);
const huge = Buffer.alloc(MAX_CHUNK_BYTES + 1);
const good = { request: 'DL f 100 7', answer: fileBody('f', data, 100, 7) };

/** A peer with a file that cannot be read, one that takes long to hash, and others. */
async function startPeer(): Promise<TestPeer> {
  const peer = await TestPeer.start({
    files: { f: data, huge, broken: data, 'a b': data, shrunk: data, slow: data },
  });
  peer.share.beforeRead = (name, offset) => {
    if (name === 'broken') throw new FileError('io', name);
    if (name === 'shrunk' && offset > 0) throw new FileError('changed', name);
  };
  peer.share.beforeDigest = (name) => {
    if (name === 'slow') return new Gate().opened;
    if (name === 'broken') throw new FileError('io', name);
    return undefined;
  };
  return peer;
}

const refusals: readonly (readonly [code: string, request: string])[] = [
  ['not-found', 'DL nada 256 0'],
  ['not-found', 'DL ../f 256 0'],
  ['not-found', 'DL %2e%2e%2ff 256 0'],
  ['not-found', 'DL nada 0 0'],
  ['not-found', 'DIGEST nada'],
  ['not-found', 'DIGEST ação%20🦊'],
  ['out-of-range', 'DL f 100 50'],
  ['out-of-range', 'DL f 100 9007199254740991'],
  ['out-of-range', 'DL f 9007199254740991 9007199254740991'],
  ['out-of-range', 'DL f 0 1'],
  ['out-of-range', 'DL a%20b 5000 1'],
  ['too-large', `DL huge ${MAX_CHUNK_BYTES + 1} 0`],
  ['too-large', 'DL huge 9007199254740991 0'],
  ['read-failed', 'DL broken 100 0'],
  ['read-failed', 'DL shrunk 100 1'],
  ['read-failed', 'DIGEST broken'],
  ['busy', 'DIGEST slow'],
  ['bad-request', 'FORMAT c:'],
  ['bad-request', 'format'],
  ['bad-request', 'toString x'],
  ['bad-request', 'DL'],
  ['bad-request', 'DL f'],
  ['bad-request', 'DL f 100'],
  ['bad-request', 'DL f 100 0 0'],
  ['bad-request', 'DL f -1 0'],
  ['bad-request', 'DL f 1e3 0'],
  ['bad-request', 'DL f 100 1.5'],
  ['bad-request', 'DL f 100 9007199254740993'],
  ['bad-request', 'DL f 0x10 NaN'],
  ['bad-request', 'DIGEST'],
  ['bad-request', 'DIGEST a b'],
  ['bad-request', 'FORMAT 1 2 3 4 5 6 7 8 9 10'],
];

describe('what cannot be granted in a session', () => {
  it.each(refusals)('%s: %s', async (code, request) => {
    await using peer = await startPeer();
    using client = await SessionClient.open(peer.port);
    const [type = '', ...args] = request.split(' ');
    const answer = ['ERROR', type, code, ...args.slice(0, MAX_REFUSED_ARGS)].join(' ');
    // Alone, and among others that are under way.
    expect(await client.ask(request)).toEqual([answer]);
    expect(await client.ask(good.request, request, request, good.request)).toEqual([
      good.answer,
      answer,
      answer,
      good.answer,
    ]);
    expect(client.connection.ending).toBe('none');
    expect(peer.reporter.all('input-rejected')).toHaveLength(code === 'bad-request' ? 1 : 0);
  });

  it('has a clock of its own each time', async () => {
    await using peer = await startPeer();
    using client = await SessionClient.open(peer.port);
    client.say('DL nada 1 0', 'FORMAT', 'DL f 100 7', 'FORMAT');
    await client.take(4);
    const lines = await client.connection.untilLines(5);
    const clocks = lines.map((line) => Number(line.split(' ')[1]));
    expect(clocks).toEqual([...clocks].sort((a, b) => a - b));
    expect(new Set(clocks).size).toBe(5);
    expect(clocks.at(-1)).toBe(peer.clock.value);
  });

  it('is told once it can be: a digest that takes long', async () => {
    await using peer = await startPeer();
    const gate = new Gate();
    peer.share.beforeDigest = () => gate.opened;
    using client = await SessionClient.open(peer.port);
    expect(await client.ask('DIGEST f', 'DIGEST f', good.request)).toEqual([
      'ERROR DIGEST busy f',
      'ERROR DIGEST busy f',
      good.answer,
    ]);
    gate.open();
    expect(await client.ask('DIGEST f')).toEqual([`DIGEST_OF f ${data.length} ${sha256Of(data)}`]);
    // Patience is no refusal, and nobody need hear of it.
    expect(peer.reporter.all('request-refused')).toEqual([]);
  });
});

describe('outside of a session', () => {
  it.each(refusals)('%s has no answer: %s', async (_, request) => {
    await using peer = await startPeer();
    expect((await RawSocket.exchange(peer.port, `${X} 1 ${request}\n`)).toString()).toBe('');
    // The same from one that is known to have sessions, and asks without.
    using client = await SessionClient.open(peer.port, X);
    using oneShot = await RawSocket.connect(peer.port);
    oneShot.write(`${X} 2 ${request}\n`);
    expect((await oneShot.untilEnd()).toString()).toBe('');
    expect(await client.ask(good.request)).toEqual([good.answer]);
  });
});

describe('a session ends with', () => {
  it.each([
    ['no message', 'x\n'],
    ['no type', `${X} 5\n`],
    ['an origin that is none', '256.1.1.1:80 5 LS\n'],
    ['a clock that is none', `${X} x LS\n`],
    ['the origin of another', '127.0.0.1:8 5 LS\n'],
    ['the origin of another, and a type that is none', '127.0.0.1:8 5 FORMAT\n'],
    ['noise', Buffer.from('ff00fe0a', 'hex')],
    ['an answer to nothing', `${X} 5 LS_LIST 0\n`],
    ['an error about nothing', `${X} 5 ERROR LS busy\n`],
    ['a line without end', Buffer.alloc(5_000, 'x')],
  ])('%s', async (_, bytes) => {
    await using peer = await startPeer();
    using client = await SessionClient.open(peer.port);
    await client.ask(good.request);
    const before = client.connection.receivedBytes;
    client.connection.write(bytes);
    await client.connection.untilEnd();
    expect(client.connection.receivedBytes).toBe(before);
    expect(peer.reporter.all('input-rejected')).toHaveLength(1);
    using next = await SessionClient.open(peer.port);
    expect(await next.ask(good.request)).toEqual([good.answer]);
  });
});
