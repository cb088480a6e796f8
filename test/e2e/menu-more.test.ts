import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { startOnTerminal } from '../helpers/program-on-terminal.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

const UP = '\x1b[A';
const FILES = { 'aula 1.txt': 'um', 'aula 2.txt': 'dois', 'bolo.pdf': 'três', 'chá.txt': 'quatro' };

const count = (rows: readonly string[], text: string) => rows.filter((row) => row.includes(text)).length;

describe('the menu on a terminal', () => {
  it('asks again after a wrong choice, keeps the table, filters it, and fetches several', async () => {
    await using b = await SpawnedPeer.start({ files: FILES, args: ['--sem-menu'] });
    const { terminal, folder } = await startOnTerminal(b);
    terminal.type('1 1\r');
    await terminal.until((rows) => rows.some((row) => row.startsWith('Resposta recebida:')));
    terminal.type('4\r');
    await terminal.until((rows) => rows.at(-1) === 'arquivo>');
    terminal.type('9\r');
    await terminal.until((rows) => count(rows, 'Opção inválida: "9"') === 1 && rows.at(-1) === 'arquivo>');
    expect(count(await terminal.screen.seen(), 'Arquivos encontrados')).toBe(1);
    terminal.type('\r');
    await terminal.until((rows) => count(rows, 'Arquivos encontrados') === 2 && rows.at(-1) === 'arquivo>');
    terminal.type('/CHA\r');
    await terminal.until((rows) => count(rows, '(só com "CHA"; / mostra todos)') === 1);
    await terminal.until((rows) => count(rows, '[4] chá.txt') === 3 && count(rows, '[1] aula 1.txt') === 2);
    terminal.type('/\r');
    await terminal.until((rows) => count(rows, '[1] aula 1.txt') === 3 && rows.at(-1) === 'arquivo>');
    terminal.type('?\r');
    await terminal.until((rows) => count(rows, '1,3-5: vários') === 1 && rows.at(-1) === 'arquivo>');
    terminal.type('1,3-4\r');
    await terminal.until((rows) => count(rows, 'Fila concluída: 3 arquivos baixados (13 bytes).') === 1);
    expect((await readdir(folder)).sort()).toEqual(['aula 1.txt', 'bolo.pdf', 'chá.txt']);
    terminal.type('4 *\r');
    await terminal.until((rows) => count(rows, '1 arquivo baixado (4 bytes); 3 que você já tinha.') === 1);
    terminal.type('4\r');
    await terminal.until((rows) => count(rows, '| já tenho') === 4);
    terminal.type('0\rsair\r');
    expect(await terminal.ended).toBe(0);
  });

  it('asks before it takes the place of a file of ours, and goes back to the table', async () => {
    await using b = await SpawnedPeer.start({ files: { 'doc.txt': 'da rede' }, args: ['--sem-menu'] });
    const { terminal, folder } = await startOnTerminal(b);
    await writeFile(join(folder, 'doc.txt'), 'o meu');
    terminal.type('1 1\r4\r');
    await terminal.until((rows) => count(rows, '| tenho outro |') === 1 && rows.at(-1) === 'arquivo>');
    terminal.type('1\r');
    const question = 'Substituir o seu doc.txt (5 bytes, modificado hoje)? [s/N]';
    await terminal.until((rows) => rows.at(-1) === question);
    terminal.type('\r');
    await terminal.until((rows) => count(rows, 'Arquivos encontrados') === 2 && rows.at(-1) === 'arquivo>');
    expect(await readFile(join(folder, 'doc.txt'), 'utf8')).toBe('o meu');
    terminal.type('1\r');
    await terminal.until((rows) => rows.at(-1) === question);
    terminal.type('s\r');
    await terminal.until((rows) => rows.includes('Download do arquivo doc.txt finalizado.'));
    expect(await readFile(join(folder, 'doc.txt'), 'utf8')).toBe('da rede');
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
  });

  it('completes with Tab, remembers with arrow up, and never takes a tab for a character', async () => {
    await using b = await SpawnedPeer.start({ files: FILES, args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b);
    terminal.type('pe\t');
    await terminal.until((rows) => rows.at(-1) === 'comando> peers');
    terminal.type(' 1\r');
    await terminal.until((rows) => rows.some((row) => row.startsWith('Resposta recebida:')));
    terminal.type('buscar\r');
    await terminal.until((rows) => rows.at(-1) === 'arquivo>');
    terminal.type('au\t');
    await terminal.until((rows) => rows.at(-1) === 'arquivo> aula');
    terminal.type('\t');
    await terminal.until((rows) => rows.includes('aula 1.txt   aula 2.txt'));
    await terminal.until((rows) => rows.at(-1) === 'arquivo> aula');
    terminal.type('\t2\t\r');
    await terminal.until((rows) => rows.includes('Download do arquivo aula 2.txt finalizado.'));
    terminal.type(`${UP}${UP}`);
    await terminal.until((rows) => rows.at(-1) === 'comando> buscar');
    terminal.type('\x15\t\x1b[Zzz\t\r');
    await terminal.until((rows) => rows.some((row) => row.includes('Comando inválido: "zz"')));
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen.bytes).not.toContain('\t');
  });

  it('shows the chunk size and keeps it, and takes 64k', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b);
    terminal.type('6\r');
    await terminal.until((rows) => rows.includes('Digite novo tamanho de chunk (agora 256; Enter mantém):'));
    terminal.type('\r');
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    terminal.type('6 64k\r');
    await terminal.until((rows) => rows.includes('Tamanho de chunk alterado: 65536'));
    terminal.type('?\r');
    await terminal.until((rows) => count(rows, '+ host:porta') === 1 && rows.at(-1) === 'comando>');
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
  });

  it('draws one prompt of the question that is open after Ctrl-Z and fg', async () => {
    await using b = await SpawnedPeer.start({ files: FILES, args: ['--sem-menu'] });
    const { terminal: first, command } = await startOnTerminal(b);
    first.type('9\r');
    await first.ended;
    const { PseudoTerminal } = await import('../helpers/pseudo-terminal.ts');
    const terminal = new PseudoTerminal('bash --norc --noprofile -i');
    terminal.type(`${command}\r`);
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    terminal.type('1\r');
    await terminal.until((rows) => rows.at(-1) === 'peer>');
    terminal.type('\x1a');
    await terminal.until((rows) => /[$#]$/.test(rows.at(-1) ?? ''));
    terminal.type('fg\r');
    await terminal.until((rows) => rows.at(-1) === 'peer>');
    expect(count(await terminal.screen.seen(), 'peer>')).toBe(1);
    terminal.type('0\r');
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    terminal.type('9\r');
    await terminal.until((rows) => rows.at(-2) === 'Saindo...');
    terminal.type('exit\r');
    expect(await terminal.ended).toBe(0);
  });

  it('asks once before it leaves somebody who downloads from here', async () => {
    await using b = await SpawnedPeer.start();
    const { terminal, folder } = await startOnTerminal(b);
    await writeFile(join(folder, 'grande.bin'), randomBytes(3_000_000));
    const [, port = ''] =
      /^Peer iniciado em .*:(\d+)$/m.exec((await terminal.screen.seen()).join('\n')) ?? [];
    await using line = await FaultProxy.start(Number(port), { toClient: { bytesPerSecond: 200_000 } });
    b.type(`+ ${line.address}`, `peers 1`, '6 16k', '4 grande.bin');
    await b.until(({ event }) => event === 'download-started');
    await terminal.until((rows) => count(rows, 'Enviando arquivo grande.bin') === 1);
    await b.until((e) => e.event === 'message-received' && e.type === 'DATA');
    terminal.type('9\r');
    const sentence = `${b.address} ainda está baixando grande.bin daqui.`;
    await terminal.until((rows) => rows.includes(sentence) && rows.at(-1) === 'Sair mesmo assim? [s/N]');
    terminal.type('\r');
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    terminal.type('\x03');
    await terminal.until((rows) => count(rows, 'Ctrl-C de novo') === 1 && rows.at(-1) === 'comando>');
    terminal.type('\x03');
    expect(await terminal.ended).toBe(0);
  });
});

