import { describe, expect, it } from 'vitest';
import {
  addNeighbour,
  changeChunkSize,
  forgetNeighbour,
  listLocalFiles,
  listPeers,
  searchFiles,
  showStatistics,
} from '../../src/commands.ts';
import { FileError } from '../../src/errors.ts';
import type { Question } from '../../src/events.ts';
import { MAX_CHUNK_BYTES } from '../../src/limits.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { ReplyDeadline } from '../helpers/reply-deadline.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, sayChunk, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const numbers = new RandomNumbers(3);
const milbytes = numbers.bytes(1000);
const data = numbers.bytes(100_003);

/** A peer to whom these are ONLINE. */
async function friendOf(...peers: readonly TestPeer[]): Promise<TestPeer> {
  const friend = await TestPeer.start({ knows: peers.map(({ address }) => address) });
  for (const { address } of peers) await friend.peer.hello(address);
  return friend;
}

const sharing = (files: Readonly<Record<string, Buffer>>) => TestPeer.start({ files });

describe('menu 1, the peers', () => {
  it.each([
    ['0', 0],
    ['', 1],
    ['x', 1],
    ['3', 1],
    ['-1', 1],
    ['1.0', 1],
    ['99999999999999999999', 1],
  ])('%j sends nothing; complaints: %d', async (input, complaints) => {
    await using b = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [b.address] });
    await listPeers(a.desk({ answers: [input] }));
    expect(a.reporter.all('message-sent')).toEqual([]);
    expect(a.reporter.all('choice-rejected')).toHaveLength(complaints);
  });

  it('ends with the input', async () => {
    await using a = await TestPeer.start();
    await listPeers(a.desk({ answers: [undefined] }));
    expect(a.reporter.all('choice-rejected')).toEqual([]);
  });
});

describe('menu 3, the local files', () => {
  it('lists what we share', async () => {
    await using a = await sharing({ 'milbytes.txt': milbytes, vazio: Buffer.alloc(0) });
    await listLocalFiles(a.desk());
    expect(a.reporter.all('local-files-listed')[0]?.files).toEqual([
      { name: 'milbytes.txt', size: 1000 },
      { name: 'vazio', size: 0 },
    ]);
  });

  it('tells where the folder cannot be read', async () => {
    await using a = await TestPeer.start();
    a.share.beforeList = () => Promise.reject(new FileError('no-permission', 'shared'));
    await listLocalFiles(a.desk());
    expect(a.reporter.all('local-files-not-read')).toEqual([
      { event: 'local-files-not-read', code: 'no-permission', path: 'shared' },
    ]);
  });
});

describe('menu 4, the search', () => {
  it('groups equal names and sizes, in the order of names, sources in the order of neighbours', async () => {
    await using b = await sharing({ 'milbytes.txt': milbytes, 'só b.txt': Buffer.from('b') });
    await using c = await sharing({ 'milbytes.txt': milbytes, 'a:b': Buffer.from('c') });
    await using d = await sharing({ 'milbytes.txt': Buffer.from('another size') });
    await using a = await friendOf(b, c, d);
    await searchFiles(a.desk({ answers: ['0'] }));
    expect(a.reporter.all('search-finished')).toEqual([
      {
        event: 'search-finished',
        asked: 3,
        found: [
          { name: 'a:b', size: 1, sources: [c.address] },
          { name: 'milbytes.txt', size: 12, sources: [d.address] },
          { name: 'milbytes.txt', size: 1000, sha256: sha256Of(milbytes), sources: [b.address, c.address] },
          { name: 'só b.txt', size: 1, sources: [b.address] },
        ],
      },
    ]);
    expect(a.reporter.all('file-chosen')).toEqual([]);
  });

  it('asks those that are ONLINE alone, and asks for no number where nothing was found', async () => {
    await using b = await sharing({});
    await using c = await sharing({ 'milbytes.txt': milbytes });
    await using a = await friendOf(b);
    a.peer.know(c.address);
    await searchFiles(a.desk());
    expect(a.reporter.all('search-finished')).toMatchObject([{ asked: 1, found: [] }]);
  });

  it.each(['2', 'milbytes.txt', '', '1e0'])('rejects %j', async (input) => {
    await using b = await sharing({ 'milbytes.txt': milbytes });
    await using a = await friendOf(b);
    await searchFiles(a.desk({ answers: [input] }));
    expect(a.reporter.all('choice-rejected')).toEqual([{ event: 'choice-rejected', input, among: 'files' }]);
    expect(a.reporter.all('download-started')).toEqual([]);
  });
});

