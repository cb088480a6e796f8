import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/run-program.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'eachare-estatisticas-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (path: string) =>
  runProgram(['--estatisticas', path, '127.0.0.1:0', '/dev/null', folder], { input: '9\n' });

describe('--estatisticas', () => {
  it('writes at exit what menu 5 shows', async () => {
    await using bia = await SpawnedPeer.start({ files: { 'a.txt': 'x'.repeat(1_000) } });
    const path = join(folder, 'tempos.csv');
    await using ana = await SpawnedPeer.start({
      neighbours: [bia.address],
      args: ['--estatisticas', path],
    });
    ana.type(1, 1, 4, 1, 5, 9);
    expect(await ana.exit).toEqual({ code: 0, signal: null });
    const shown = (await ana.readEvents()).find((event) => event.event === 'statistics-shown');
    const [group] = shown?.event === 'statistics-shown' ? shown.downloads : [];
    expect(group).toMatchObject({ chunkSize: 256, sources: 1, fileSize: 1_000, count: 1, deviation: 0 });
    const mean = group!.mean.toFixed(6).replace('.', ',');
    expect(await readFile(path, 'utf8')).toBe(
      '\uFEFFchunk_bytes;peers;arquivo_bytes;n;media_s;desvio_padrao_s\r\n' + `256;1;1000;1;${mean};0\r\n`,
    );
    expect(await readdir(folder)).toEqual(['tempos.csv']);
  });

  it('writes nothing over what is there', async () => {
    const path = join(folder, 'meu.csv');
    await writeFile(path, 'meu');
    const { code, stdout, stderr } = await start(path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `eachare: --estatisticas: "${path}" já existe e não será sobrescrito (veja eachare --ajuda)\n`,
    );
    expect(await readFile(path, 'utf8')).toBe('meu');
  });

  it('says at the start that there is no such folder', async () => {
    const path = join(folder, 'nada/tempos.csv');
    const { code, stderr } = await start(path);
    expect(code).toBe(2);
    expect(stderr).toBe(`eachare: --estatisticas: "${path}" não encontrado (veja eachare --ajuda)\n`);
  });
});
