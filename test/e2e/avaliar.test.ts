import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const { code, stdout, stderr } = await runProgram(['avaliar', '--rigoroso', peer.address]);
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

  it('writes the result for scripts and for a CI', async () => {
    const home = await mkdtemp(join(tmpdir(), 'eachare-'));
    const steps = { line: (text: string) => `${text}\n\0`, count: (entries: number) => entries + 1 };
    await using program = await JudgedProgram.start({ steps });
    const args = ['--json', '--junit', 'avaliado.xml', '--grupos', 'GET_PEERS,mensagem', program.address];
    const { code, stdout } = await runProgram(['avaliar', ...args], { cwd: home });
    expect(code).toBe(4);
    const result = JSON.parse(stdout) as Record<string, unknown> & { cases: Record<string, unknown>[] };
    expect(result).toMatchObject({
      target: program.address,
      dialect: 'line',
      ended: null,
      first: 'get-peers.contagem',
      scores: {
        groups: {
          mensagem: { holds: 7, broken: 0, tolerated: 1, 'not-applicable': 0 },
          GET_PEERS: { holds: 9, broken: 1, tolerated: 0, 'not-applicable': 0 },
        },
        parts: { 1: { holds: 16, broken: 1, tolerated: 1, 'not-applicable': 0 } },
      },
    });
    expect(Object.keys(result.scores as object)).toEqual(['groups', 'parts']);
    expect(new Set(result.cases.map(({ group }) => group))).toEqual(new Set(['mensagem', 'GET_PEERS']));
    const count = result.cases.find(({ id }) => id === 'get-peers.contagem');
    expect(count).toMatchObject({ verdict: 'broken', title: 'o número da lista é o número das entradas' });
    expect(count?.sent).toMatch(/^127\.0\.0\.1:\d+ \d+ GET_PEERS\\n$/);
    expect(count?.received).toMatch(/ PEER_LIST 5 127\.0\.0\.1:9:OFFLINE:0 .*\\n\\0$/);
    expect(count?.expected).toContain('PEER_LIST 4 ');
    const xml = await readFile(join(home, 'avaliado.xml'), 'utf8');
    expect(xml).toContain('<testsuite name="mensagem" tests="8" failures="0" errors="0" skipped="0">');
    expect(xml).toContain('<testsuite name="GET_PEERS" tests="10" failures="1" errors="0" skipped="0">');
    expect(xml.match(/<failure message="[^"]+">enviado: [^<]+<\/failure>/g)).toHaveLength(1);
    expect(xml.match(/<testcase /g)).toHaveLength(18);
    // Nothing else is left, and nothing is left of a result that there is none of.
    await program[Symbol.asyncDispose]();
    expect((await runProgram(['avaliar', '--junit', 'outro.xml', program.address], { cwd: home })).code).toBe(
      1,
    );
    expect(await readdir(home)).toEqual(['avaliado.xml']);
    await rm(home, { recursive: true });
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
    [['127.0.0.1:1', '--grupos', 'robustez'], '--grupos: robustez só com --rigoroso'],
    [['127.0.0.1:1', '--prazo', '0'], '--prazo: "0" não é um número inteiro de 1 a 60 (segundos)'],
    [['127.0.0.1:1', '--prazo', '61'], '--prazo: "61" não é'],
    [
      ['127.0.0.1:1', '--grupos', 'ls,dl'],
      '--grupos: "dl" não é um de mensagem, relogio, hello-bye, get-peers, ls',
    ],
    [['127.0.0.1:1', '--junit', '/nao/existe/a.xml'], '--junit: "/nao/existe/a.xml" não pode ser escrito'],
    [['127.0.0.1:1', '--nada'], 'opção desconhecida: --nada'],
  ])('wrong usage: %j', async (args, message) => {
    const { code, stdout, stderr } = await runProgram(['avaliar', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^eachare avaliar: .* \(veja eachare avaliar --ajuda\)\n$/);
    expect(stderr).toContain(message);
  });
});
