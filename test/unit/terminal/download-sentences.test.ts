import { describe as suite, expect, it } from 'vitest';
import { describe } from '../../../src/terminal/sentences.ts';
import type { DownloadFinished, DownloadProgressed } from '../../../src/events.ts';
import { progressLine, progressLines } from '../../../src/terminal/download-sentences.ts';
import { columnsOf } from '../../../src/terminal/layout.ts';
import { A1, A2, A3, address } from './addresses.ts';
import { FINISHED } from './samples.ts';

const MIB = 1024 ** 2;

function shares(amount: number) {
  return Array.from({ length: amount }, (_, at) => ({
    source: address(`10.0.0.${at + 1}:5001`),
    bytes: (amount - at) * MIB,
  }));
}

function told(list: DownloadFinished['shares'], width = 120): string[] {
  const size = list.reduce((sum, { bytes }) => sum + bytes, 0);
  return describe({ ...FINISHED, size, shares: list, seconds: 2 }, { own: A1, width }).slice(1, -1);
}

suite('a finished download', () => {
  it('has a line for each of several sources, the largest share first', () => {
    expect(told(shares(3).toReversed())).toEqual([
      '  6,0 MiB em 2,00 s (3,0 MiB/s), de 3 peers:',
      '    10.0.0.1:5001 com 3,0 MiB (50%)',
      '    10.0.0.2:5001 com 2,0 MiB (33%)',
      '    10.0.0.3:5001 com 1,0 MiB (17%)',
    ]);
  });

  it('sums up those of many', () => {
    const lines = told(shares(32));
    expect(lines).toHaveLength(1 + 8 + 1);
    expect(lines[0]).toMatch(/, de 32 peers:$/);
    expect(lines[8]).toBe('    10.0.0.8:5001 com 25,0 MiB (5%)');
    expect(lines[9]).toBe('    … e mais 24 com 300,0 MiB (57%)');
  });

  it('rounds no share to nothing or to all, and leaves out who gave nothing', () => {
    const list = [
      { source: A2, bytes: 1 },
      { source: A3, bytes: 4 * MIB },
      { source: A1, bytes: 0 },
    ];
    expect(told(list, 200)).toEqual([
      '  4,0 MiB em 2,00 s (2,0 MiB/s), de 2 peers: ' +
        '127.0.0.1:5003 com 4,0 MiB (>99%) e 127.0.0.1:5002 com 1 byte (<1%).',
    ]);
  });

  it('counts what came twice, also where all of an interrupted download was doubted', () => {
    const event = { ...FINISHED, size: 4 * MIB, resumed: 4 * MIB, seconds: 2 };
    const all = { ...event, shares: [{ source: A2, bytes: 6 * MIB }] };
    expect(describe(all, { own: A1, width: 200 })[1]).toBe(
      '  4,0 MiB: 4,0 MiB do download interrompido, 6,0 MiB em 2,00 s (3,0 MiB/s), ' +
        'de 1 peer: 127.0.0.1:5002 com 6,0 MiB (100%).',
    );
  });

  it('shows addresses without what moves the cursor', () => {
    expect(told([{ source: address('h\x1b[2J:1'), bytes: 1 }])[0]).toContain(
      'h\\x1b[2J:1 com 1 byte (100%).',
    );
  });
});

function sources(amount: number): DownloadProgressed['sources'] {
  return Array.from({ length: amount }, (_, at) => ({
    source: address(`10.0.0.${at + 1}:5001`),
    bytes: MIB,
    bytesPerSecond: (at + 1) * MIB,
  }));
}

const EVENT: DownloadProgressed = {
  event: 'download-progressed',
  name: 'big.bin',
  size: 4096 * MIB,
  bytes: 3072 * MIB,
  resumed: 0,
  chunks: 4096,
  seconds: 60,
  sources: sources(3),
};
const LONG = { ...EVENT, name: 'um nome bem longo de arquivo 漢字漢字漢字.iso' };
const HOSTILE = { ...EVENT, name: 'a\nb\x1b[2J\u202E'.repeat(9), sources: [{ source: address('h\x1b:1'), bytes: 0, bytesPerSecond: 0 }] }; // prettier-ignore

