import { describe, expect, it } from 'vitest';
import {
  downloadRows,
  fileRows,
  jsonLines,
  nothingMatches,
  peerRows,
} from '../../../src/terminal/results.ts';
import { A1, A2 } from './addresses.ts';
import { FAILED, FINISHED } from './samples.ts';

const SHA = 'ab'.repeat(32);
const trimmed = (rows: readonly string[]) => rows.map((row) => row.trimEnd());

describe('results', () => {
  it('are nothing where there is nothing', () => {
    expect([...fileRows([], 80), ...peerRows([], 80), ...downloadRows([], 80), ...jsonLines([])]).toEqual([]);
  });

  it('list files, with their digests where one is known', () => {
    const files = [
      { name: 'a.txt', size: 1000, sources: [A1, A2] },
      { name: 'm\x1b[2J', size: 7, sources: [A1] },
    ];
    expect(trimmed(fileRows(files, Infinity))).toEqual([
      'Nome     | Tamanho [bytes] | Peer',
      '---------+-----------------+-------------------------------',
      'a.txt    |            1000 | 127.0.0.1:5001, 127.0.0.1:5002',
      'm\\x1b[2J |               7 | 127.0.0.1:5001',
    ]);
    const [head, , first] = fileRows([{ name: 'a', size: 1, sources: [A1], sha256: SHA }], Infinity);
    expect(head).toContain('SHA-256');
    expect(first).toContain(SHA);
  });

  it('list peers', () => {
    expect(trimmed(peerRows([{ address: A1, status: 'ONLINE', clock: 12 }], Infinity))).toEqual([
      'Peer           | Status | Relógio',
      '---------------+--------+--------',
      '127.0.0.1:5001 | ONLINE |      12',
    ]);
  });

  it('tell how each download has ended', () => {
    const ends = [
      { ...FINISHED, savedAs: 'm (1).txt', sha256: SHA },
      { event: 'download-unneeded', name: 'doc', size: 21 },
      { ...FAILED, code: 'no-sources', kept: 512 },
    ] as const;
    expect(trimmed(downloadRows(ends, Infinity)).slice(2)).toEqual([
      `m.txt |            1000 | baixado como m (1).txt, SHA-256 ${SHA}`,
      'doc   |              21 | já está aqui',
      'm.txt |               – | falhou: nenhum peer restante pode enviar o arquivo; 512 bytes guardados para continuar',
    ]);
  });

  it('are one object a line for programs', () => {
    const lines = jsonLines([{ name: 'a\nb' }, FAILED]);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([{ name: 'a\nb' }, FAILED]);
    expect(lines.join('')).not.toContain('\n');
  });

  it('escape what was typed', () => {
    expect(nothingMatches('\x1b*')).toBe('nenhum arquivo da rede corresponde a "\\x1b*"');
  });
});
