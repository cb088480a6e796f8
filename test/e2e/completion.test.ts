import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../helpers/spawned-peer.ts';

const home = mkdtempSync(join(tmpdir(), 'eachare-'));
mkdirSync(join(home, 'minha pasta'));
writeFileSync(join(home, 'vizinhos.txt'), '');
writeFileSync(join(home, 'visita 1.jsonl'), '');
afterAll(() => rmSync(home, { recursive: true }));

function run(program: string, ...args: readonly string[]) {
  return spawnSync(program, args, { encoding: 'utf8', cwd: home, env: { ...process.env, HOME: home } });
}
const eachare = (...args: readonly string[]) => run(process.execPath, PROGRAM, ...args);

/** The script for a shell, as a file. */
function script(form: string): string {
  const path = join(home, `completion.${form}`);
  if (existsSync(path)) return path;
  const { status, stdout } = eachare('completar', form);
  expect(status).toBe(0);
  writeFileSync(path, stdout);
  return path;
}

function has(program: string): boolean {
  const isThere = run('sh', '-c', `command -v ${program}`).status === 0;
  if (!isThere) process.stderr.write(`${program} is not installed: not tried\n`);
  return isThere;
}

/** The subcommands that the help of the program names. */
function named(): string[] {
  const { stdout } = eachare('--ajuda');
  return [...stdout.matchAll(/^ {2}eachare ([a-z]+)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== '');
}

describe('bash', () => {
  /** What Tab offers behind a line, in a real bash. */
  function offered(line: string): string[] {
    const ask = `source "$0"; COMP_LINE=$1; COMP_POINT=\${#1}
      COMP_WORDS=($1); [[ $1 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _eachare eachare "\${COMP_WORDS[COMP_CWORD]}" ''; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = run('bash', '-c', ask, script('bash'), line);
    expect(stderr).toBe('');
    return stdout.split('\n').filter((each) => each !== '');
  }

  it.each([
    ['eachare dia', ['diagrama']],
    ['eachare --mens', ['--mensagens']],
    ['eachare --mensagens r', ['resumo']],
    ['eachare 127.0.0.1:5001 viz', ['vizinhos.txt']],
    ['eachare 127.0.0.1:5001 vi', ['visita 1.jsonl', 'vizinhos.txt']],
    ['eachare --chunk 7 127.0.0.1:5001 vizinhos.txt mi', ['minha pasta']],
    ['eachare 127.0.0.1:5001 vizinhos.txt vi', []],
    ['eachare --eventos vis', ['visita 1.jsonl']],
    ['eachare diagrama --form', ['--formato']],
    ['eachare diagrama --formato ', ['html', 'svg', 'texto', 'mermaid', 'shiviz']],
    ['eachare conferir vizinhos.txt vis', ['visita 1.jsonl']],
    ['eachare completar ', ['bash', 'zsh', 'fish', 'man']],
    ['eachare chave --saida', []],
  ])('%s', (line, expected) => {
    expect(offered(line).sort()).toEqual([...expected].sort());
  });

  it('offers every subcommand that the help names, and no other', () => {
    expect(offered('eachare ').sort()).toEqual(named().sort());
  });

  it('offers every option of the help', () => {
    const options = eachare('baixar', '--ajuda').stdout.match(/^ {2}(-h, )?--[a-z0-9-]+/gm) ?? [];
    const names = options.map((line) => line.trim().replace('-h, ', ''));
    expect(names.length).toBeGreaterThan(10);
    expect(offered('eachare baixar --')).toEqual(expect.arrayContaining(names));
  });
});

describe.runIf(has('zsh'))('zsh', () => {
  it('takes the script, and its function is the one for eachare', () => {
    const path = script('zsh');
    expect(run('zsh', '-n', path)).toMatchObject({ status: 0, stderr: '' });
    const load = `autoload -U compinit && compinit -u -D; source ${path}; print $_comps[eachare]`;
    expect(run('zsh', '-f', '-c', load)).toMatchObject({ stdout: '_eachare\n', stderr: '' });
  });
});

describe.runIf(has('fish'))('fish', () => {
  it.each([
    ['eachare dia', 'diagrama'],
    ['eachare --mensagens r', 'resumo'],
    ['eachare diagrama --form', '--formato'],
    ['eachare conferir viz', 'vizinhos.txt'],
    ['eachare completar z', 'zsh'],
  ])('%s', (line, expected) => {
    const { stdout } = run('fish', '-N', '-c', `source ${script('fish')}; complete -C '${line}'`);
    expect(stdout.split('\n').map((each) => each.split('\t')[0])).toContain(expected);
  });
});

describe.runIf(has('mandoc'))('the man page', () => {
  it('is well-formed, and names each subcommand and each option', () => {
    const path = join(import.meta.dirname, '../../dist/eachare.1');
    const complaints = run('mandoc', '-Tlint', '-Wwarning', path).stdout.split('\n');
    // A page of the same version is the same, whenever it is built.
    expect(complaints.filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
    const page = run('mandoc', '-Tutf8', path).stdout.replaceAll(/.\x08/g, '');
    for (const name of named()) expect(page).toContain(`eachare ${name}`);
    const help = eachare('--ajuda').stdout;
    for (const [option] of help.matchAll(/--[a-z-]+/g)) expect(page).toContain(option);
  });
});

it.each([[[]], [['tcsh']], [['bash', 'zsh']]])('completar %j is wrong usage, in one line', (args) => {
  const { status, stdout, stderr } = eachare('completar', ...args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
