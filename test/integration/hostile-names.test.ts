import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { SharedFolder } from '../../src/disk/share/shared-folder.ts';
import { base64Token, bytesFromName, encodeName } from '../../src/protocol/names.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { SessionClient } from '../helpers/session-client.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const SECRET = 'segredo';
const cases = HOSTILE_NAMES.map(({ kind, name, isEntry = false }) => [kind, name, isEntry] as const);

let home = '';
let folder: SharedFolder;

/** A shared folder with something to steal beside it, and inside it where it is hidden. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'eachare-'));
  const shared = join(home, 'shared');
  await mkdir(join(shared, 'sub'), { recursive: true });
  await mkdir(join(shared, '.ssh'));
  for (const place of ['fora.txt', 'shared/sub/fora.txt', 'shared/.bashrc', 'shared/.ssh/chave'])
    await writeFile(join(home, place), SECRET);
  folder = await SharedFolder.open(shared);
});

afterAll(async () => {
  await folder.close();
  await rm(home, { recursive: true });
});

const everything = async () => (await readdir(home, { recursive: true })).sort();

describe('a name that is asked for', () => {
  it.each(cases)('%s, %j: nothing is read', async (_, name) => {
    await using peer = await TestPeer.start({ folder });
    const session = await SessionClient.open(peer.port);
    const literal = /[\s\0]/.test(name) ? [] : [name];
    for (const token of new Set([...literal, encodeName(name), base64Token(name)])) {
      if (token === '') continue;
      for (const request of [`DL ${token} 256 0`, `DL ${token} 0 0`]) {
        const reply = String(await RawSocket.exchange(peer.port, Buffer.from(`127.0.0.1:9 1 ${request}\n`)));
        expect(reply).toBe('');
      }
      const [refused] = await session.ask(`DIGEST ${token}`);
      expect(refused).toMatch(/^ERROR DIGEST (not-found|bad-request) /);
    }
    session[Symbol.dispose]();
  });
});

describe('a name that is listed', () => {
  it.each(cases)('%s, %j: nothing is written but at most that entry', async (_, name, isEntry) => {
    await using neighbour = await ScriptedNeighbour.start(({ type }) => {
      if (type === 'LS') return say(`LS_LIST 1 ${encodeName(name)}:3`);
      return type === 'DL' ? say(`FILE ${encodeName(name)} 3 0 YWJj`) : say('PEER_LIST 0');
    });
    await using peer = await TestPeer.start({ folder });
    peer.neighbours.observe(neighbour.address, 'ONLINE');
    const before = await everything();
    await searchFiles(peer.desk({ answers: [fileNamed(name)] }));
    const [found] = peer.reporter.all('search-finished');
    if (isEntry) {
      const path = Buffer.concat([Buffer.from(join(home, 'shared/')), bytesFromName(name)]);
      expect(String(await readFile(path))).toBe('abc');
      await rm(path);
      expect(await everything()).toEqual(before);
      return;
    }
    // Either it is no entry at all, or choosing it fails before anything is asked for.
    if (found?.found.length === 1) {
      expect(peer.reporter.all('download-failed')).toMatchObject([{ code: 'unsafe-name' }]);
    }
    expect(peer.reporter.all('message-sent').filter(({ type }) => type === 'DL')).toEqual([]);
    expect(await everything()).toEqual(before);
  });
});
