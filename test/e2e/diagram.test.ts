import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/run-program.ts';
import { PROGRAM, SpawnedPeer } from '../helpers/spawned-peer.ts';

/** Three real peers: one greets, searches and loads from the two others; one of these is killed before the end. */
async function realRun(folder: string): Promise<string[]> {
  const content = 'x'.repeat(20_000);
  await using caio = await SpawnedPeer.start({ files: { 'a b.txt': content } });
  await using bia = await SpawnedPeer.start({ files: { 'a b.txt': content }, neighbours: [caio.address] });
  await using ana = await SpawnedPeer.start({ neighbours: [bia.address] });
  ana.type(1, 1, 2, 2, 4, 1);
  await ana.until((event) => event.event === 'download-finished');
  caio.process.kill('SIGKILL');
  await caio.exit;
  ana.type(9);
  await ana.exit;
  bia.type(9);
  await bia.exit;
  const paths: string[] = [];
  for (const [name, peer] of Object.entries({ ana, bia, caio })) {
    const path = join(folder, `${name}.jsonl`);
    await writeFile(path, await readFile(join(peer.home, 'eventos.jsonl')));
    paths.push(path);
  }
  return paths;
}

let folder: string;
let logs: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eachare-diagrama-'));
  logs = await realRun(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const draw = (...args: readonly string[]) => runProgram(['diagrama', ...args], { cwd: folder });

describe('eachare diagrama', () => {
  it('draws a real run in every format', async () => {
    const sent = (await Promise.all(logs.map((path) => readFile(path, 'utf8'))))
      .join('')
      .match(/"message-sent"/g)!.length;
    for (const [name, pattern] of [
      ['r.html', /^<!doctype html>/],
      ['r.svg', /^<svg [^]*<\/svg>\n$/],
      ['r.txt', /HELLO ─+▶/],
      ['r.mmd', /^sequenceDiagram\n {4}participant p0 as 127\.0\.0\.1:\d+\n/],
      ['r.log', /^\(\?<host>\\S\+\) [^\n]+\n\n127/],
    ] as const) {
      const { code, stdout, stderr } = await draw(...logs, '--saida', name);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${name}: ${sent} mensagens, 3 linhas`));
      expect(await readFile(join(folder, name), 'utf8')).toMatch(pattern);
    }
  });

  it('names peers, narrows, and reads standard input', async () => {
    const input = (await Promise.all(logs.map((path) => readFile(path, 'utf8')))).join('');
    const address = /"peer":"([^"]+)"/.exec(input)![1]!;
    const args = [
      'diagrama',
      '-',
      '--formato',
      'texto',
      '--nome',
      `${address}=ana`,
      '--tipos',
      'HELLO',
      '--peers',
      'ana',
    ];
    const { code, stdout } = await runProgram(args, { input });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ *ana /);
    expect(stdout).toContain('HELLO');
    expect(stdout).not.toContain('LS');
  });

  it('writes a page that asks nothing of the network, small without its data', async () => {
    const file = join(folder, 'pagina.html');
    await draw(...logs, '--saida', file);
    const html = await readFile(file, 'utf8');
    const data = /<script type="application\/json" id="dados">([^]*?)<\/script>/.exec(html)![1]!;
    expect(html.length - data.length).toBeLessThan(300_000);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/(src|href)="(?!data:,)/);
  });

  it.each([
    [['nada.jsonl'], /"nada\.jsonl" não encontrado/],
    [['.'], /"\." é um diretório/],
    [[PROGRAM], /não é um registro de eventos/],
    [[], /falta o argumento <eventos\.jsonl>/],
    [['a', '--cor'], /opção desconhecida: --cor/],
    [['a', '--formato', 'pdf'], /--formato: "pdf" não é um dos formatos/],
    [['a', '--formato'], /a opção --formato precisa de um valor/],
    [['a', '--saida', 'x.pdf'], /não diz o formato/],
    [['a', '--nome', 'ana'], /não tem a forma endereço:porta=nome/],
    [['-', '--ao-vivo'], /não a entrada padrão/],
  ])('%j is one clear line and exit code 2', async (args, text) => {
    const { code, stdout, stderr } = await draw(...args);
    expect(stderr).toMatch(text);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('shows its help', async () => {
    const { code, stdout } = await draw('--ajuda');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Uso: eachare diagrama[^]*Códigos de saída:\n {2}0 /);
  });
});

describe('eachare conferir', () => {
  it('finds nothing wrong in a real run, one peer of which was killed', async () => {
    const { code, stdout } = await runProgram(['conferir', ...logs]);
    expect(stdout).toContain('Todas as regras valem.');
    expect(code).toBe(0);
  });

  it('finds a planted fault, says where, and ends with 4', async () => {
    const text = await readFile(logs[0]!, 'utf8');
    const broken = join(folder, 'quebrado.jsonl');
    await writeFile(
      broken,
      text.replace(/("event":"message-sent".*"type":"GET_PEERS".*"clock":)\d+/, '$19999'),
    );
    const { code, stdout } = await runProgram(['conferir', broken, logs[1]!, logs[2]!]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/quebrado\.jsonl:\d+: 127\.0\.0\.1:\d+ enviou GET_PEERS/);
    const json = await runProgram(['conferir', '--json', broken, logs[1]!, logs[2]!]);
    expect(json.code).toBe(4);
    const result = JSON.parse(json.stdout) as { ok: boolean; violations: { rule: string }[] };
    expect(result.ok).toBe(false);
    expect(result.violations.map(({ rule }) => rule)).toContain('send');
  });

  it('is one clear line and exit code 2 for what is no event log', async () => {
    const { code, stderr } = await runProgram(['conferir', PROGRAM]);
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
  });
});

describe('eachare diagrama --ao-vivo', () => {
  it('serves loopback GETs under its own name alone, follows the file, and ends with 0', async () => {
    const growing = join(folder, 'depois.jsonl');
    const live = spawn(process.execPath, [PROGRAM, 'diagrama', growing, '--ao-vivo']);
    const [printed] = (await once(live.stdout.setEncoding('utf8'), 'data')) as [string];
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(printed)![1]);
    const ask = (options: http.RequestOptions): Promise<http.IncomingMessage> =>
      new Promise((resolve, reject) => {
        http
          .request({ host: '127.0.0.1', port, agent: false, ...options }, resolve)
          .on('error', reject)
          .end();
      });
    const statuses = await Promise.all(
      [
        { path: '/' },
        { path: '/', headers: { host: 'evil.example' } },
        { path: '/', method: 'POST' },
        { path: '/../package.json' },
      ].map(async (options) => {
        const response = await ask(options);
        response.resume();
        return response.statusCode;
      }),
    );
    expect(statuses).toEqual([200, 421, 405, 404]);
    const stream = await ask({ path: '/eventos' });
    expect(stream.headers['content-type']).toContain('text/event-stream');
    await writeFile(growing, await readFile(logs[0]!));
    let text = '';
    for await (const piece of stream.setEncoding('utf8')) {
      text += piece as string;
      if (text.includes('peer-started')) break;
    }
    live.kill('SIGINT');
    const [code] = (await once(live, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
