import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FieldPeer, FieldPeers, type FieldDialect } from '../helpers/field/field-peer.ts';
import { OurPeer } from '../helpers/field/our-peer.ts';
import type { Quirks } from '../helpers/field/quirks.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { eventually } from '../helpers/until.ts';

/** "Details seen" of section 7 of the protocol, one by one. */
const STRANGER = '127.0.0.1:9';
const DATA = randomBytes(20_003);
const CHUNK = 1_000;

type Case = readonly [what: string, dialect: FieldDialect, quirks: Quirks];

const CASES: readonly Case[] = [
  ['PEERS_LIST for PEER_LIST', 'line', { peersList: true }],
  ['PEERS_LIST for PEER_LIST, called back', 'callback', { peersList: true }],
  ['a count that is too large', 'line', { countError: 1 }],
  ['a count that is too small', 'line', { countError: -1 }],
  ['a count that disagrees with the lines', 'multiline', { countError: 1 }],
  ['the requester in the list', 'line', { listsRequester: true }],
  ['the requester in the list, behind a length', 'prefixed', { listsRequester: true }],
  ['the peer itself in the list', 'line', { listsItself: true }],
  ['0.0.0.0 as the origin of replies', 'line', { replyOrigin: 'wildcard' }],
  ['0.0.0.0 as the origin of replies behind a length', 'prefixed', { replyOrigin: 'wildcard' }],
  ['another port as the origin of replies', 'line', { replyOrigin: 'other-port' }],
  ['replies without clock', 'line', { noClock: true }],
  ['the requested size in FILE', 'line', { echoesSize: true }],
  ['the requested size in FILE on many lines', 'multiline', { echoesSize: true }],
  ['the size of a short chunk in FILE behind a length', 'prefixed', { echoesSize: false }],
  ["another chunk's FILE now and then", 'line', { swapsEvery: 9 }],
  ["another chunk's FILE now and then, called back", 'callback', { swapsEvery: 9 }],
  ['resets and closes at random', 'line', { flaky: { seed: 7, share: 0.1 } }],
  ['resets and closes at random behind a length', 'prefixed', { flaky: { seed: 7, share: 0.1 } }],
  ['the first GET_PEERS is reset', 'line', { resetsFirst: ['GET_PEERS'] }],
  ['the first LS is reset', 'line', { resetsFirst: ['LS'] }],
  ['names in base64, closes on plain ones', 'line', { base64Names: 'closes' }],
  ['names in base64, says nothing to plain ones', 'line', { base64Names: 'silent' }],
  ['59 bytes in one segment', 'line', { maxRequestBytes: 59, singleRead: true }],
  ['one connection at a time', 'line', { serial: true, replyDelayMs: 5 }],
  ['one connection at a time, on many lines', 'multiline', { serial: true, replyDelayMs: 5 }],
  ['hangs on an open connection', 'line', { serial: true, hangs: true }],
  ['hangs on an open connection, behind a length', 'prefixed', { hangs: true }],
  ['hangs on an open connection, without a length', 'raw', { hangs: true }],
];

