import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { nameFromBytes } from '../../src/protocol/names.ts';
import { Gate } from '../helpers/gate.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { fileBody, SessionClient } from '../helpers/session-client.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const numbers = new RandomNumbers(71);
const data = numbers.bytes(64_500);
const CHUNK = 100;
const CHUNKS = Math.ceil(data.length / CHUNK);

describe('the beginning of a session', () => {
  it('tells what we can do', async () => {
    await using peer = await TestPeer.start();
    using client = await SessionClient.open(peer.port);
    expect(await client.greeting()).toBe('RETURN_HELLO sessao sha256 blocos');
  });

  it('may come in one write with the first requests', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    using client = await SessionClient.open(peer.port);
    expect(await client.ask('HELLO sessao', 'DL f 100 0', 'HELLO', 'LS')).toEqual([
      'RETURN_HELLO sessao sha256 blocos',
      fileBody('f', data, CHUNK, 0),
      'RETURN_HELLO sessao sha256 blocos',
      `LS_LIST 1 f:${data.length}`,
    ]);
  });
});

/** Requests of all kinds and the bodies of their answers. */
function mixedRequests(count: number): { request: string; answer: string }[] {
  const kinds = [
    { request: 'LS', answer: `LS_LIST 1 f:${data.length}` },
    { request: 'GET_PEERS', answer: 'PEER_LIST 1 127.0.0.1:8:OFFLINE:0' },
    { request: 'DIGEST f', answer: `DIGEST_OF f ${data.length} ${sha256Of(data)}` },
    { request: 'DL nada 100 0', answer: 'ERROR DL not-found nada 100 0' },
    { request: 'DL f 100', answer: 'ERROR DL bad-request f 100' },
    { request: 'FORMAT c:', answer: 'ERROR FORMAT bad-request c:' },
    { request: 'DL f 60000 0', answer: fileBody('f', data, 60_000, 0) },
  ];
  return Array.from({ length: count }, () => {
    if (numbers.below(5) === 0) return numbers.pick(kinds);
    const index = numbers.below(CHUNKS);
    return { request: `DL f ${CHUNK} ${index}`, answer: fileBody('f', data, CHUNK, index) };
  });
}

describe('hundreds of requests in one write', () => {
  it.each([
    ['all files in memory', () => true],
    ['all files on the disk', () => false],
    ['some of both', () => numbers.below(2) === 0],
  ])('are answered in their order: %s', async (_, isInMemory) => {
    await using peer = await TestPeer.start({
      files: { f: data },
      knows: ['127.0.0.1:8' as TestPeer['address']],
    });
    peer.share.isInMemory = isInMemory;
    peer.share.beforeRead = () => (numbers.below(3) === 0 ? pause(numbers.below(4)) : undefined);
    peer.share.beforeList = () => pause(numbers.below(4));
    using client = await SessionClient.open(peer.port);
    const asked = mixedRequests(400);
    expect(await client.ask(...asked.map(({ request }) => request))).toEqual(
      asked.map(({ answer }) => answer),
    );
    expect(client.connection.ending).toBe('none');
    const codes = new Set(peer.reporter.all('input-rejected').map(({ code }) => code));
    expect(codes).toEqual(new Set(['unknown-type', 'bad-arguments']));
  });

  it('are all answered although the client has nothing more to say', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    const gate = new Gate();
    peer.share.beforeRead = () => gate.opened;
    using client = await SessionClient.open(peer.port);
    const indexes = Array.from({ length: 300 }, (_, index) => index);
    client.say(...indexes.map((index) => `DL f ${CHUNK} ${index}`));
    client.connection.end();
    await until(() => peer.share.reads > 0, 2_000, 'the first read');
    gate.open();
    expect(await client.take(300)).toEqual(indexes.map((index) => fileBody('f', data, CHUNK, index)));
    await client.connection.untilEnd();
    // It ends as sessions do; whoever sends its FIN behind a request of its own is another program.
    expect(peer.reporter.all('dialect-learnt').map(({ dialect }) => dialect)).toEqual(['session']);
  });
});

describe('names between two of ours', () => {
  const names = [
    'two  spaces and a tab\t.txt',
    'a:b:3',
    '100%.txt',
    '%41%20already%',
    'ação é ñ.txt',
    '🦊📁.bin',
    'n\nl\r.txt',
    '\u202Eright to left\u2066',
    nameFromBytes(Buffer.from([0x66, 0xff, 0xfe, 0x20, 0xc3, 0x2e, 0x78])),
    'bm9tZQ==',
    'x'.repeat(255),
  ];

  it.each(names)('%j is listed, found and fetched', async (name) => {
    const content = numbers.bytes(5_000);
    await using source = await TestPeer.start({ files: { [name]: content, other: data } });
    await using peer = await TestPeer.start();
    peer.neighbours.observe(source.address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed(name)], chunkSize: 256 }));
    expect(peer.share.files.get(name)?.equals(content)).toBe(true);
    expect(peer.reporter.all('download-finished')).toMatchObject([{ name, isProven: true }]);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
  });
});

describe('a session that is open', () => {
  it('carries LS and GET_PEERS too, and no connection is opened for them', async () => {
    await using source = await TestPeer.start({ files: { f: data } });
    await using peer = await TestPeer.start();
    await peer.peer.hello(source.address);
    const greetings = () => source.reporter.all('message-received').filter(({ type }) => type === 'HELLO');
    for (let round = 0; round < 3; round++) {
      await peer.peer.request(source.address, { type: 'LS' });
      await peer.peer.request(source.address, { type: 'GET_PEERS' });
    }
    expect(greetings().map(({ args }) => args)).toEqual([[], ['sessao']]);
    await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));
    expect(greetings()).toHaveLength(2);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
  });

  it('is not needed by those that ask many things at once', async () => {
    await using source = await TestPeer.start({ files: { f: data } });
    await using peer = await TestPeer.start();
    await peer.peer.hello(source.address);
    const asked = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? 'LS' : 'GET_PEERS'));
    const replies = await Promise.all(asked.map((type) => peer.peer.request(source.address, { type })));
    expect(replies.map(({ type }) => type)).toEqual(
      asked.map((type) => (type === 'LS' ? 'LS_LIST' : 'PEER_LIST')),
    );
    expect(source.reporter.all('message-received').filter(({ type }) => type === 'HELLO')).toHaveLength(2);
  });
});
