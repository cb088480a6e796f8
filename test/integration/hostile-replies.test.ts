import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { obtainPeers, searchFiles } from '../../src/commands.ts';
import { SharedFolder } from '../../src/disk/share/shared-folder.ts';
import { MAX_UNCONFIRMED_OF_ONE, MAX_REPLY_BYTES } from '../../src/limits.ts';
import type { FoundFileView } from '../../src/events.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { say, ScriptedNeighbour, type Reaction } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

/** The yardstick splits the same list in one go; a slice took a tenth of it, and a garbage collection may add to that. */
const LONGEST_STOP_IN_YARDSTICKS = 0.5;

/** CPU time of this process so far, in ms: what others do on the machine is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU time of some work, in ms; the second of two runs, which finds its code compiled. */
function cpuOf(work: () => unknown): number {
  work();
  const before = cpuMs();
  work();
  return cpuMs() - before;
}

/** Asks a neighbour that answers every LS in this way; returns what was found. */
async function searchAt(reaction: Reaction): Promise<readonly FoundFileView[]> {
  await using b = await ScriptedNeighbour.start(() => reaction);
  await using a = await TestPeer.start();
  a.neighbours.observe(b.address, 'ONLINE');
  await searchFiles(a.desk({ answers: ['0'] }));
  return a.reporter.all('search-finished')[0]?.found ?? [];
}

/** Writes for ever, as fast as it is taken. */
const pour =
  (block: Buffer): Reaction =>
  (connection) => {
    const go = () => {
      while (!connection.closed && connection.socket.writable && connection.socket.write(block));
    };
    connection.socket.on('drain', go);
    go();
  };