/** The chunks that a message asks for: one, or those of a block. */
function chunksAsked(type: string, [, second, third]: readonly string[], chunkSize: number): number[] {
  if (type === 'DL') return [Number(third)];
  if (type !== 'GET') return [];
  const first = Number(second) / chunkSize;
  return Array.from({ length: Math.ceil(Number(third) / chunkSize) }, (_, at) => first + at);
}

describe('menu 4, a download', () => {
  it.each([
    ['milbytes.txt', milbytes, 1],
    ['milbytes.txt', milbytes, 256],
    ['milbytes.txt', milbytes, 1000],
    ['milbytes.txt', milbytes, 4096],
    ['dados.bin', data, 256],
    ['dados.bin', data, 1000],
    ['dados.bin', data, 100_003],
    ['dados.bin', data, MAX_CHUNK_BYTES],
  ])('%s %# from two and three sources is the same file', async (name, content, chunkSize) => {
    await using b = await sharing({ [name]: content });
    await using c = await sharing({ [name]: content });
    await using d = await sharing({ [name]: content });
    for (const sources of [
      [b, c],
      [b, c, d],
    ]) {
      await using a = await friendOf(...sources);
      await searchFiles(a.desk({ answers: [fileNamed(name)], chunkSize }));
      expect(a.share.files.get(name)?.equals(content)).toBe(true);
      expect(a.reporter.all('file-chosen')).toEqual([{ event: 'file-chosen', name }]);
      const [finished] = a.reporter.all('download-finished');
      expect(finished).toMatchObject({ name, size: content.length, chunkSize });
      // Every source has its part, as far as there are chunks.
      const chunks = Math.ceil(content.length / chunkSize);
      expect(finished?.sources).toHaveLength(Math.min(chunks, sources.length));
      expect(sources.map(({ address }) => address)).toEqual(
        expect.arrayContaining([...(finished?.sources ?? [])]),
      );
      // Every chunk was asked for, and of nobody twice: the end game asks a second source at the most.
      const asked = a.reporter
        .all('message-sent')
        .flatMap(({ type, to, args }) => chunksAsked(type, args, chunkSize).map((index) => ({ to, index })));
      expect(new Set(asked.map(({ index }) => index)).size).toBe(chunks);
      expect(new Set(asked.map(({ to, index }) => `${to} ${index}`)).size).toBe(asked.length);
    }
  });

  it('shares the work among its sources', async () => {
    const sources = await Promise.all([1, 2, 3].map(() => sharing({ 'dados.bin': data })));
    await using a = await friendOf(...sources);
    await searchFiles(a.desk({ answers: [fileNamed('dados.bin')] }));
    const [finished] = a.reporter.all('download-finished');
    expect(finished?.shares).toHaveLength(3);
    for (const { bytes } of finished?.shares ?? []) expect(bytes).toBeGreaterThan(20 * 256);
    for (const source of sources) await source.close();
  });

  it('of an empty file asks for nothing', async () => {
    await using b = await sharing({ vazio: Buffer.alloc(0) });
    await using a = await friendOf(b);
    await searchFiles(a.desk({ answers: ['1'] }));
    expect(a.share.files.get('vazio')?.length).toBe(0);
    expect(a.reporter.all('message-sent').filter(({ type }) => type === 'DL')).toEqual([]);
    expect(a.reporter.all('download-finished')).toMatchObject([{ size: 0, seconds: 0 }]);
  });

  it.each(['com espaço.txt', 'a:b', '100%', '%41', 'linha\nnova', 'tab\tulado', ' ', '日本語', '🦀.rs'])(
    'carries the name %j',
    async (name) => {
      await using b = await sharing({ [name]: milbytes });
      await using a = await friendOf(b);
      await searchFiles(a.desk({ answers: [fileNamed(name)] }));
      expect(a.share.files.get(name)).toEqual(milbytes);
    },
  );

  it('asks each source by the token that it listed', async () => {
    const react = (token: string) =>
      ScriptedNeighbour.start((request) => {
        if (request.type !== 'DL') return say(`LS_LIST 1 ${token}:1000`);
        return request.token === token ? sayChunk(milbytes, request) : 'close';
      });
    await using b = await react('mil%62ytes.txt');
    await using c = await react('milbytes.txt');
    await using a = await TestPeer.start();
    for (const { address } of [b, c]) a.neighbours.observe(address, 'ONLINE');
    await searchFiles(a.desk({ answers: ['1'], chunkSize: 10 }));
    expect(a.share.files.get('milbytes.txt')).toEqual(milbytes);
    expect(a.reporter.all('chunk-failed')).toEqual([]);
    expect(b.count('DL') + c.count('DL')).toBe(100);
  });

  it('raises no warning of the runtime', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const sources = await Promise.all([1, 2, 3, 4].map(() => sharing({ 'dados.bin': data })));
    await using a = await friendOf(...sources);
    await searchFiles(a.desk({ answers: [fileNamed('dados.bin')] }));
    await Promise.all(sources.map((source) => source.close()));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings.map(String)).toEqual([]);
  });

  it('ends soon after an abort, and knows what it lacks', async () => {
    await using b = await ScriptedNeighbour.start((request) => {
      if (request.type !== 'DL') return say('LS_LIST 1 milbytes.txt:1000');
      return request.index === 5 || request.index >= 8 ? 'silence' : sayChunk(milbytes, request);
    });
    await using a = await TestPeer.start();
    a.neighbours.observe(b.address, 'ONLINE');
    const leaving = new AbortController();
    const { signal } = leaving;
    const search = searchFiles(a.desk({ answers: ['1'], chunkSize: 100, signal }));
    const files = () => a.reporter.all('message-received').filter(({ type }) => type === 'FILE');
    await until(() => files().length === 7 && b.count('DL') === 10, 2_000, 'seven chunks');
    await using reply = await ReplyDeadline.start();
    leaving.abort();
    await search;
    expect(reply.isOver).toBe(false);
    expect(a.reporter.all('download-failed')).toEqual([
      {
        event: 'download-failed',
        name: 'milbytes.txt',
        code: 'aborted',
        missing: [
          [5, 5],
          [8, 9],
        ],
        chunks: 10,
        kept: 0,
      },
    ]);
    expect(a.share.discarded).toEqual(['milbytes.txt']);
    expect(a.share.files.has('milbytes.txt')).toBe(false);
    // We gave up ourselves: that says nothing about the neighbour.
    expect(a.neighbours.get(b.address)?.status).toBe('ONLINE');
    expect(a.reporter.all('request-failed')).toEqual([]);
  });
});

