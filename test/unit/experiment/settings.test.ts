import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { settingsOf } from '../../../src/experiment/settings.ts';

describe('the command line of an experiment', () => {
  it('has a default for everything', () => {
    expect(settingsOf([])).toEqual({
      chunkSizes: [256, 1024, 4096, 65536],
      peerCounts: [1, 2, 3],
      fileSizes: [10_240, 102_400, 1_048_576],
      repetitions: 10,
      seed: undefined,
      folder: undefined,
      csv: 'virgula',
      delayMs: 0,
      bitsPerSecond: Infinity,
      program: undefined,
      compares: false,
    });
    expect(settingsOf(['--ajuda'])).toBeUndefined();
  });

  it('takes lists in any order, with units', () => {
    expect(settingsOf(['--chunks', '4k,256,4096', '--peers', '3,1', '--banda', '10M'])).toMatchObject({
      chunkSizes: [256, 4096],
      peerCounts: [1, 3],
      bitsPerSecond: 10_000_000,
    });
  });

  it.each([
    ['--chunks: "0" não', '--chunks', '0'],
    ['--chunks: "" não', '--chunks', '256,'],
    ['--chunks: "17M" não', '--chunks', '17M'],
    ['--chunks: o maior arquivo teria 1048576 chunks', '--chunks', '1'],
    ['--peers: "17" não', '--peers', '17'],
    ['--peers: "1k" não', '--peers', '1k'],
    ['--peers: são mais de 16', '--peers', Array.from({ length: 17 }, () => 1).join()],
    ['--tamanhos: "1G" não', '--tamanhos', '1G'],
    ['--tamanhos: "1,5"', '--tamanhos', '1,5', '--tamanhos', '1.5'],
    ['--repeticoes: "0" não', '--repeticoes', '0'],
    ['--repeticoes: "1001" não', '--repeticoes', '1001'],
    ['--semente: "4294967296" não', '--semente', '4294967296'],
    ['--atraso: "10001" não', '--atraso', '10001'],
    ['--banda: "7k" não', '--banda', '7k'],
    ['--banda: "11G" não', '--banda', '11G'],
    ['--csv: "excel" não', '--csv', 'excel'],
    ['-o: ""', '-o', ''],
    ['falta --programa', '--comparar'],
    ['--programa: falta {endereco}', '--programa', 'python3 eachare.py {pasta}'],
    ['--programa: falta {pasta}', '--programa', 'python3 eachare.py {endereco}'],
    ['argumento inesperado: "x"', 'x'],
    ['opção desconhecida: --rapido', '--rapido'],
  ])('says what is wrong: %s', (message, ...args) => {
    const shown = message.replace('"1,5"', '"1.5"');
    expect(() => settingsOf(args)).toThrow(UsageError);
    expect(() => settingsOf(args)).toThrow(shown);
  });
});
