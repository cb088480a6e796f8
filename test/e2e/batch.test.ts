import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FieldPeer, type FieldDialect } from '../helpers/field/field-peer.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { runProgram, type Finished } from '../helpers/run-program.ts';
import { PROGRAM, SpawnedPeer } from '../helpers/spawned-peer.ts';

const DATA = new RandomNumbers(12).bytes(20_003);
const FRAMINGS: readonly FieldDialect[] = ['line', 'prefixed', 'raw', 'callback', 'persistent', 'multiline'];

/** Where a command of one line works: a neighbours file and a folder. */
class Place implements AsyncDisposable {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async with(
    neighbours: readonly string[],
    files: Readonly<Record<string, string>> = {},
  ): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'eachare-')));
    await mkdir(place.folder);
    await writeFile(join(place.home, 'v.txt'), neighbours.map((line) => `${line}\n`).join(''));
    for (const [name, content] of Object.entries(files)) await writeFile(join(place.folder, name), content);
    return place;
  }

  get folder(): string {
    return join(this.home, 'pasta');
  }

  /** The arguments, with those of every such command behind the first. */
  args(command: string, ...rest: readonly string[]): string[] {
    return [command, '127.0.0.1:0', 'v.txt', 'pasta', ...rest];
  }

  run(command: string, ...rest: readonly string[]): Promise<Finished> {
    return runProgram(this.args(command, ...rest), { cwd: this.home });
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}

const serve = (files: Readonly<Record<string, string | Uint8Array>>, neighbours: readonly string[] = []) =>
  SpawnedPeer.start({ files, neighbours, args: ['--sem-menu'] });

function objects({ stdout }: Finished): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A port on which somebody listens, and does nothing else. */
async function taken(): Promise<{ server: Server; address: string }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.concurrent('in a network of three peers', () => {
  it('one line finds who is there through others, and what they have', async () => {
    await using c = await serve({ 'longe.pdf': 'longe', 'nota.txt': 'c' });
    await using b = await serve({ 'perto.txt': 'perto' }, [c.address]);
    await using a = await serve({}, [b.address]);
    await using place = await Place.with([a.address]);

    const peers = await place.run('peers', '--json');
    expect(peers).toMatchObject({ code: 0, stderr: '' });
    expect(objects(peers)).toEqual(
      [a, b, c].map(({ address }) => ({ address, status: 'ONLINE', clock: expect.any(Number) as number })),
    );
    const files = await place.run('listar', '--json', '*.pdf');
    expect(files).toMatchObject({ code: 0, stderr: '' });
    expect(objects(files)).toEqual([{ name: 'longe.pdf', size: 5, sources: [c.address] }]);
    const table = await place.run('listar');
    expect(table.stdout).toMatch(
      /^Nome +\| Tamanho \[bytes\] +\| Peer\n-[-+]*\nlonge\.pdf .*\nnota\.txt .*\nperto\.txt /,
    );

    const got = await place.run('baixar', '--json', 'longe.pdf', '*.txt');
    expect(got).toMatchObject({ code: 0, stderr: '' });
    expect(objects(got).map(({ event, name }) => [event, name])).toEqual([
      ['download-finished', 'longe.pdf'],
      ['download-finished', 'nota.txt'],
      ['download-finished', 'perto.txt'],
    ]);
    expect(await place.read('longe.pdf')).toBe('longe');
    // It has taken its leave.
    await c.until(
      ({ event, ...rest }) => event === 'message-received' && 'type' in rest && rest.type === 'BYE',
    );
  });

  it('--alcance bounds the way', async () => {
    await using c = await serve({});
    await using b = await serve({}, [c.address]);
    await using a = await serve({}, [b.address]);
    await using near = await Place.with([a.address]);
    expect(objects(await near.run('peers', '--json', '--alcance', '0'))).toHaveLength(1);
    await using further = await Place.with([a.address]);
    const found = objects(await further.run('peers', '--json', '--alcance', '1'));
    expect(found.map(({ address }) => address)).toContain(b.address);
    expect(found.map(({ address }) => address)).not.toContain(c.address);
  });
});

