import { describe, expect, it } from 'vitest';
import type { DownloadProgressed } from '../../../src/events.ts';
import { columnsOf } from '../../../src/terminal/layout.ts';
import { progressLine } from '../../../src/terminal/download-sentences.ts';
import { address } from './addresses.ts';

const MIB = 1024 ** 2;

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

describe('progressLine', () => {
  it.each([
    [40, 'big.bin   75%  3,0 GiB de 4,0 GiB'],
    [48, 'big.bin   75%  3,0 GiB de 4,0 GiB  51,2 MiB/s'],
    [79, 'big.bin   75%  3,0 GiB de 4,0 GiB  51,2 MiB/s  resta 20,0 s  3 peers'],
    [99, 'big.bin   75%  3,0 GiB de 4,0 GiB  51,2 MiB/s  resta 20,0 s  10.0.0.1:5001 1,0 MiB/s e mais 2'],
    [
      Infinity,
      'big.bin   75%  3,0 GiB de 4,0 GiB  51,2 MiB/s  resta 20,0 s  ' +
        '10.0.0.1:5001 1,0 MiB/s, 10.0.0.2:5001 2,0 MiB/s, 10.0.0.3:5001 3,0 MiB/s',
    ],
  ])('tells what has room in %d columns', (width, line) => {
    expect(progressLine(EVENT, width)).toBe(line);
  });

  it('tells all of 32 sources on a pipe, and how many are left out on a screen', () => {
    const event = { ...EVENT, sources: sources(32) };
    expect(progressLine(event, Infinity).match(/10\.0\.0\.\d+:5001 \d+,0 MiB\/s/g)).toHaveLength(32);
    expect(progressLine(event, 80)).toMatch(/ {2}resta 20,0 s {2}32 peers$/);
    expect(progressLine(event, 140)).toMatch(
      / {2}10\.0\.0\.1:5001 1,0 MiB\/s, 10\.0\.0\.2:5001 2,0 MiB\/s e mais 30$/,
    );
    expect(progressLine({ ...EVENT, sources: [] }, Infinity)).toMatch(/ {2}0 peers$/);
  });

  it.each([10, 20, 40, 60, 80, 200])('fits %d columns', (width) => {
    for (const event of [EVENT, LONG, HOSTILE, { ...LONG, sources: sources(32) }]) {
      const line = progressLine(event, width);
      expect(columnsOf(line)).toBeLessThanOrEqual(width);
      expect(line).not.toMatch(/[^\P{C}]/u);
    }
  });

  it('shortens the name and keeps its extension', () => {
    expect(progressLine(LONG, 80)).toMatch(/^um nome.*….*\.iso {3}75%/);
  });

  it('counts what was there before as received, but not as speed', () => {
    const event = { ...EVENT, resumed: 2048 * MIB, bytes: 1024 * MIB, sources: [] };
    expect(progressLine(event, Infinity)).toBe(
      'big.bin   75%  3,0 GiB de 4,0 GiB  17,1 MiB/s  resta 1 min 00 s  0 peers',
    );
    expect(progressLine({ ...event, bytes: 0, seconds: 0 }, Infinity)).toContain(
      ' 50%  2,0 GiB de 4,0 GiB  –  resta –',
    );
  });

  it('knows the edges', () => {
    expect(progressLine({ ...EVENT, bytes: 0, seconds: 0 }, 200)).toContain(
      '0%  0 bytes de 4,0 GiB  –  resta –',
    );
    expect(progressLine({ ...EVENT, bytes: EVENT.size - 1 }, 200)).toContain(' 99%');
    expect(progressLine({ ...EVENT, bytes: EVENT.size }, 200)).toContain(
      '100%  4,0 GiB de 4,0 GiB  68,3 MiB/s  resta 0 s',
    );
    expect(progressLine({ ...EVENT, bytes: 0, resumed: EVENT.size }, 200)).toContain('100%');
    expect(progressLine({ ...EVENT, resumed: EVENT.size }, 200)).toContain('100%  4,0 GiB de 4,0 GiB');
    expect(progressLine({ ...EVENT, bytes: 0, size: 0 }, 200)).toContain('100%');
    expect(progressLine(HOSTILE, Infinity)).toMatch(/ {2}h\\x1b:1 0 bytes\/s$/);
  });
});
