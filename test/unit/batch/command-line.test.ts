import { describe, expect, it } from 'vitest';
import { parse, type Summary } from '../../../src/batch/command-line.ts';
import { UsageError } from '../../../src/errors.ts';

const BAIXAR: Summary = {
  name: 'baixar',
  description: 'Baixa.',
  names: { required: true, help: 'nomes' },
  choosesContent: true,
};
const PEERS: Summary = { name: 'peers', description: 'Diz.' };
const THREE = ['127.0.0.1:0', 'v.txt', 'pasta'];

describe('the command line of a subcommand that starts a peer', () => {
  it('has defaults for all but the arguments', () => {
    expect(parse([...THREE, 'a', '*.pdf'], BAIXAR)).toMatchObject({
      address: '127.0.0.1:0',
      patterns: ['a', '*.pdf'],
      output: 'table',
      waitMs: 0,
      reach: 1000,
      sha256: '',
      timing: {},
      overwrite: undefined,
    });
  });

  it('takes every option', () => {
    const args = [
      '--json',
      '--espera',
      '3',
      '--alcance',
      '0',
      '--sha256',
      'AB01',
      '--sobrescrever',
      'nao',
      ...THREE,
      'a',
    ];
    expect(parse(args, BAIXAR)).toMatchObject({
      output: 'json',
      waitMs: 3000,
      reach: 0,
      sha256: 'ab01',
      // A download that has lost its sources waits no longer either.
      timing: { silenceMs: 3000 },
      overwrite: 'no',
    });
    expect(parse(['--silencioso', ...THREE], PEERS)).toMatchObject({ output: 'silent', patterns: [] });
  });

  it('explains itself, its exit codes included', () => {
    const help = parse(['--ajuda'], BAIXAR);
    for (const part of ['<nome ou padrão>…', '--sha256', '--espera', '--alcance', '--sobrescrever', '130'])
      expect(help).toContain(part);
    expect(parse(['--help'], PEERS)).not.toContain('--sha256');
  });

  it.each([
    [['--espera', '-1'], '--espera: "-1" não é um número inteiro de 0 a 86400 (segundos)'],
    [['--espera', '1.5'], '--espera: "1.5" não é um número inteiro de 0 a 86400 (segundos)'],
    [['--espera', '86401'], '--espera: "86401" não é um número inteiro de 0 a 86400 (segundos)'],
    [['--espera', ''], '--espera: "" não é um número inteiro de 0 a 86400 (segundos)'],
    [['--alcance', 'todos'], '--alcance: "todos" não é um número inteiro de 0 a 1000'],
    [['--sha256', 'xyz'], '--sha256: "xyz" não são os primeiros dígitos hexadecimais de um SHA-256'],
    [['--json', '--silencioso'], '--json e --silencioso não combinam'],
    [['--sobrescrever', 'perguntar'], '--sobrescrever: eachare baixar não pergunta, escolha "sim" ou "nao"'],
    [['--menu'], 'opção desconhecida: --menu'],
    [[''], '<nome ou padrão>: "" não é um nome'],
  ])('refuses %j in one line', (args, message) => {
    expect(() => parse([...THREE, 'a', ...args], BAIXAR)).toThrow(new UsageError(message));
  });

  it('wants a name to fetch, and none where there is nothing to choose', () => {
    expect(() => parse(THREE, BAIXAR)).toThrow(new UsageError('falta o argumento <nome ou padrão>'));
    expect(() => parse([...THREE, 'a'], PEERS)).toThrow(/^argumentos demais/);
  });
});
