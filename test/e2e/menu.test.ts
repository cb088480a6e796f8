import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, SpawnedPeer } from '../helpers/spawned-peer.ts';

const MENU = [
  'Escolha um comando:',
  '[1] Listar peers',
  '[2] Obter peers',
  '[3] Listar arquivos locais',
  '[4] Buscar arquivos',
  '[5] Exibir estatisticas',
  '[6] Alterar tamanho de chunk',
  '[9] Sair',
  '> ',
];

/** A transcript with the addresses by name. */
function named(screen: string, names: Readonly<Record<string, SpawnedPeer>>): string[] {
  const text = Object.entries(names).reduce(
    (all, [name, { address }]) => all.replaceAll(address, name),
    screen,
  );
  return text.split('\n');
}

describe('the screen', () => {
  it('reads as in the assignment, on both sides', async () => {
    const text = 'Era uma vez um arquivo.';
    await using b = await SpawnedPeer.start({
      files: { 'hello.txt': text, 'aula 1.txt': 'x' },
      args: ['--sem-menu'],
    });
    await using a = await SpawnedPeer.start({ neighbours: [b.address], args: ['--chunk', '16'] });
    a.type(1, 1, 2, 4, 2, 6, 128, 9);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    await b.until((e) => e.event === 'message-received' && e.type === 'BYE');
    const menus = MENU.join('\n');
    const expected = [
      'Peer iniciado em A',
      'Adicionando novo peer B status OFFLINE',
      menus,
      'Lista de peers:',
      '[0] voltar para o menu anterior',
      '[1] B OFFLINE',
      '> ',
      '=> Atualizando relogio para 1',
      'Encaminhando mensagem "A 1 HELLO" para B',
      'Atualizando peer B status ONLINE',
      'Resposta recebida: "B 3 RETURN_HELLO sessao sha256 blocos"',
      '=> Atualizando relogio para 4',
      menus,
      // B has offered a session; the first request makes use of it.
      '=> Atualizando relogio para 5',
      'Encaminhando mensagem "A 5 HELLO sessao" para B',
      'Resposta recebida: "B 7 RETURN_HELLO sessao sha256 blocos"',
      '=> Atualizando relogio para 8',
      '=> Atualizando relogio para 9',
      'Encaminhando mensagem "A 9 GET_PEERS" para B',
      'Resposta recebida: "B 11 PEER_LIST 0"',
      '=> Atualizando relogio para 12',
      menus,
      '=> Atualizando relogio para 13',
      'Encaminhando mensagem "A 13 LS" para B',
      'Resposta recebida: "B 15 LS_LIST 2 aula%201.txt:1 hello.txt:23"',
      '=> Atualizando relogio para 16',
    ];
    const lines = named(a.screen, { A: a, B: b });
    const head = expected.join('\n').split('\n');
    expect(lines.slice(0, head.length)).toEqual(head);
    const table = lines.slice(head.length);
    expect(table[0]).toBe('Arquivos encontrados na rede:');
    expect(table.slice(1, 7).join('\n')).toMatch(
      /Nome +\| Tamanho +\| Peer[\s\S]*\[0\] <Cancelar>[\s\S]*\[1\] aula 1\.txt[\s\S]*\[2\] hello\.txt +\| +23 +\| B/,
    );
    expect(table).toContain('Digite o numero do arquivo para fazer o download:');
    expect(table).toContain('arquivo escolhido hello.txt');
    expect(table).toContain('Download do arquivo hello.txt finalizado.');
    expect(table).toContain('Digite novo tamanho de chunk:');
    expect(table).toContain('Tamanho de chunk alterado: 128');
    expect(table).toContain('Saindo...');
    expect((await a.file('hello.txt')).toString()).toBe(text);

    const served = named(b.screen, { A: a, B: b });
    expect(served.slice(0, 18)).toEqual([
      'Peer iniciado em B',
      'Mensagem recebida: "A 1 HELLO"',
      '=> Atualizando relogio para 2',
      'Adicionando novo peer A status ONLINE',
      '=> Atualizando relogio para 3',
      'Encaminhando mensagem "B 3 RETURN_HELLO sessao sha256 blocos" para A',
      'Mensagem recebida: "A 5 HELLO sessao"',
      '=> Atualizando relogio para 6',
      '=> Atualizando relogio para 7',
      'Encaminhando mensagem "B 7 RETURN_HELLO sessao sha256 blocos" para A',
      'Mensagem recebida: "A 9 GET_PEERS"',
      '=> Atualizando relogio para 10',
      '=> Atualizando relogio para 11',
      'Encaminhando mensagem "B 11 PEER_LIST 0" para A',
      'Mensagem recebida: "A 13 LS"',
      '=> Atualizando relogio para 14',
      '=> Atualizando relogio para 15',
      'Encaminhando mensagem "B 15 LS_LIST 2 aula%201.txt:1 hello.txt:23" para A',
    ]);
    expect(served.join('\n')).toMatch(
      /Encaminhando mensagem "B \d+ FILE hello\.txt 7 1 [A-Za-z0-9+/=]{12}" para A/,
    );
    expect(served.at(-2)).toBe('Atualizando peer A status OFFLINE');
  });

  it('escapes what others send', async () => {
    const name = 'a\u001b[2Jb\u202ec\nd.txt';
    await using b = await SpawnedPeer.start({ files: { [name]: 'x' }, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type(1, 1, 4, 0, 9);
    await a.exit;
    expect(a.screen).toContain('d.txt');
    expect(a.screen).not.toMatch(/[\u001b\u202e]/);
  });
});

describe('the menu', () => {
  it('survives nonsense and says what was wrong', async () => {
    await using b = await SpawnedPeer.start({ files: { x: 'x' } });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type(
      '',
      '7',
      'abc',
      '-1',
      '1e3',
      ' 1 ',
      '99',
      '1',
      'x',
      '1',
      '0',
      6,
      '0',
      6,
      '-3',
      6,
      '99999999999999999999',
      6,
      'dez',
    );
    a.type(1, 1, 4, 'um', 4, 2, 4, 0, '\u001b[A', 'x'.repeat(100_000), 3, 9);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    expect(a.screen).toContain('"abc"');
    expect(a.screen.match(/Tamanho de chunk inválido/g)).toHaveLength(4);
    expect(a.screen).toContain('o tamanho continua 256');
    expect(a.screen).toContain('"um"');
    expect(a.screen).toContain('Nenhum arquivo no diretório compartilhado.');
    expect(a.errors).toBe('');
  });

  it('obeys piped input to its last line, however it comes', async () => {
    const input = '3\n6\n512\n5\n6\n1024'; // the last line lacks its newline
    for (const pieces of [[input], [...input], input.split(/(?<=\n)/)]) {
      await using a = await SpawnedPeer.start();
      for (const piece of pieces) {
        a.process.stdin.write(piece);
        await new Promise(setImmediate);
      }
      a.process.stdin.end();
      expect(await a.exit).toEqual({ code: 0, signal: null });
      expect(a.screen).toContain('Tamanho de chunk alterado: 512');
      expect(a.screen).toContain('Tamanho de chunk alterado: 1024');
    }
  });

  it('leaves when nobody reads its screen any more', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type(1, 1);
    await a.until((e) => e.event === 'neighbour-status-changed');
    a.process.stdout.destroy();
    a.type(3, 3, 3);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    await b.until((e) => e.event === 'message-received' && e.type === 'BYE');
  });
});

describe('ways out', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
    ['SIGHUP', 0],
  ] as const)('%s: BYE to all that are ONLINE, exit %i of a menu on a pipe', async (signal, code) => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type(1, 1);
    await a.until((e) => e.event === 'neighbour-status-changed' && e.status === 'ONLINE');
    a.process.kill(signal);
    expect(await a.exit).toEqual({ code, signal: null });
    await b.until((e) => e.event === 'neighbour-status-changed' && e.status === 'OFFLINE');
    b.process.kill(signal);
    expect(await b.exit).toEqual({ code: 0, signal: null });
  });

  it('a neighbour that hangs does not hold us longer than the deadline', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type(1, 1);
    await a.until((e) => e.event === 'neighbour-status-changed' && e.status === 'ONLINE');
    b.process.kill('SIGSTOP');
    a.type(9);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    // BYE was given up by the deadline of leaving, not by its own.
    expect((await a.readEvents()).filter(({ event }) => event === 'request-failed')).toEqual([]);
    b.process.kill('SIGCONT');
  });
});

