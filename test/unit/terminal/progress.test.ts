import { describe, expect, it } from 'vitest';
import type { DownloadProgressed } from '../../../src/events.ts';
import { columnsOf } from '../../../src/terminal/layout.ts';
import { progressLine } from '../../../src/terminal/progress.ts';

const EVENT: DownloadProgressed = {
  event: 'download-progressed',
  name: 'um nome bem longo de arquivo 漢字漢字漢字.iso',
  size: 4 * 1024 ** 3,
  bytes: 3 * 1024 ** 3,
  chunks: 4096,
  seconds: 60,
  sources: 3,
};

describe('progressLine', () => {
  it('tells share, sizes, speed, time left and sources', () => {
    expect(progressLine({ ...EVENT, name: 'big.bin' }, 80)).toBe(
      'big.bin   75%  3,0 GiB de 4,0 GiB  51,2 MiB/s  resta 20,0 s  3 peers',
    );
  });

  it.each([10, 20, 40, 60, 80, 200])('fits %d columns', (width) => {
    expect(columnsOf(progressLine(EVENT, width))).toBeLessThanOrEqual(width);
  });

  it('shortens the name and keeps its extension', () => {
    expect(progressLine(EVENT, 80)).toMatch(/^um nome.*….*\.iso {3}75%/);
  });

  it('knows the edges', () => {
    expect(progressLine({ ...EVENT, bytes: 0, seconds: 0 }, 200)).toContain(
      '0%  0 bytes de 4,0 GiB  –  resta –',
    );
    expect(progressLine({ ...EVENT, bytes: EVENT.size - 1 }, 200)).toContain(' 99%');
    expect(progressLine({ ...EVENT, bytes: EVENT.size }, 200)).toContain('100%');
    expect(progressLine({ ...EVENT, bytes: 0, size: 0 }, 200)).toContain('100%');
    expect(progressLine({ ...EVENT, name: 'a\nb' }, 200)).toContain('a\\x0ab');
  });
});
