import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { runProgram } from '../helpers/run-program.ts';
import { SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';
import { until } from '../helpers/until.ts';

let home = '';
let key = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'eachare-'));
  key = join(home, 'rede.chave');
  expect((await runProgram(['chave', key])).code).toBe(0);
});

afterAll(() => rm(home, { recursive: true }));

it('a key is made for its owner alone, and never made again', async () => {
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  const before = await readFile(key, 'utf8');
  expect(before).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await runProgram(['chave', key])).toMatchObject({ code: 2, stdout: '' });
  expect(await readFile(key, 'utf8')).toBe(before);
});

it('a file that is no key is refused in one line', async () => {
  const short = join(home, 'curta.chave');
  await writeFile(short, 'abc\n', { mode: 0o600 });
  const { code, stderr } = await runProgram(['127.0.0.1:0', '/dev/null', home, '--chave', short]);
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('who has the key downloads; the log holds nothing of it', async () => {
  const args = ['--chave', key];
  const data = Buffer.alloc(100_000, 'segredo');
  await using server = await SpawnedPeer.start({ files: { f: data }, args });
  await using client = await SpawnedPeer.start({ neighbours: [server.address], args });
  client.type(1);
  client.type(1);
  client.type(4);
  client.type(1);
  await client.untilScreen('finalizado');
  expect((await client.file('f')).equals(data)).toBe(true);
  client.type(9);
  expect((await client.exit).code).toBe(0);
  const secret = (await readFile(key, 'utf8')).trim();
  expect(await readFile(client.logPath, 'utf8')).not.toContain(secret);
});

it('who has the key goes on with a download that was killed', async () => {
  const args = ['--chave', key];
  const data = new RandomNumbers(95).bytes(3_000_000);
  await using server = await SpawnedPeer.start({ files: { f: data }, args: ['--sem-menu', ...args] });
  await using line = await FaultProxy.start(server.port, { toClient: { bytesPerSecond: 1_000_000 } });
  await using first = await SpawnedPeer.start({ neighbours: [line.address], args });
  first.type(1, 1, 4, 1);
  // Two seconds of the line; what has come is noted each second.
  await until(() => line.bytesToClient > 2_000_000, 20_000, 'most of the file');
  first.process.kill('SIGKILL');
  await first.exit;
  await using second = await SpawnedPeer.start({
    neighbours: [server.address],
    args,
    folderPath: first.folder,
  });
  second.type(1, 1, 4, 1);
  const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';
  expect(await second.until(isEnd)).toMatchObject({ event: 'download-finished', isProven: true });
  const started = second.events.find(({ event }) => event === 'download-started');
  expect(started).toMatchObject({ event: 'download-started' });
  expect(started?.event === 'download-started' ? started.resumed : 0).toBeGreaterThan(0);
  expect((await second.file('f')).equals(data)).toBe(true);
});