describe('the command line', () => {
  async function end(
    args: readonly string[],
    cwd: string,
  ): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, out, err };
  }

  it('refuses what it cannot use, in one line', async () => {
    await using a = await SpawnedPeer.start();
    const cases: [code: number, says: RegExp, args: string[]][] = [
      [2, /falta o argumento <endereço:porta>/, []],
      [2, /<endereço:porta>: "x"/, ['x', 'vizinhos.txt', 'shared']],
      [2, /<vizinhos.txt>: "nada" não encontrado.*touch/, ['127.0.0.1:0', 'nada', 'shared']],
      [2, /<vizinhos.txt>: "shared" não é um arquivo/, ['127.0.0.1:0', 'shared', 'shared']],
      [2, /<diretório_compartilhado>: "nada" não encontrado.*mkdir/, ['127.0.0.1:0', 'vizinhos.txt', 'nada']],
      [
        2,
        /<diretório_compartilhado>: "vizinhos.txt" não é um diretório/,
        ['127.0.0.1:0', 'vizinhos.txt', 'vizinhos.txt'],
      ],
      [
        2,
        /--eventos: "nada\/e" não encontrado/,
        ['127.0.0.1:0', 'vizinhos.txt', 'shared', '--eventos', 'nada/e'],
      ],
      [1, /porta já está em uso/, [a.address, 'vizinhos.txt', 'shared']],
      [1, /não é desta máquina/, ['192.0.2.1:5001', 'vizinhos.txt', 'shared']],
    ];
    for (const [code, says, args] of cases) {
      const { code: got, out, err } = await end(args, a.home);
      expect({ args, got, out }).toEqual({ args, got: code, out: '' });
      expect(err).toMatch(says);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it('shows help and version on stdout with 0', async () => {
    expect(await end(['--ajuda'], '/')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Uso: eachare') as string,
    });
    expect(await end(['--versao'], '/')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('the neighbours file', () => {
  it('keeps what the user wrote, repairs the last newline, and is shared by several peers', async () => {
    await using d = await SpawnedPeer.start({ args: ['--sem-menu'] });
    await using c = await SpawnedPeer.start({ neighbours: [d.address], args: ['--sem-menu'] });
    await using b = await SpawnedPeer.start({ neighbours: [c.address] });
    const path = join(b.home, 'comum.txt');
    const users = `# meus vizinhos\n\nnão é endereço\n${b.address}   # bia`;
    await writeFile(path, users);
    b.type(1, 1, 2);
    await b.until((e) => e.event === 'neighbour-added' && e.neighbour === d.address);
    const shared = await Promise.all([1, 2, 3].map(() => SpawnedPeer.start({ neighboursPath: path })));
    for (const peer of shared) peer.type(2, 2, 9);
    for (const peer of shared) await peer.exit;
    for (const peer of shared) await peer[Symbol.asyncDispose]();
    const text = await readFile(path, 'utf8');
    expect(text.startsWith(`${users}\n`)).toBe(true);
    const added = text
      .slice(users.length + 1)
      .split('\n')
      .filter((line) => line !== '');
    // Two processes that add the same neighbour in the same instant may both write it; nothing ever melts together.
    expect(added).toEqual(expect.arrayContaining([c.address, d.address]));
    for (const line of added) expect(line).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(shared[0]?.screen).toContain('Linha 3 do arquivo de vizinhos ignorada');
  });

  it('says so once when it cannot be written, and goes on', async () => {
    await using c = await SpawnedPeer.start({
      neighbours: ['127.0.0.1:1', '127.0.0.1:2'],
      args: ['--sem-menu'],
    });
    await using b = await SpawnedPeer.start({ neighbours: [c.address] });
    await rm(b.neighboursPath);
    b.type(2);
    await b.until((e) => e.event === 'neighbour-added' && e.neighbour === '127.0.0.1:2');
    b.type(9);
    expect(await b.exit).toEqual({ code: 0, signal: null });
    expect(b.screen.match(/Não foi possível gravar o arquivo de vizinhos/g)).toHaveLength(1);
  });
});
