import { describe, expect, it } from 'vitest';
import { questionText } from '../../../src/terminal/questions.ts';
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

  it.each([
    [{ ask: 'menu' }, 'comando> '],
    [{ ask: 'peer', peers: [] }, 'peer> '],
    [{ ask: 'file', found: [] }, 'arquivo> '],
    [{ ask: 'chunk-size' }, 'chunk> '],
  ] as const)('says on a terminal which question is open: %j', (question, prompt) => {
    expect(questionText(question, 80, true).split('\n').at(-1)).toBe(prompt);
  });
});