suite('progressLine', () => {
  it.each([
    [40, 'big.bin   75%  6,0 MiB/s'],
    [48, 'big.bin   75%  6,0 MiB/s  resta 2 min 51 s'],
    [56, 'big.bin  █████████░░░   75%  6,0 MiB/s  resta 2 min 51 s'],
    [63, 'big.bin   75%  3,0 GiB de 4,0 GiB  6,0 MiB/s  resta 2 min 51 s'],
    [71, 'big.bin  █████░░   75%  3,0 GiB de 4,0 GiB  6,0 MiB/s  resta 2 min 51 s'],
    [79, 'big.bin  ███████████░░░░   75%  3,0 GiB de 4,0 GiB  6,0 MiB/s  resta 2 min 51 s'],
    [99, 'big.bin  ████████████░░░░   75%  3,0 GiB de 4,0 GiB  6,0 MiB/s  resta 2 min 51 s  3 peers'],
    [
      Infinity,
      'big.bin   75%  3221225472 bytes de 4294967296 bytes  6291456 bytes/s  resta 2 min 51 s  ' +
        '10.0.0.1:5001 1048576 bytes/s, 10.0.0.2:5001 2097152 bytes/s, 10.0.0.3:5001 3145728 bytes/s',
    ],
  ])('tells what has room in %d columns', (width, line) => {
    expect(progressLine(EVENT, width)).toBe(line);
  });

  it('tells all of 32 sources on a pipe, and how many are left out on a screen', () => {
    const event = { ...EVENT, sources: sources(32) };
    expect(progressLine(event, Infinity).match(/10\.0\.0\.\d+:5001 \d+ bytes\/s/g)).toHaveLength(32);
    expect(progressLine(event, 80)).toMatch(/░ {3}75% .* {2}resta 2 s$/);
    expect(progressLine(event, 140)).toMatch(
      / {2}10\.0\.0\.1:5001 1,0 MiB\/s, 10\.0\.0\.2:5001 2,0 MiB\/s e mais 30$/,
    );
    expect(progressLine({ ...EVENT, sources: [] }, Infinity)).toMatch(/ {2}resta – {2}0 peers$/);
  });

  it.each([10, 20, 40, 60, 80, 200])('fits %d columns', (width) => {
    for (const event of [EVENT, LONG, HOSTILE, { ...LONG, sources: sources(32) }]) {
      const line = progressLine(event, width);
      expect(columnsOf(line)).toBeLessThanOrEqual(width);
      expect(line).not.toMatch(/[^\P{C}]/u);
    }
  });

  it('shortens the name and keeps its extension', () => {
    expect(progressLine(LONG, 80)).toMatch(/^um nome.*….*\.iso {2}█+░+ {3}75%/);
  });

  it.each([
    ['nothing yet', { bytes: 0, seconds: 0, sources: [] }, '   0%  0 bytes de 4,0 GiB  –  resta –  0 peers'],
    ['half of it before', { bytes: 0, resumed: 2048 * MIB }, '  50%  2,0 GiB de 4,0 GiB  6,0 MiB/s'],
    ['nearly all', { bytes: EVENT.size - 1 }, '  99%  4,0 GiB de 4,0 GiB  6,0 MiB/s  resta 0 s'],
    ['all', { bytes: EVENT.size }, ' 100%  4,0 GiB de 4,0 GiB  conferindo o SHA-256…'],
    ['nobody there', { sources: [] }, '  75%  3,0 GiB de 4,0 GiB  esperando por fontes…'],
    [
      'nobody sends',
      { sources: [{ source: address('h:1'), bytes: 9, bytesPerSecond: 0 }] },
      '  75%  3,0 GiB de 4,0 GiB  esperando por fontes…',
    ],
    ['more than all, some of it twice', { resumed: EVENT.size }, ' 100%  4,0 GiB de 4,0 GiB'],
    ['an empty file', { bytes: 0, size: 0 }, ' 100%  0 bytes de 0 bytes'],
  ])('knows the edges: %s', (_, change, text) => {
    expect(progressLine({ ...EVENT, ...change }, 200)).toContain(text);
  });
});

suite('progressLines', () => {
  const line = 'big.bin  ███████████░░░░   75%  3,0 GiB de 4,0 GiB  6,0 MiB/s  resta 2 min 51 s';

  it('shows the sources below where there is room', () => {
    expect(progressLines(EVENT, 79, 24).split('\n')).toEqual([
      line,
      '  10.0.0.1:5001 1,0 MiB/s',
      '  10.0.0.2:5001 2,0 MiB/s',
      '  10.0.0.3:5001 3,0 MiB/s',
    ]);
    expect(progressLines(EVENT, 79, 8).split('\n')).toEqual([
      line,
      '  10.0.0.1:5001 1,0 MiB/s',
      '  … e mais 2',
    ]);
    expect(progressLines(EVENT, 79, 7)).toBe(line);
    expect(progressLines({ ...EVENT, sources: sources(1) }, 79, 24)).not.toContain('\n');
  });
});
