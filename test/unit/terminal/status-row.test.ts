import { describe, expect, it } from 'vitest';
import { statusRow, type RunStatus } from '../../../src/terminal/status-row.ts';
import { A1, A2, A3 } from './addresses.ts';

const QUIET: RunStatus = { own: A1, clock: 42, online: [], downloads: [], uploads: [] };
const ONLINE = [
  { address: A2, clock: 40 },
  { address: A3, clock: 7 },
];
const ISO = { name: 'imagem.iso', bytes: 86_000_000, total: 200_000_000 };

describe('statusRow', () => {
  it('tells who we are, our clock, and that nobody is there', () => {
    expect(statusRow(QUIET, 79)).toBe(' 127.0.0.1:5001 │ relógio 42 │ ninguém online ');
  });

  it('tells who is online with their clocks, and what is on its way', () => {
    const status = { ...QUIET, online: ONLINE, downloads: [ISO], uploads: [{ name: 'a.txt', bytes: 2048 }] };
    expect(statusRow(status, 119)).toBe(
      ' 127.0.0.1:5001 │ relógio 42 │ online: 127.0.0.1:5002 (40) 127.0.0.1:5003 (7) │ ↓ imagem.iso 43% │ ↑ a.txt 2,0 KiB ',
    );
  });

  it.each([
    [79, ' 127.0.0.1:5001 │ relógio 42 │ online: :5002 (40) :5003 (7) │ ↓ imagem.iso 43% '],
    [72, ' 127.0.0.1:5001 │ relógio 42 │ online: :5002 (40) +1 │ ↓ imagem.iso 43% '],
    [64, ' 127.0.0.1:5001 │ relógio 42 │ 2 online │ ↓ imagem.iso 43% '],
    [57, '127.0.0.1:5001 │ relógio 42 │ 2 online │ ↓ imagem.iso 43%'],
    [40, '127.0.0.1:5001 │ relógio 42 │ 2 online …'],
    [20, '127.0.0.1:5001 │ re…'],
  ])('fits %d columns', (columns, row) => {
    expect(statusRow({ ...QUIET, online: ONLINE, downloads: [ISO] }, columns)).toBe(row);
  });

  it('counts several files, cuts a long name in its middle, and shows no control of a name', () => {
    const upload = { name: 'trabalho final de sistemas.p\u001bf', bytes: 1 };
    expect(statusRow({ ...QUIET, uploads: [upload, upload] }, 79)).toMatch(/ninguém online │ ↑ 2 arquivos $/);
    expect(statusRow({ ...QUIET, uploads: [upload] }, 79)).toMatch(/│ ↑ trabalho f…as\.p\\x1bf 1 byte $/);
  });
});