describe('a PEER_LIST', () => {
  it('of 100 000 entries adds as many as one teller may name, told once', async () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}:80:ONLINE:${i}`).map(
      (entry, i) => (i < 65_536 ? entry : `h${i}:80:OFFLINE:0`),
    );
    await using b = await ScriptedNeighbour.start(() => say(`PEER_LIST 100000 ${entries.join(' ')}`));
    await using a = await TestPeer.start({ knows: [b.address] });
    await obtainPeers(a.desk());
    expect(a.neighbours.list()).toHaveLength(1 + MAX_UNCONFIRMED_OF_ONE);
    expect(a.reporter.all('neighbour-added')).toHaveLength(1 + MAX_UNCONFIRMED_OF_ONE);
    expect(a.reporter.all('neighbours-limit-reached')).toEqual([
      { event: 'neighbours-limit-reached', limit: MAX_UNCONFIRMED_OF_ONE },
    ]);
    // What is shown of it stays short.
    expect(a.reporter.all('message-received')[0]?.args.length).toBeLessThan(100);
  });

  it.each([
    'PEER_LIST 1',
    'PEER_LIST 0 ',
    'PEER_LIST 99999 x y z',
    'PEER_LIST 1 :::',
    'PEER_LIST 1 \0:1:ONLINE:1',
  ])('of nonsense adds nobody: %j', async (body) => {
    await using b = await ScriptedNeighbour.start(() => say(body));
    await using a = await TestPeer.start({ knows: [b.address] });
    await obtainPeers(a.desk());
    expect(a.neighbours.list()).toHaveLength(1);
    expect(a.reporter.all('request-failed')).toEqual([]);
  });
});

describe('an LS_LIST', () => {
  it('of 100 000 files is searched', async () => {
    const files = Array.from({ length: 100_000 }, (_, i) => `arquivo-${i}.txt:${i}`);
    const found = await searchAt(say(`LS_LIST 100000 ${files.join(' ')}`));
    expect(found).toHaveLength(100_000);
  });

  it('of nonsense finds what is none of it', async () => {
    const found = await searchAt(
      say('LS_LIST 9 : :5 x x: x:-1 x:1e3 x:99999999999999999999 __proto__:1 ok:1 ok:1'),
    );
    expect(found.map(({ name, size }) => `${name}:${size}`)).toEqual(['__proto__:1', 'ok:1']);
    for (const { sources } of found) expect(sources).toHaveLength(1);
  });

  it.each([2 ** 40, Number.MAX_SAFE_INTEGER])(
    'with a file of %d bytes costs a failed download',
    async (size) => {
      await using b = await ScriptedNeighbour.start(({ type }) =>
        type === 'LS' ? say(`LS_LIST 1 huge:${size}`) : 'close',
      );
      await using a = await TestPeer.start();
      a.neighbours.observe(b.address, 'ONLINE');
      await searchFiles(a.desk({ answers: ['1'], chunkSize: 1 }));
      expect(b.count('DL')).toBeLessThan(10);
      expect(a.reporter.all('download-failed')).toHaveLength(1);
    },
  );

  it.each([
    '..%2Fx',
    '%2E%2E',
    '%2Fetc%2Fx',
    '..%5Cx',
    'a%00b',
    '.',
    '.oculto',
    '%2Eoculto',
    'sub%2Fx',
    '%'.repeat(750),
  ])('with the name %j writes nothing', async (token) => {
    const home = await mkdtemp(join(tmpdir(), 'eachare-'));
    const folder = await SharedFolder.open(home);
    await using b = await ScriptedNeighbour.start((request) =>
      request.type === 'LS' ? say(`LS_LIST 1 ${token}:1`) : say(`FILE ${token} 1 0 QQ==`),
    );
    await using a = await TestPeer.start({ folder });
    a.neighbours.observe(b.address, 'ONLINE');
    await searchFiles(a.desk({ answers: ['1'] }));
    expect(a.reporter.all('download-failed')).toMatchObject([{ code: 'unsafe-name' }]);
    expect(await readdir(home)).toEqual([]);
    await folder.close();
    await rm(home, { recursive: true });
  });
});

describe('a reply', () => {
  it('without end is cut off at the limit', async () => {
    await using b = await ScriptedNeighbour.start(() => pour(Buffer.alloc(65_536, 'x')));
    await using a = await TestPeer.start({ knows: [b.address] });
    await expect(a.peer.request(b.address, { type: 'LS' })).rejects.toMatchObject({ code: 'line-too-long' });
    const [connection] = b.server.connections;
    await connection?.until(() => connection.closed, 3_000, 'closed');
    expect(connection?.socket.bytesWritten).toBeGreaterThan(MAX_REPLY_BYTES);
    expect(a.reporter.all('message-received')).toEqual([]);
  });

  it('of many lines counts for its first one', async () => {
    await using b = await ScriptedNeighbour.start(() =>
      pour(Buffer.from('127.0.0.1:1 1 LS_LIST 0\n'.repeat(100))),
    );
    await using a = await TestPeer.start({ knows: [b.address] });
    expect((await a.peer.request(b.address, { type: 'LS' })).files).toEqual([]);
    expect(a.reporter.all('message-received')).toHaveLength(1);
  });

  it.each([
    ['malformed', 'x\n'],
    ['bad-origin', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['bad-clock', '127.0.0.1:1 9007199254740993 LS_LIST 0\n'],
    ['unexpected-type', '127.0.0.1:1 1 PEER_LIST 1 127.0.0.1:2:ONLINE:9\n'],
    // A request of theirs, on their own account: the reply may still come.
    ['no-reply', '127.0.0.1:1 1 HELLO\n'],
    ['bad-arguments', '127.0.0.1:1 1 LS_LIST\n'],
    ['no-reply', '\n\n\0\r\n'],
  ])('that is none: %s', async (code, bytes) => {
    await using b = await ScriptedNeighbour.start(() => ({ sayBytes: Buffer.from(bytes) }));
    await using a = await TestPeer.start({ knows: [b.address], timing: { callback: 200 } });
    await expect(a.peer.request(b.address, { type: 'LS' })).rejects.toMatchObject({ code });
    expect(a.neighbours.get('127.0.0.1:2' as Address)).toBeUndefined();
    expect(a.reporter.all('request-failed')).toMatchObject([{ to: b.address, type: 'LS' }]);
  });

  it('of noise is no reply', async () => {
    const numbers = new RandomNumbers(17);
    await using b = await ScriptedNeighbour.start(() => ({
      sayBytes: Buffer.concat([numbers.bytes(500), Buffer.from('\n')]),
    }));
    await using a = await TestPeer.start({ knows: [b.address] });
    for (let i = 0; i < 50; i++)
      await expect(a.peer.request(b.address, { type: 'GET_PEERS' })).rejects.toMatchObject({
        name: 'ProtocolError',
      });
  });

  it('of twenty megabytes of list entries is taken in slices, none of which stops us long', async () => {
    const bytes = Buffer.concat([
      Buffer.from('127.0.0.1:1 1 LS_LIST 5 '),
      Buffer.alloc(MAX_REPLY_BYTES - 100, 'a:1 '),
      Buffer.from('\n'),
    ]);
    await using b = await ScriptedNeighbour.start(() => ({ sayBytes: bytes }));
    await using a = await TestPeer.start({ knows: [b.address] });
    const yardstick = cpuOf(() => bytes.toString().split(' '));
    let longest = 0;
    let last = cpuMs();
    const look = () => {
      longest = Math.max(longest, cpuMs() - last);
      last = cpuMs();
    };
    const beat = setInterval(look, 1);
    await a.peer.request(b.address, { type: 'LS' }).catch((error: unknown) => error);
    look();
    clearInterval(beat);
    expect(longest / yardstick).toBeLessThan(LONGEST_STOP_IN_YARDSTICKS);
  });
});
