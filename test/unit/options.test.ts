import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseOptions } from '../../src/options.ts';

const parse = (...argv: string[]) => parseOptions(argv, '1.2.3');

describe('the command line', () => {
  it('needs three arguments and has defaults for the rest', () => {
    expect(parse('[::1]:5001', 'v.txt', 'pasta')).toEqual({
      run: {
        address: '[::1]:5001',
        listenHost: undefined,
        discover: false,
        neighboursPath: 'v.txt',
        folderPath: 'pasta',
        chunkSize: 256,
        overwrite: undefined,
        eventsPath: undefined,
        eventsMaxBytes: undefined,
        keyPath: undefined,
        statisticsPath: undefined,
        menu: true,
        messages: 'resumo',
        color: true,
        bar: true,
        dialects: new Map(),
        pure: false,
        delayMs: 0,
        timing: {},
      },
    });
  });

  it.each([
    ['sim', 'yes'],
    ['nao', 'no'],
    ['não', 'no'],
    ['perguntar', 'ask'],
  ])('knows --sobrescrever %s', (text, overwrite) => {
    expect(parse('--sobrescrever', text, '[::1]:5001', 'v', 's')).toMatchObject({ run: { overwrite } });
  });

  it.each(['', 'talvez', 'SIM', 'constructor'])('refuses --sobrescrever "%s"', (text) => {
    expect(() => parse('--sobrescrever', text, '[::1]:5001', 'v', 's')).toThrow(
      new UsageError(`--sobrescrever: "${text}" não é "sim", "nao" nem "perguntar"`),
    );
  });

  it('takes every option', () => {
    const flags = [
      '--chunk',
      '65536',
      '--eventos',
      'e.jsonl',
      '--eventos-max',
      '1000000',
      '--sem-menu',
      '--mensagens',
      'todas',
      '--sem-cor',
    ];
    expect(parse(...flags, 'localhost:0', 'v', 's')).toMatchObject({
      run: {
        address: 'localhost:0',
        chunkSize: 65536,
        eventsPath: 'e.jsonl',
        eventsMaxBytes: 1_000_000,
        keyPath: undefined,
        menu: false,
        messages: 'todas',
        color: false,
      },
    });
  });

  it.each([
    ['0.0.0.0:5001', '192.168.0.10', '192.168.0.10:5001', '0.0.0.0'],
    ['[::]:0', 'FD00::2', '[fd00::2]:0', '::'],
    ['[::]:5001', '[fd00::2]', '[fd00::2]:5001', '::'],
    ['10.88.0.3:5001', 'mesa.local', 'mesa.local:5001', '10.88.0.3'],
  ])('%s with --anuncio %s is %s for the others', (listening, announced, address, listenHost) => {
    expect(parse(listening, 'v', 's', '--anuncio', announced)).toMatchObject({
      run: { address, listenHost },
    });
  });

  it.each(['0.0.0.0', '::', '', '192.168.0.10:5001', 'a b', '1.2.3', '\x1b[2J'])(
    '--anuncio "%s" is refused in one line',
    (announced) => {
      expect(() => parse('0.0.0.0:5001', 'v', 's', '--anuncio', announced)).toThrow(/^--anuncio: [^\n]*$/);
    },
  );

  it.each(['-h', '--help', '--ajuda'])('%s shows the help, all of it in Portuguese', (flag) => {
    const shown = parse(flag);
    expect(shown).toHaveProperty('show');
    const text = 'show' in shown ? shown.show : '';
    for (const part of [
      'Uso: eachare',
      'Argumentos:',
      'Opções:',
      'Cores: ciano = ',
      'Códigos de saída:',
      '--eventos',
      '--sem-menu',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(/Usage|Options:|Arguments|display|output the/);
  });

  it.each(['--versao', '--version'])('%s shows the version', (flag) => {
    expect(parse(flag)).toEqual({ show: '1.2.3\n' });
  });

  it.each([
    [[], /<endereço:porta>/],
    [['a:1', 'v'], /<diretório_compartilhado>/],
    [['a:1', 'v', 's', 'x'], /demais/],
    [['--eventos-max', '1000', 'a:1', 'v', 's'], /--eventos-max: "1000" .* 65536/],
    [['--eventos-max', '1e6', 'a:1', 'v', 's'], /--eventos-max: "1e6"/],
    [['5001', 'v', 's'], /<endereço:porta>: "5001"/],
    [['1.2.3.4:70000', 'v', 's'], /"1.2.3.4:70000".*porta de 1 a 65535/],
    [['1.2.3:99999', 'v', 's'], /não tem a forma host:porta/],
    [['0.0.0.0:5001', 'v', 's'], /um endereço desta máquina, .*127\.0\.0\.1:5001 \(só nesta máquina\)/],
    [['[::]:5002', 'v', 's'], /um endereço desta máquina, .*127\.0\.0\.1:5002 \(só nesta máquina\)/],
    [['a:1', 'v', 's', '--chunk', '0'], /--chunk: "0"/],
    [['a:1', 'v', 's', '--chunk', '-5'], /--chunk: "-5"/],
    [['a:1', 'v', 's', '--chunk', '1e3'], /--chunk: "1e3"/],
    [['a:1', 'v', 's', '--chunk', '99999999999'], /--chunk/],
    [['a:1', 'v', 's', '--chunk'], /--chunk precisa/],
    [['a:1', 'v', 's', '--mensagens', 'algumas'], /--mensagens: "algumas"/],
    [['a:1', 'v', 's', '--nada'], /--nada/],
    [['a:1', 'v', 's', '--dialeto', 'a:2'], /--dialeto: "a:2"/],
    [['a:1', 'v', 's', '--dialeto', 'a:2=klingon'], /prefixed/],
  ])('%j: one line that says what is wrong', (argv, expected) => {
    let error: unknown;
    try {
      parse(...argv);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    const { message } = error as UsageError;
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });
});