describe('menu 5, the statistics', () => {
  it('groups downloads by chunk size, sources and file size', async () => {
    await using b = await sharing({ 'milbytes.txt': milbytes, 'dados.bin': data });
    await using c = await sharing({ 'milbytes.txt': milbytes });
    await using a = await friendOf(b, c);
    for (const chunkSize of [256, 256, 100])
      await searchFiles(a.desk({ answers: [fileNamed('milbytes.txt')], chunkSize }));
    await searchFiles(a.desk({ answers: [fileNamed('dados.bin')], chunkSize: 10_000 }));
    showStatistics(a.desk());
    const [shown] = a.reporter.all('statistics-shown');
    expect(shown?.clock).toBe(a.clock.value);
    expect(shown?.peers.map(({ address, status }) => ({ address, status }))).toEqual([
      { address: b.address, status: 'ONLINE' },
      { address: c.address, status: 'ONLINE' },
    ]);
    expect(shown?.downloads).toMatchObject([
      { chunkSize: 256, sources: 2, fileSize: 1000, count: 2 },
      { chunkSize: 100, sources: 2, fileSize: 1000, count: 1, deviation: 0 },
      { chunkSize: 10_000, sources: 1, fileSize: 100_003, count: 1, deviation: 0 },
    ]);
    for (const { mean } of shown?.downloads ?? []) expect(mean).toBeGreaterThan(0);
  });

  it('leaves out downloads that failed', async () => {
    await using b = await ScriptedNeighbour.start(({ type }) =>
      type === 'LS' ? say('LS_LIST 1 x:10') : 'close',
    );
    await using a = await TestPeer.start();
    a.neighbours.observe(b.address, 'ONLINE');
    await searchFiles(a.desk({ answers: ['1'] }));
    expect(a.reporter.all('download-failed')).toHaveLength(1);
    expect(a.statistics.summary()).toEqual([]);
  });
});

