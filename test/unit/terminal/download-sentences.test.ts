import { describe as suite, expect, it } from 'vitest';
import { colorOf } from '../../../src/terminal/colors.ts';
import { describe } from '../../../src/terminal/sentences.ts';
import { A1, A2, A3, address } from './addresses.ts';
import { DOWNLOAD_SAMPLES, FINISHED } from './download-samples.ts';

const MIB = 1024 ** 2;

function shares(amount: number) {
  return Array.from({ length: amount }, (_, at) => ({
    source: address(`10.0.0.${at + 1}:5001`),
    bytes: (amount - at) * MIB,
  }));
}

function told(list: typeof FINISHED.shares, width = Infinity): string[] {
  const size = list.reduce((sum, { bytes }) => sum + bytes, 0);
  return describe({ ...FINISHED, size, shares: list, seconds: 2 }, { own: A1, width }).slice(1, -1);
}

suite('a finished download', () => {
  it('has a line for each of several sources, the largest share first', () => {
    expect(told(shares(3).toReversed())).toEqual([
      '  6,0 MiB (6291456 bytes) em 2,00 s (3,0 MiB/s), de 3 peers:',
      '    10.0.0.1:5001 com 3,0 MiB (50%)',
      '    10.0.0.2:5001 com 2,0 MiB (33%)',
      '    10.0.0.3:5001 com 1,0 MiB (17%)',
    ]);
  });

  it.each([40, 80, Infinity])('sums up those of many, at %d columns', (width) => {
    const lines = told(shares(32), width);
    expect(lines).toHaveLength(1 + 8 + 1);
    expect(lines[0]).toMatch(/, de 32 peers:$/);
    expect(lines[8]).toBe('    10.0.0.8:5001 com 25,0 MiB (5%)');
    expect(lines[9]).toBe('    … e mais 24 com 300,0 MiB (57%)');
    for (const line of lines.slice(1)) expect(line.length).toBeLessThan(40);
  });

  it('rounds no share to nothing or to all, and leaves out who gave nothing', () => {
    const list = [
      { source: A2, bytes: 1 },
      { source: A3, bytes: 4 * MIB },
      { source: A1, bytes: 0 },
    ];
    expect(told(list)).toEqual([
      '  4,0 MiB (4194305 bytes) em 2,00 s (2,0 MiB/s), de 2 peers: ' +
        '127.0.0.1:5003 com 4,0 MiB (>99%) e 127.0.0.1:5002 com 1 byte (<1%).',
    ]);
  });

  it('counts what came twice, also where all of an interrupted download was doubted', () => {
    const event = { ...FINISHED, size: 4 * MIB, resumed: 4 * MIB, seconds: 2 };
    const lines = describe(
      { ...event, shares: [{ source: A2, bytes: 6 * MIB }] },
      { own: A1, width: Infinity },
    );
    expect(lines[1]).toBe(
      '  4,0 MiB (4194304 bytes): 4,0 MiB do download interrompido, 6,0 MiB em 2,00 s (3,0 MiB/s), ' +
        'de 1 peer: 127.0.0.1:5002 com 6,0 MiB (100%).',
    );
  });

  it('shows addresses without what moves the cursor', () => {
    expect(told([{ source: address('h\x1b[2J:1'), bytes: 1 }])[0]).toContain(
      'h\\x1b[2J:1 com 1 byte (100%).',
    );
  });
});

suite('colours of a download', () => {
  const colors = new Map(DOWNLOAD_SAMPLES.map(([event]) => [event.event, colorOf(event)]));
  it.each([
    ['source-retired', 'yellow'],
    ['source-excluded', 'yellow'],
    ['chunks-doubted', 'yellow'],
    ['source-returned', 'green'],
    ['source-added', 'green'],
    ['download-finished', 'green'],
    ['download-failed', 'red'],
    ['download-started', undefined],
  ] as const)('%s', (event, color) => {
    expect(colors.get(event)).toBe(color);
  });
});