describe('the menu on a pipe', () => {
  it('takes words, arguments and several files, and one wrong choice goes back to the menu', async () => {
    await using b = await SpawnedPeer.start({ files: FILES, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type('peers 1', '4 *.txt', '4', '99', '6 2k', '4 2,3', '9');
    expect((await a.exit).code).toBe(0);
    expect(a.screen).toContain('Fila concluída: 3 arquivos baixados (12 bytes).\n');
    expect(a.screen).toContain('Opção inválida: "99"');
    expect(a.screen).toContain('Tamanho de chunk alterado: 2048\n');
    expect(a.screen).toContain('Fila concluída: 1 arquivo baixado (5 bytes); 1 que você já tinha.\n');
    expect((await readdir(a.folder)).sort()).toEqual(Object.keys(FILES).sort());
    expect(a.screen).not.toContain('já tenho');
  });

  it('ends with 3 where a name matches nothing', async () => {
    await using b = await SpawnedPeer.start({ files: FILES, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address] });
    a.type('1 1', '4 nada.bin', '9');
    expect((await a.exit).code).toBe(3);
  });

  it.each([
    ['perguntar', 'Substituindo o seu doc.txt, que tinha 5 bytes.\n', { 'doc.txt': 'da rede' }],
    ['sim', 'Substituindo o seu doc.txt, que tinha 5 bytes.\n', { 'doc.txt': 'da rede' }],
    ['nao', 'Salvo como doc (1).txt.', { 'doc.txt': 'o meu', 'doc (1).txt': 'da rede' }],
  ])('--sobrescrever %s', async (mode, said, files) => {
    await using b = await SpawnedPeer.start({ files: { 'doc.txt': 'da rede' }, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({
      neighbours: [b.address],
      files: { 'doc.txt': 'o meu' },
      args: ['--sobrescrever', mode],
    });
    a.type(1, 1, 4, 1, 9);
    expect((await a.exit).code).toBe(0);
    expect(a.screen).toContain(said);
    expect((await readdir(a.folder)).sort()).toEqual(Object.keys(files).sort());
    for (const [name, content] of Object.entries(files))
      expect((await a.file(name)).toString()).toBe(content);
  });

  it('adds and forgets neighbours, in the file as well', async () => {
    await using a = await SpawnedPeer.start({
      neighbours: ['# os meus', '127.0.0.1:1', '127.0.0.1:2 # bia'],
    });
    a.type('+ 127.0.0.1:3', '- 127.0.0.1:2', '- 127.0.0.1:2', '+ 127.0.0.1:1', '+ nada', 1, 0, 9);
    expect((await a.exit).code).toBe(0);
    expect(await a.neighboursFile()).toBe('# os meus\n127.0.0.1:1\n# 127.0.0.1:2 # bia\n127.0.0.1:3\n');
    expect(a.screen).toContain('Peer 127.0.0.1:2 esquecido.\n');
    expect(a.screen).toContain('"127.0.0.1:2" não é um vizinho.\n');
    expect(a.screen).toContain('"127.0.0.1:1" já é um vizinho.\n');
    expect(a.screen).toContain('"nada" não tem a forma host:porta');
    expect(a.screen).toContain('[1] 127.0.0.1:1 OFFLINE\n[2] 127.0.0.1:3 OFFLINE\n');
  });

  it.each([
    ['nothing has the name', 'nada.txt', 3],
    ['several contents have it', 'doc.txt', 5],
  ])('ends with an exit code that says so where %s', async (_, name, code) => {
    await using b = await SpawnedPeer.start({ files: { 'doc.txt': 'um' }, args: ['--sem-menu'] });
    await using c = await SpawnedPeer.start({ files: { 'doc.txt': 'dois' }, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address, c.address] });
    a.type('1 1', '1 2', `4 ${name}`, 9);
    expect((await a.exit).code).toBe(code);
  });

  it('says whom it leaves in mid-download', async () => {
    await using b = await SpawnedPeer.start({ files: { 'g.bin': randomBytes(3_000_000) } });
    await using line = await FaultProxy.start(b.port, { toClient: { bytesPerSecond: 200_000 } });
    await using a = await SpawnedPeer.start({ neighbours: [line.address], args: ['--chunk', '16384'] });
    a.type(1, 1, 4, 1);
    await a.until((e) => e.event === 'message-received' && e.type === 'DATA');
    b.type(9);
    expect((await b.exit).code).toBe(0);
    expect(b.screen).toContain(`${a.address} ainda está baixando g.bin daqui.\n`);
  });

  it('tells of an interrupted download at start and in [3]', async () => {
    await using b = await SpawnedPeer.start({ files: { 'g.bin': randomBytes(1_048_576) } });
    await using line = await FaultProxy.start(b.port, { toClient: { bytesPerSecond: 500_000 } });
    await using a = await SpawnedPeer.start({ neighbours: [line.address], args: ['--chunk', '4096'] });
    a.type(1, 1, 4, 1);
    await b.until((e) => e.event === 'message-sent' && e.type === 'DATA');
    await a.until((e) => e.event === 'message-received' && e.type === 'DATA');
    a.process.kill('SIGINT');
    await a.exit;
    await using again = await SpawnedPeer.start({ folderPath: a.folder });
    again.type(3, 9);
    await again.exit;
    const told = again.screen.match(/^1 download interrompido: g\.bin, \d+,\d de 1,0 MiB$/gm);
    expect(told).toHaveLength(2);
  });
});
