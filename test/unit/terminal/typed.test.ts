import { describe, expect, it } from 'vitest';
import {
  hasText,
  isSelection,
  isYes,
  parseCommand,
  parseSelection,
  parseSize,
} from '../../../src/terminal/typed.ts';

describe('parseCommand', () => {
  it.each([
    ['1', 'peers', ''],
    [' 9 ', 'sair', ''],
    ['1 2', 'peers', '2'],
    ['4 aula.bin', 'buscar', 'aula.bin'],
    ['4  minha aula.bin ', 'buscar', 'minha aula.bin'],
    ['buscar *.pdf', 'buscar', '*.pdf'],
    ['6 64k', 'chunk', '64k'],
    ['Peers', 'peers', ''],
    ['estatísticas', 'estatisticas', ''],
    ['?', 'help', ''],
    ['+ 127.0.0.1:5001', 'add', '127.0.0.1:5001'],
    ['-127.0.0.1:5001', 'forget', '127.0.0.1:5001'],
  ])('%j is %s with %j', (line, command, rest) => {
    expect(parseCommand(line)).toEqual({ command, rest });
  });

  it.each(['', '0', '7', '11', '1x', '-', '+', 'peer', '9 agora', '2 1', 'constructor'])(
    '%j is none',
    (line) => {
      expect(parseCommand(line)).toBeUndefined();
    },
  );
});

describe('parseSelection', () => {
  it.each([
    ['2', [2]],
    ['1,3-5', [1, 3, 4, 5]],
    [' 5 , 1 - 2 ', [5, 1, 2]],
    ['2,2,1-3', [2, 1, 3]],
  ])('%j is %j', (input, numbers) => {
    expect(parseSelection(input, 5)).toEqual(numbers);
  });

  it.each(['', '0', '6', '3-', '-3', '5-3', '1,,2', '1;2', 'x', '1-999999999999999', '1.0'])(
    '%j is none of five rows',
    (input) => {
      expect(parseSelection(input, 5)).toBeUndefined();
    },
  );
});

describe('isSelection', () => {
  it.each([
    ['1', true],
    ['1, 3-5', true],
    ['1.txt', false],
    ['*', false],
    ['', false],
  ])('%j: %s', (input, is) => {
    expect(isSelection(input)).toBe(is);
  });
});

describe('parseSize', () => {
  it.each([
    ['65536', 65536],
    ['64k', 65536],
    ['64 KiB', 65536],
    ['1M', 1024 ** 2],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['k', undefined],
    ['1.5k', undefined],
    ['64b', undefined],
  ])('%j is %s', (input, bytes) => {
    expect(parseSize(input)).toBe(bytes);
  });
});

describe('hasText', () => {
  it.each([
    ['Anotações.pdf', 'ANOTACOES', true],
    ['aula-1.txt', 'aula', true],
    ['aula-1.txt', '', true],
    ['aula-1.txt', 'aula.', false],
  ])('%j has %j: %s', (name, text, has) => {
    expect(hasText(name, text)).toBe(has);
  });
});

it.each([
  ['s', true],
  ['SIM', true],
  ['', false],
  ['n', false],
  ['talvez', false],
])('%j means yes: %s', (input, is) => {
  expect(isYes(input)).toBe(is);
});
