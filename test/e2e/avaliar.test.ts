import { describe, expect, it } from 'vitest';
import { JudgedProgram } from '../helpers/judged-program.ts';
import { JUDGED_FILES } from '../helpers/judged.ts';
import { runProgram } from '../helpers/run-program.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

const FILES = { ...JUDGED_FILES, 'lição 1: x.txt': 'abc' };

describe.concurrent('eachare avaliar', () => {
  it.each<{ args: readonly string[] }>([
    { args: [] },
    { args: ['--puro'] },
    { args: ['--sem-menu'] },
    { args: ['--sem-menu', '--puro'] },
  ])('finds nothing wrong with our program: $args', async ({ args }) => {
    await using peer = await SpawnedPeer.start({ files: FILES, neighbours: ['127.0.0.1:9'], args });
    const { code, stdout, stderr } = await runProgram(['avaliar', peer.address]);
    expect(stderr).toBe('');
    const wrong = stdout.split('\n').filter((line) => /^ {2}[✗!]/.test(line));
    expect(wrong).toEqual([]);
    expect(stdout).toContain('Nenhuma regra violada.');
    const dialect = args.includes('--puro') ? 'line' : 'session';
    expect(stdout.split('\n')[0]).toContain(`${peer.address} fala o dialeto ${dialect}: `);
    expect(stdout.match(/^ {2}–.*$/gm)).toEqual([
      '  – ls.vazia: uma pasta vazia é LS_LIST 0, e mais nada (seção 1)',
    ]);
    expect(code).toBe(0);
  });

  it('shows what is wrong, and what to mend first', async () => {
    const steps = { send: (own: number) => own };
    await using program = await JudgedProgram.start({ files: JUDGED_FILES, steps });
    const { code, stdout } = await runProgram(['avaliar', program.address]);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /✗ relogio\.mais-dois: .*\(seção 2\)\n {6}enviado: {2}127\.0\.0\.1:\d+ \d+ GET_PEERS\\n\n {6}recebido: 127\.0\.0\.1:\d+ \d+ PEER_LIST .*\\n\n {6}esperado: relógio \d+: \d+ \+ 1 ao receber \+ 1 ao enviar \(veio \+ 1\)\n {6}dica: /,
    );
    expect(stdout).toMatch(/^parte 1 .* {2}31 de 32 {2}1 ✗$/m);
    expect(stdout).toMatch(/\nConserte primeiro relogio\.mais-dois: .*\n {2}a resposta também é .*\.\n$/);
  });

  it('says in one line that nobody is there', async () => {
    await using program = await JudgedProgram.start({});
    const { address } = program;
    await program[Symbol.asyncDispose]();
    expect(await runProgram(['avaliar', address])).toEqual({
      code: 1,
      stdout: '',
      stderr: `eachare avaliar: ninguém escuta em ${address}: inicie o programa antes\n`,
    });
  });

  it.each([
    [[], 'falta o argumento <endereço:porta>'],
    [['127.0.0.1'], '"127.0.0.1" não tem a forma host:porta'],
    [['127.0.0.1:1', '127.0.0.1:2'], 'argumentos demais'],
    [['127.0.0.1:1', '--nada'], 'opção desconhecida: --nada'],
  ])('wrong usage: %j', async (args, message) => {
    const { code, stdout, stderr } = await runProgram(['avaliar', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^eachare avaliar: .* \(veja eachare avaliar --ajuda\)\n$/);
    expect(stderr).toContain(message);
  });
});