describe.concurrent('baixar', () => {
  it.each(FRAMINGS)('fetches from a program of the field: %s', async (dialect) => {
    await using field = await FieldPeer.start(dialect, { files: { 'theirs.bin': DATA } });
    await using place = await Place.with([field.address]);
    const got = await place.run('baixar', '--silencioso', '--chunk', '1000', 'theirs.bin');
    expect(got).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await readFile(join(place.folder, 'theirs.bin'))).equals(DATA)).toBe(true);
    expect(field.seen.violations).toEqual([]);
  });

  it('fetches the others where one of several names is missing', async () => {
    await using a = await serve({ 'a.txt': 'a', 'b.txt': 'b' });
    await using place = await Place.with([a.address]);
    const got = await place.run('baixar', '--json', 'a.txt', 'nada*', 'b.txt');
    expect(got.code).toBe(3);
    expect(objects(got)).toMatchObject([
      { event: 'download-finished', name: 'a.txt' },
      { event: 'download-finished', name: 'b.txt' },
      { event: 'download-failed', name: 'nada*', code: 'no-match' },
    ]);
    expect((await readdir(place.folder)).sort()).toEqual(['a.txt', 'b.txt']);
    expect((await place.run('baixar', 'nada')).stdout).toContain(
      'falhou: nenhum arquivo da rede tem esse nome',
    );
  });

  it('chooses no content by itself, and the one that it is told to', async () => {
    await using a = await serve({ 'x.txt': 'um', 'y.txt': 'y' });
    await using b = await serve({ 'x.txt': 'dois' });
    await using place = await Place.with([a.address, b.address]);
    const undecided = await place.run('baixar', '--json', 'x.txt');
    expect(undecided.code).toBe(5);
    expect(objects(undecided)).toMatchObject([
      { event: 'download-failed', name: 'x.txt', code: 'sources-differ' },
    ]);
    expect(await readdir(place.folder)).toEqual([]);
    const digest = createHash('sha256').update('dois').digest('hex');
    expect((await place.run('baixar', '--sha256', digest.slice(0, 8), 'x.txt')).code).toBe(0);
    expect(await place.read('x.txt')).toBe('dois');
    // A file of one source alone is known by its digest too.
    expect((await place.run('baixar', '--sha256', '0000', 'y.txt')).code).toBe(3);
  });

  it('does not fetch what is here, replaces what is other, and says both', async () => {
    await using a = await serve({ 'doc2.txt': 'o novo' });
    await using place = await Place.with([a.address], { 'doc2.txt': 'o meu, de 21 bytes...' });
    const replaced = await place.run('baixar', 'doc2.txt');
    expect(replaced).toMatchObject({
      code: 0,
      stderr: 'eachare baixar: Substituindo o seu doc2.txt, que tinha 21 bytes.\n',
    });
    expect(await place.read('doc2.txt')).toBe('o novo');
    const again = await place.run('baixar', 'doc2.txt');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('já está aqui');
    // As long, and other content.
    await writeFile(join(place.folder, 'doc2.txt'), 'O NOVO');
    const beside = await place.run('baixar', '--json', '--sobrescrever', 'nao', 'doc2.txt');
    expect(beside).toMatchObject({ code: 0, stderr: '' });
    expect(objects(beside)).toMatchObject([{ event: 'download-finished', savedAs: 'doc2 (1).txt' }]);
    expect(await place.read('doc2.txt')).toBe('O NOVO');
    expect(await place.read('doc2 (1).txt')).toBe('o novo');
  });

  it('waits with --espera for a source that comes later', async () => {
    const { server, address } = await taken();
    await using place = await Place.with([address]);
    const asked = new Promise<void>((resolve) => server.once('connection', () => resolve()));
    const getting = place.run('baixar', '--json', '--espera', '60', 'tarde.txt');
    await asked;
    await new Promise((resolve) => server.close(resolve));
    await using late = await SpawnedPeer.start({
      address,
      files: { 'tarde.txt': 'enfim' },
      args: ['--sem-menu'],
    });
    expect(await getting).toMatchObject({ code: 0, stderr: '' });
    expect(await place.read('tarde.txt')).toBe('enfim');
    expect(late.address).toBe(address);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('says BYE and ends by %s with %d', async (signal, code) => {
    await using a = await serve({ 'a.txt': 'a' });
    await using place = await Place.with([a.address]);
    const args = [PROGRAM, ...place.args('baixar', '--espera', '600', 'nunca.txt')];
    const child = spawn(process.execPath, args, { cwd: place.home, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await a.until((e) => e.event === 'message-received' && e.type === 'LS');
    child.kill(signal);
    expect(await ended).toBe(code);
    await a.until((e) => e.event === 'message-received' && e.type === 'BYE');
    expect(await readdir(place.folder)).toEqual([]);
  });
});

describe.concurrent('what cannot be done', () => {
  it('is one line and an exit code', async () => {
    const { server, address } = await taken();
    await using place = await Place.with([]);
    const runs: readonly (readonly [args: readonly string[], code: number, line: string])[] = [
      [['listar', '127.0.0.1:0', 'v.txt', 'pasta'], 3, 'eachare listar: nenhum peer respondeu'],
      [['peers', '127.0.0.1:0', 'v.txt', 'pasta'], 3, 'eachare peers: nenhum peer respondeu'],
      [['baixar', '127.0.0.1:0', 'v.txt', 'pasta', 'a'], 3, 'eachare baixar: nenhum peer respondeu'],
      [
        ['peers', address, 'v.txt', 'pasta'],
        1,
        `eachare peers: <endereço:porta>: "${address}" a porta já está em uso (com :0 uma livre é escolhida)`,
      ],
      [
        ['peers', '127.0.0.1:0', 'nada.txt', 'pasta'],
        2,
        'eachare peers: <vizinhos.txt>: "nada.txt" não encontrado (crie com: touch "nada.txt")',
      ],
      [
        ['listar', '127.0.0.1:0', 'v.txt', 'v.txt'],
        2,
        'eachare listar: <diretório_compartilhado>: "v.txt" não é um diretório',
      ],
      [
        ['listar', '127.0.0.1:0', 'v.txt', 'pasta', '--espera', 'x'],
        2,
        'eachare listar: --espera: "x" não é um número inteiro de 0 a 86400 (segundos) (veja eachare listar --ajuda)',
      ],
      [
        ['baixar', '127.0.0.1:0', 'v.txt', 'pasta'],
        2,
        'eachare baixar: falta o argumento <nome ou padrão> (veja eachare baixar --ajuda)',
      ],
      [['pronto', '127.0.0.1:1', '--espera', '0'], 3, 'eachare pronto: nenhum peer respondeu'],
      [
        ['pronto', 'aqui'],
        2,
        'eachare pronto: <endereço:porta>: "aqui" não tem a forma host:porta, por exemplo 127.0.0.1:5001 (veja eachare pronto --ajuda)',
      ],
    ];
    const ends = await Promise.all(runs.map(([args]) => runProgram(args, { cwd: place.home })));
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(
      runs.map(([, code, line]) => [code, `${line}\n`]),
    );
    server.close();
  });

  it('says which pattern fits nothing', async () => {
    await using a = await serve({ 'a.txt': 'a' });
    await using place = await Place.with([a.address]);
    const listed = await place.run('listar', '*.txt', '*.zip');
    expect(listed).toMatchObject({
      code: 3,
      stderr: 'eachare listar: nenhum arquivo da rede corresponde a "*.zip"\n',
    });
    expect(listed.stdout).toContain('a.txt');
  });
});

describe.concurrent('pronto', () => {
  it('ends as soon as a peer answers, and not for a program that is none', async () => {
    const { server, address } = await taken();
    const waiting = runProgram(['pronto', address, '--espera', '60']);
    await new Promise<void>((resolve) => server.once('connection', () => resolve()));
    await new Promise((resolve) => server.close(resolve));
    await using late = await SpawnedPeer.start({ address, args: ['--sem-menu'] });
    expect(await waiting).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(late.address).toBe(address);
  });

  it.each(['--eventos', '--chunk', '--sobrescrever'])(
    'has no option %s, which would do nothing',
    async (option) => {
      const { code, stderr } = await runProgram(['pronto', '127.0.0.1:1', option, 'x']);
      expect([code, stderr]).toEqual([
        2,
        `eachare pronto: opção desconhecida: ${option} (veja eachare pronto --ajuda)\n`,
      ]);
    },
  );

  it('knows the key of a private network', async () => {
    await using place = await Place.with([]);
    expect((await runProgram(['chave', 'k'], { cwd: place.home })).code).toBe(0);
    const key = join(place.home, 'k');
    await using peer = await SpawnedPeer.start({ args: ['--sem-menu', '--chave', key] });
    expect((await runProgram(['pronto', peer.address, '--chave', key])).code).toBe(0);
  });
});

describe('a piped menu', () => {
  it('ends with 3 where a download failed, with 0 where all is done', async () => {
    await using a = await serve({ 'a.txt': 'a' });
    await using place = await Place.with([a.address]);
    const menu = (input: string) => runProgram(['127.0.0.1:0', 'v.txt', 'pasta'], { cwd: place.home, input });
    expect((await menu('1\n1\n4\n1\n9\n')).code).toBe(0);
    await rm(join(place.folder, 'a.txt'));
    await mkdir(join(place.folder, 'a.txt'));
    expect((await menu('1\n1\n4\n1\n9\n')).code).toBe(3);
  });

  it('says what it replaces, and leaves it alone with --sobrescrever nao', async () => {
    await using a = await serve({ 'a.txt': 'novo' });
    await using place = await Place.with([a.address], { 'a.txt': 'meu' });
    const menu = (...options: readonly string[]) =>
      runProgram([...options, '127.0.0.1:0', 'v.txt', 'pasta'], {
        cwd: place.home,
        input: '1\n1\n4\n1\n9\n',
      });
    const beside = await menu('--sobrescrever', 'nao');
    expect(beside.stdout).toContain('Download do arquivo a.txt finalizado.\n  Salvo como a (1).txt.\n');
    expect([await place.read('a.txt'), await place.read('a (1).txt')]).toEqual(['meu', 'novo']);
    const replaced = await menu();
    expect(replaced.stdout).toContain(
      'Substituindo o seu a.txt, que tinha 3 bytes.\nDownload do arquivo a.txt',
    );
    expect(await place.read('a.txt')).toBe('novo');
  });
});
