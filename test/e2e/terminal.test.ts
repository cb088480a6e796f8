import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { startOnTerminal } from '../helpers/program-on-terminal.ts';
import { SessionClient } from '../helpers/session-client.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/** The lines from the last menu on. */
const tail = (rows: readonly string[]) => rows.slice(rows.lastIndexOf('[9] Sair') + 1);

describe('the program on a terminal', () => {
  it('prints what comes in above the line being typed', async () => {
    await using b = await SpawnedPeer.start();
    const { terminal } = await startOnTerminal(b);
    terminal.type('1\r');
    await terminal.until((rows) => rows.includes('Lista de peers:'));
    terminal.type('1\r');
    await terminal.until(
      (rows) => rows.some((row) => row.startsWith('Resposta recebida:')) && rows.at(-1) === 'comando>',
    );
    terminal.type('quase 9');
    await terminal.until((rows) => rows.at(-1) === 'comando> quase 9');
    b.type(1, 1, 2, 9);
    await terminal.until((rows) => tail(rows).includes(`Atualizando peer ${b.address} status OFFLINE`));
    const rows = tail(await terminal.screen.seen());
    expect(rows.at(-1)).toBe('comando> quase 9');
    expect(rows.filter((row) => row.includes('quase'))).toHaveLength(1);
    expect(rows.filter((row) => row.startsWith('Mensagem recebida: '))).toHaveLength(4);
    terminal.type('\x7f'.repeat(7) + '9\r');
    expect(await terminal.ended).toBe(0);
    expect((await terminal.screen.seen()).at(-1)).toBe('Saindo...');
  });

  it('shows the progress of a large download, and Ctrl-C cancels it alone and keeps what has come', async () => {
    await using b = await SpawnedPeer.start({
      files: { 'grande.bin': randomBytes(20_000_000) },
      args: ['--sem-menu'],
    });
    await using line = await FaultProxy.start(b.port, { toClient: { bytesPerSecond: 2_000_000 } });
    const { terminal, folder } = await startOnTerminal(line);
    terminal.type('1\r1\r4\r');
    await terminal.until((rows) => rows.includes('Digite o numero do arquivo para fazer o download:'));
    terminal.type('1\r');
    await terminal.until((rows) => /^grande\.bin +[█░]+ +\d+%.*MiB/.test(rows.at(-2) ?? ''));
    const rows = await terminal.screen.seen();
    expect(rows.filter((row) => /^grande\.bin .*\d+%/.test(row))).toHaveLength(1);
    expect(rows.every((row) => row.length <= 80)).toBe(true);
    expect(rows.some((row) => row.includes(' DL '))).toBe(false);
    terminal.type('\x03');
    const cancelled = /^Download de grande\.bin cancelado; já recebido e guardado: [\d,]+ [KM]iB\./;
    await terminal.until((seen) => seen.some((row) => cancelled.test(row)) && seen.at(-1) === 'comando>');
    expect(await leftovers(folder)).toEqual([RESUMABLE]);
    expect(await readdir(folder)).toHaveLength(2);
    terminal.type('4\r1\r');
    await terminal.until((seen) =>
      seen.some((row) => row.startsWith('Continuando o download de grande.bin')),
    );
    await terminal.until((seen) => /^grande\.bin +[█░]+ +\d+%.*MiB/.test(seen.at(-2) ?? ''));
    // One cancels, the next one leaves, whether the menu is back or not.
    terminal.type('\x03\x03');
    expect(await terminal.ended).toBe(0);
    expect(tail(await terminal.screen.seen())).toContain('Saindo...');
    expect(await leftovers(folder)).toEqual([RESUMABLE]);
    await b.until((e) => e.event === 'message-received' && e.type === 'BYE');
  });

  it('waits for the only source of a download, and goes on by itself once it is back', async () => {
    const content = randomBytes(3_000_000);
    await using b = await SpawnedPeer.start({ files: { 'grande.bin': content }, args: ['--sem-menu'] });
    const slow = { toClient: { bytesPerSecond: 1_000_000 } };
    const line = await FaultProxy.start(b.port, slow);
    const { terminal, folder } = await startOnTerminal(line, '--chunk 16384');
    terminal.type('1\r1\r4\r');
    await terminal.until((rows) => rows.at(-1) === 'arquivo>');
    terminal.type('1\r');
    await terminal.until((rows) => /^grande\.bin .*\d+%.*MiB\/s|KiB\/s/.test(rows.at(-2) ?? ''));
    const { port } = line;
    await line.close();
    await terminal.until((rows) => rows.at(-2)?.includes('esperando por fontes…') === true);
    await using again = await FaultProxy.start(b.port, slow, port);
    await terminal.until((rows) => rows.includes('Download do arquivo grande.bin finalizado.'));
    expect(again.connections).toBeGreaterThan(0);
    expect(content.equals(await readFile(join(folder, 'grande.bin')))).toBe(true);
    const rows = await terminal.screen.seen();
    expect(rows.filter((row) => row.includes('falhou demais'))).toHaveLength(1);
    expect(rows.filter((row) => row.includes('voltou a enviar grande.bin'))).toHaveLength(1);
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
  });

  it('shows whom it waits for', async () => {
    await using mute = await FaultProxy.start(1, { halfOpen: true });
    const { terminal } = await startOnTerminal(mute);
    terminal.type('2\r');
    await terminal.until((rows) => rows.at(-2) === `esperando ${mute.address}… 0 s`);
    await terminal.until((rows) => rows.at(-2) === `esperando ${mute.address}… 1 s`);
    await mute.close();
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    expect((await terminal.screen.seen()).join('\n')).not.toContain('esperando');
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
  });

  it('answers others while nobody reads its screen', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b);
    const [, port = ''] =
      /^Peer iniciado em .*:(\d+)$/m.exec((await terminal.screen.seen()).join('\n')) ?? [];
    terminal.stall();
    using client = await SessionClient.open(Number(port));
    // Far more than the pseudo-terminal and the pipe behind it take.
    const requests = Array.from({ length: 4_000 }, () => 'LS');
    expect(new Set(await client.ask(...requests))).toEqual(new Set(['LS_LIST 0']));
  });

  it.each([
    ['colours', '', {}, true],
    ['none with --sem-cor', '--sem-cor', {}, false],
    ['none with NO_COLOR', '', { NO_COLOR: '1' }, false],
    ['none, and no cursor movement, with TERM=dumb', '', { TERM: 'dumb' }, false],
  ])('%s', async (_, options, env, colorful) => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b, options, env);
    terminal.type('1\r1\r');
    await terminal.until((rows) => rows.some((row) => row.startsWith('Resposta recebida:')));
    terminal.type('\x04');
    expect(await terminal.ended).toBe(0);

    expect(/\u001b\[[0-9;]*m/.test(terminal.screen.bytes)).toBe(colorful);
    if ('TERM' in env) expect(terminal.screen.bytes).not.toContain('\u001b');
  });
});
