import { describe, expect, it } from 'vitest';
import { dayOf, questionText } from '../../../src/terminal/questions.ts';
import { A2, A3 } from './addresses.ts';

describe('questionText', () => {
  it('menu', () => {
    expect(questionText({ ask: 'menu' }, Infinity, false)).toBe(
      [
        'Escolha um comando:',
        '[1] Listar peers',
        '[2] Obter peers',
        '[3] Listar arquivos locais',
        '[4] Buscar arquivos',
        '[5] Exibir estatisticas',
        '[6] Alterar tamanho de chunk',
        '[9] Sair',
        '> ',
      ].join('\n'),
    );
  });

  it('peer', () => {
    const peers = [
      { address: A2, status: 'OFFLINE', clock: 0 },
      { address: A3, status: 'ONLINE', clock: 3 },
    ] as const;
    expect(questionText({ ask: 'peer', peers }, Infinity, false)).toBe(
      [
        'Lista de peers:',
        '[0] voltar para o menu anterior',
        '[1] 127.0.0.1:5002 OFFLINE',
        '[2] 127.0.0.1:5003 ONLINE',
        '> ',
      ].join('\n'),
    );
  });

  it('file', () => {
    const found = [
      { name: 'hello.txt', size: 7, sources: [A2] },
      { name: 'mil bytes.txt', size: 1000, sources: [A2, A3] },
    ];
    expect(questionText({ ask: 'file', found }, Infinity, false)).toBe(
      [
        'Arquivos encontrados na rede:',
        'Nome              | Tamanho | Peer',
        '------------------+---------+-------------------------------',
        '[0] <Cancelar>    |         |',
        '[1] hello.txt     |       7 | 127.0.0.1:5002',
        '[2] mil bytes.txt |    1000 | 127.0.0.1:5002, 127.0.0.1:5003',
        'Digite o numero do arquivo para fazer o download:',
        '> ',
      ].join('\n'),
    );
  });

  it('chunk size', () => {
    expect(questionText({ ask: 'chunk-size' }, Infinity, false)).toBe('Digite novo tamanho de chunk:\n> ');
  });

  it('file, on a terminal with what we have, filtered under the same numbers', () => {
    const found = [
      { name: 'a.txt', size: 7, sources: [A2] },
      { name: 'Bá.txt', size: 7, sources: [A2], mine: 'same' },
      { name: 'ba.txt', size: 9, sources: [A2], mine: 'other' },
    ] as const;
    expect(questionText({ ask: 'file', found, filter: 'ba' }, 80, true)).toBe(
      [
        'Arquivos encontrados na rede (só com "ba"; / mostra todos):',
        'Nome           | Tamanho | Aqui        | Peer',
        '---------------+---------+-------------+---------------',
        '[0] <Cancelar> |         |             |',
        '[2] Bá.txt     | 7 bytes | já tenho    | 127.0.0.1:5002',
        '[3] ba.txt     | 9 bytes | tenho outro | 127.0.0.1:5002',
        'Digite o numero do arquivo para fazer o download:',
        'arquivo> ',
      ].join('\n'),
    );
    expect(questionText({ ask: 'file', found }, Infinity, false)).not.toContain('tenho');
  });

  it('asks again by the prompt alone, and tells on request what can be typed', () => {
    expect(questionText({ ask: 'peer', peers: [], show: 'prompt' }, 80, true)).toBe('peer> ');
    expect(questionText({ ask: 'menu', show: 'help' }, 80, true)).toContain('4 1,3-5');
    expect(questionText({ ask: 'menu', show: 'help' }, 80, true)).not.toContain('[1]');
  });

  it('asks before a file of ours is replaced, and before others are left', () => {
    const now = new Date(2026, 2, 5, 10).getTime();
    const modifiedAt = new Date(2026, 2, 4, 23).getTime();
    const replace = { ask: 'replace', name: 'doc2.txt', size: 21, modifiedAt } as const;
    expect(questionText(replace, 80, true, now)).toBe(
      'Substituir o seu doc2.txt (21 bytes, modificado ontem)? [s/N] ',
    );
    const uploads = [
      { to: A2, name: 'x' },
      { to: A3, name: 'y' },
    ];
    expect(questionText({ ask: 'leave', uploads }, 80, true)).toBe(
      '127.0.0.1:5002 e 127.0.0.1:5003 ainda estão baixando 2 arquivos daqui.\nSair mesmo assim? [s/N] ',
    );
  });

  it.each([
    [[2026, 2, 5, 0], 'hoje'],
    [[2026, 2, 4, 23], 'ontem'],
    [[2026, 1, 28, 12], 'há 5 dias'],
    [[2025, 11, 31, 12], 'em 31/12/2025'],
    [[2026, 2, 6, 1], 'em 06/03/2026'],
  ] as const)('tells the day of %j as %s', ([year, month, day, hour], text) => {
    expect(dayOf(new Date(year, month, day, hour).getTime(), new Date(2026, 2, 5, 10).getTime())).toBe(text);
  });

  it.each([
    [{ ask: 'menu' }, 'comando> '],
    [{ ask: 'peer', peers: [] }, 'peer> '],
    [{ ask: 'file', found: [] }, 'arquivo> '],
    [{ ask: 'chunk-size' }, 'chunk> '],
  ] as const)('says on a terminal which question is open: %j', (question, prompt) => {
    expect(questionText(question, 80, true).split('\n').at(-1)).toBe(prompt);
  });
});