describe.concurrent('details of other programs', () => {
  it.each(CASES)('%s (%s)', async (_, dialect, quirks) => {
    await using field = await FieldPeer.start(dialect, {
      files: { 'a.bin': DATA, 'b.txt': 'b' },
      neighbours: [STRANGER],
      quirks,
    });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.hello(1);
    await us.obtainPeers();
    expect(await us.download('a.bin')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('a.bin')).equals(DATA)).toBe(true);
    expect(us.peers().map(({ address, status }) => [address, status])).toEqual([
      [field.address, 'ONLINE'],
      [STRANGER, 'OFFLINE'],
    ]);
    expect(field.seen.violations).toEqual([]);
    if (quirks.hangs === true) {
      await using other = await FieldPeer.start(dialect);
      expect(await other.ls(field.address)).toHaveLength(2);
      expect(other.seen.violations).toEqual([]);
    }
    await us.leave();
    await eventually(() => expect(field.seen.count('BYE')).toBe(1));
    expect(field.seen.violations).toEqual([]);
  });

  it('takes the whole file as the answer to a chunk request', async () => {
    const data = DATA.subarray(0, 3_500);
    await using field = await FieldPeer.start('raw', { files: { a: data }, quirks: { wholeFile: true } });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.hello(1);
    expect(await us.download('a')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('a')).equals(data)).toBe(true);
    expect(field.seen.violations).toEqual([]);
  });

  it('asks each of those that answer with the whole file once, and takes it', async () => {
    const data = randomBytes(200_000);
    await using field = new FieldPeers();
    for (const dialect of ['line', 'callback', 'multiline'] as const)
      await field.start(dialect, { files: { a: data }, quirks: { wholeFile: true } });
    await using us = await OurPeer.start({ neighbours: field.all.map(({ address }) => address) });
    await us.obtainPeers();
    for (let round = 1; round <= 2; round++) {
      expect(await us.download('a')).toMatchObject({ event: 'download-finished' });
      expect((await us.file('a')).equals(data)).toBe(true);
      for (const { seen, dialect } of field.all) expect(seen.count('DL'), dialect).toBeLessThanOrEqual(round);
    }
    for (const { seen } of field.all) expect(seen.violations).toEqual([]);
  });

  it('brings a reply once more whose connection was reset', async () => {
    await using us = await OurPeer.start({ files: { 'a.bin': DATA }, meets: ['callback'] });
    await using field = await FieldPeer.start('callback', { quirks: { resetsReplies: 3 } });
    expect(await field.ls(us.address)).toHaveLength(1);
    expect((await field.download(us.address, 'a.bin', CHUNK)).equals(DATA)).toBe(true);
    expect(field.seen.violations).toEqual([]);
  });

  it('remembers who wants names in base64, and asks both ways once', async () => {
    const files = { 'a.txt': DATA.subarray(0, 2_500), 'b.txt': DATA.subarray(0, 1_500) };
    await using field = await FieldPeer.start('line', { files, quirks: { base64Names: 'closes' } });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.hello(1);
    expect(await us.download('a.txt')).toMatchObject({ event: 'download-finished' });
    const plain = field.seen.requests.filter(({ type, args }) => type === 'DL' && args[0] === 'a.txt');
    expect(plain).toHaveLength(1);
    const before = field.seen.requests.length;
    expect(await us.download('b.txt')).toMatchObject({ event: 'download-finished' });
    const tokens = field.seen.requests
      .slice(before)
      .flatMap(({ type, args }) => (type === 'DL' ? args[0] : []));
    expect(new Set(tokens)).toEqual(new Set([Buffer.from('b.txt').toString('base64')]));
    expect((await us.file('b.txt')).equals(files['b.txt'])).toBe(true);
  });

  it.each<FieldDialect>(['line', 'prefixed', 'raw'])(
    'remembers who does not know LS, and says BYE to it all the same: %s',
    async (dialect) => {
      await using field = await FieldPeer.start(dialect, { quirks: { part1: true } });
      await using us = await OurPeer.start({ neighbours: [field.address] });
      await us.hello(1);
      await us.obtainPeers();
      await us.search();
      const before = field.seen.count('LS');
      const asked = field.seen.connections;
      for (let round = 1; round <= 2; round++) {
        await us.search();
        expect(field.seen.count('LS') - before).toBe(round);
      }
      expect(field.seen.connections - asked).toBe(2);
      expect(us.peers().map(({ status }) => status)).toEqual(['ONLINE']);
      await us.leave();
      await eventually(() => expect(field.seen.count('BYE')).toBe(1));
      expect(field.seen.violations).toEqual([]);
    },
  );

  it('asks with a space before the newline where GET_PEERS is closed on, and goes on so', async () => {
    const quirks = { spacedPeers: 'closes' } as const;
    await using field = await FieldPeer.start('line', { files: { a: 'a' }, neighbours: [STRANGER], quirks });
    await using us = await OurPeer.start({ neighbours: [field.address] });
    await us.hello(1);
    await us.search();
    await us.obtainPeers();
    expect(us.peers().map(({ address, status }) => [address, status])).toEqual([
      [field.address, 'ONLINE'],
      [STRANGER, 'OFFLINE'],
    ]);
    const before = field.seen.count('GET_PEERS');
    await us.obtainPeers();
    expect(field.seen.count('GET_PEERS')).toBe(before + 1);
    expect(field.seen.violations).toEqual([]);
  });

  it('asks with a space before the newline the next time where GET_PEERS is not answered', async () => {
    const quirks = { spacedPeers: 'silent' } as const;
    await using field = await FieldPeer.start('line', { neighbours: [STRANGER], quirks });
    await using us = await OurPeer.start({ neighbours: [field.address], timing: { reply: 100 } });
    await us.obtainPeers();
    expect(us.peers()).toHaveLength(1);
    await us.obtainPeers();
    expect(us.peers()).toHaveLength(2);
    await us.obtainPeers();
    expect(field.seen.count('GET_PEERS')).toBe(3);
  });

  it.each(['closes', 'silence'] as const)(
    'tries that once, and then asks as before: %s',
    async (reaction) => {
      const what = reaction === 'closes' ? 'close' : reaction;
      await using neighbour = await ScriptedNeighbour.start(() => what);
      await using us = await OurPeer.start({
        neighbours: [neighbour.address],
        timing: { reply: 100, callback: 1 },
      });
      for (let round = 1; round <= 4; round++) await us.obtainPeers();
      const spaced = neighbour.server.connections.filter(({ received }) => received.includes('GET_PEERS \n'));
      expect(spaced).toHaveLength(1);
    },
  );

  it('says once why it asks in base64', async () => {
    const files = { 'a.txt': DATA.subarray(0, 2_500) };
    await using field = await FieldPeer.start('line', { files, quirks: { base64Names: 'closes' } });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.hello(1);
    await us.download('a.txt');
    expect(us.test.reporter.all('name-tried-in-base64')).toEqual([
      { event: 'name-tried-in-base64', neighbour: field.address, name: 'a.txt' },
    ]);
  });

  it('one that is dialled and never answers does not come and go at each try', async () => {
    let isSilent = true;
    await using neighbour = await ScriptedNeighbour.start(() => (isSilent ? 'silence' : say('PEER_LIST 0')));
    await using us = await OurPeer.start({ neighbours: [neighbour.address], timing: { reply: 50 } });
    const statuses = () => us.test.reporter.all('neighbour-status-changed').map(({ status }) => status);
    for (let round = 1; round <= 3; round++) await us.obtainPeers();
    expect(statuses()).toEqual(['ONLINE', 'OFFLINE']);
    isSilent = false;
    await us.obtainPeers();
    expect(statuses()).toEqual(['ONLINE', 'OFFLINE', 'ONLINE']);
  });

  it('asks for each chunk on a connection of its own where that is faster than on the kept one', async () => {
    const files = { 'a.bin': DATA, b: 'b' };
    await using field = await FieldPeer.start('persistent', { files, quirks: { againDelayMs: 400 } });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.obtainPeers();
    expect(await us.download('a.bin')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('a.bin')).equals(DATA)).toBe(true);
    expect(us.dialectsOf(field.address).at(-1)).toBe('persistent');
    const chunks = field.seen.requests.filter(({ type }) => type === 'DL');
    const ofTheKept = chunks.filter(({ connection }) => connection === chunks[0]?.connection);
    expect(chunks.length - ofTheKept.length).toBeGreaterThan(10);
    expect(field.seen.violations).toEqual([]);
  });

  const MISSING = ['None', 'ERRO', 'ERROR_FILE_NOT_FOUND', '', undefined] as const;

  /** For each answer to a missing file somebody who lists a file of his own, and gives that answer. */
  async function startWithout(dialect: FieldDialect): Promise<FieldPeers> {
    const field = new FieldPeers();
    for (const [at, missing] of MISSING.entries()) {
      const quirks = { lost: [`${at}.bin`], ...(missing === undefined ? {} : { missing }) };
      await field.start(dialect, { files: { [`${at}.bin`]: DATA, 'b.txt': 'b' }, quirks });
    }
    return field;
  }

  it('whatever stands for a missing file: the others give it', async () => {
    await using without = await startWithout('line');
    const files = Object.fromEntries(MISSING.map((_, at) => [`${at}.bin`, DATA]));
    await using having = await FieldPeer.start('multiline', { files });
    const neighbours = [...without.all, having].map(({ address }) => address);
    await using us = await OurPeer.start({ neighbours, chunkSize: CHUNK });
    await us.obtainPeers();
    for (const [at, missing] of MISSING.entries()) {
      const end = await us.download(`${at}.bin`);
      expect([missing, end.event]).toEqual([missing, 'download-finished']);
      expect((await us.file(`${at}.bin`)).equals(DATA)).toBe(true);
    }
    for (const { seen } of [...without.all, having]) expect(seen.violations).toEqual([]);
  });

  it('whatever stands for a missing file: nothing is left of it when nobody has it', async () => {
    await using without = await startWithout('prefixed');
    const neighbours = without.all.map(({ address }) => address);
    await using us = await OurPeer.start({ neighbours, chunkSize: CHUNK });
    await us.obtainPeers();
    for (const [at, missing] of MISSING.entries()) {
      const end = await us.download(`${at}.bin`);
      expect([missing, end.event]).toEqual([missing, 'download-failed']);
    }
    expect(await us.fileNames()).toEqual([]);
    for (const { seen } of without.all) expect(seen.violations).toEqual([]);
  });

  // Both words are base64 of three bytes: the length alone does not tell.
  it.each(['None', 'ERRO'])('%s is not the content of a file of three bytes', async (missing) => {
    const quirks = { lost: ['a.bin'], missing };
    await using field = await FieldPeer.start('line', { files: { 'a.bin': 'abc' }, quirks });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    await us.hello(1);
    expect(await us.download('a.bin')).toMatchObject({ event: 'download-failed' });
    expect(await us.fileNames()).toEqual([]);
  });
});