describe('menu 6, the chunk size', () => {
  it.each(['1', '128', String(MAX_CHUNK_BYTES)])(
    'takes %s, for the downloads from then on',
    async (input) => {
      await using a = await TestPeer.start();
      const desk = a.desk({ answers: [input] });
      await changeChunkSize(desk);
      expect(desk.chunkSize).toBe(Number(input));
      expect(a.reporter.all('chunk-size-changed')).toMatchObject([{ bytes: Number(input) }]);
    },
  );

  it.each(['0', '-1', '1.5', '', 'abc', '1e3', String(MAX_CHUNK_BYTES + 1), '99999999999999999999'])(
    'rejects %j',
    async (input) => {
      await using a = await TestPeer.start();
      const desk = a.desk({ answers: [input] });
      await changeChunkSize(desk);
      expect(desk.chunkSize).toBe(256);
      expect(a.reporter.all('chunk-size-rejected')).toMatchObject([{ input, bytes: 256 }]);
    },
  );
});

describe('a person', () => {
  it('is asked again after a wrong number, with the list after Enter alone', async () => {
    await using b = await TestPeer.start();
    await using a = await TestPeer.start({ knows: [b.address] });
    const shown: unknown[] = [];
    const say = (text: string) => (question: Question) => {
      shown.push(question.show ?? 'all');
      return text;
    };
    await listPeers(a.desk({ isInteractive: true, answers: ['7', '', '?', '1'].map(say) }));
    expect(shown).toEqual(['all', 'prompt', 'all', 'help']);
    expect(a.reporter.all('choice-rejected')).toHaveLength(1);
    expect(a.neighbours.get(b.address)?.status).toBe('ONLINE');
  });

  it('keeps the chunk size with Enter', async () => {
    await using a = await TestPeer.start();
    const desk = a.desk({ isInteractive: true, answers: [''] });
    await changeChunkSize(desk);
    expect(desk.chunkSize).toBe(256);
    expect(a.reporter.all('chunk-size-rejected')).toEqual([]);
    await changeChunkSize(desk, '64k');
    expect(desk.chunkSize).toBe(65536);
  });

  it('takes rows of the last search by their numbers, though the network has changed', async () => {
    await using b = await sharing({ 'm.txt': milbytes, 'n.txt': Buffer.from('n') });
    await using a = await friendOf(b);
    const desk = a.desk({ answers: ['0'] });
    await searchFiles(desk);
    b.share.files.set('a.txt', Buffer.from('a'));
    await searchFiles(desk, '2');
    expect([...a.share.files.keys()]).toEqual(['n.txt']);
    expect(a.reporter.all('search-finished')).toHaveLength(1);
  });

  it.each([
    ['*.txt', ['a.txt', 'b.txt'], []],
    ['x.txt', [], ['no-match']],
    ['c.bin', [], ['sources-differ']],
    ['*', ['a.txt', 'b.txt'], ['sources-differ']],
  ])('on a pipe, %j typed along fetches %j; failures: %j', async (wanted, names, codes) => {
    const content = (text: string) => Buffer.from(text);
    await using b = await sharing({ 'a.txt': content('a'), 'b.txt': content('b'), 'c.bin': content('c') });
    await using c = await sharing({ 'c.bin': content('another') });
    await using a = await friendOf(b, c);
    await searchFiles(a.desk(), wanted);
    expect([...a.share.files.keys()].sort()).toEqual(names);
    expect(a.reporter.all('download-failed').map(({ code }) => code)).toEqual(codes);
  });

  it('adds and forgets neighbours', async () => {
    await using a = await TestPeer.start({ knows: ['127.0.0.1:1' as Address] });
    const desk = a.desk();
    for (const input of ['127.0.0.1:2', '127.0.0.1:1', a.address, 'x:0']) addNeighbour(desk, input);
    forgetNeighbour(desk, '127.0.0.1:1');
    forgetNeighbour(desk, '127.0.0.1:1');
    expect(a.neighbours.list().map(({ address }) => address)).toEqual(['127.0.0.1:2']);
    expect(a.reporter.all('neighbour-rejected').map(({ why }) => why)).toEqual([
      'known',
      'own',
      'no-address',
      'unknown',
    ]);
  });
});
