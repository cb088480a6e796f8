import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/terminal/layout.ts';
import {
  downloadsTable,
  foundFilesTable,
  localFilesTable,
  MAX_SHOWN_ROWS,
  peersTable,
} from '../../../src/terminal/tables.ts';
import { A2, A3, address } from './addresses.ts';

const PEERS = Array.from({ length: 60 }, (_, at) => address(`192.168.100.${at}:${50000 + at}`));
const LONG = `${'nome-'.repeat(50)}x.txt`;
const WIDE = `${'漢字'.repeat(40)}🎉.gif`;
const THAI = 'สวัสดีชาวโลก.txt';
const FOUND = [
  { name: LONG, size: 2 ** 40, sources: PEERS },
  { name: WIDE, size: 7, sources: PEERS.slice(0, 2) },
  { name: THAI, size: 70, sources: PEERS.slice(0, 1) },
  { name: 'a\x1b[31m.txt', size: 1000, sources: [A2] },
];
const GROUP = { chunkSize: 2 ** 20, sources: 12, fileSize: 2 ** 33, count: 3, mean: 1234.5, deviation: 0 };
const WIDTHS = [40, 80, 200];

const TWINS = [
  { name: 'a.txt', size: 7, sources: [A2], sha256: '0123456789ab'.padEnd(64, 'c') },
  { name: 'a.txt', size: 7, sources: [A3], sha256: 'fedcba987654'.padEnd(64, '3') },
  { name: 'a.txt', size: 7, sources: PEERS.slice(0, 1) },
  { name: 'b.txt', size: 1000, sources: [A2], sha256: '5'.repeat(64) },
];

const TABLES: readonly (readonly [string, (width: number) => string[]])[] = [
  ['found files', (width) => foundFilesTable(FOUND, width)],
  ['found files that differ in content', (width) => foundFilesTable([...FOUND, ...TWINS], width)],
  ['local files', (width) => localFilesTable(FOUND, width)],
  [
    'peers',
    (width) =>
      peersTable(
        PEERS.map((peer) => ({ address: peer, status: 'OFFLINE', clock: 2 ** 50 })),
        width,
      ),
  ],
  ['downloads', (width) => downloadsTable([GROUP, GROUP], width)],
];

/** Where the separators stand; the same in every line, or the table is crooked. */
function separators(line: string): string {
  const places = [...line.matchAll(/ \|( |$)|-\+-/g)].map(({ index }) => columnsOf(line.slice(0, index)));
  return places.join(' ');
}

describe.each(TABLES)('table of %s', (_, table) => {
  it.each(WIDTHS)('fits %d columns and stands straight', (width) => {
    const lines = table(width);
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
    expect(new Set(lines.map(separators)).size).toBe(1);
    expect(lines.join('')).not.toMatch(/[\x00-\x1f\u{F0000}-\u{FFFFD}\uE000]/u);
  });

  it('has one line a row on a pipe, straight too', () => {
    const lines = table(Infinity);
    expect(new Set(lines.map(separators)).size).toBe(1);
    for (const line of lines) expect(line).toBe(line.trimEnd());
  });
});

describe('foundFilesTable', () => {
  it('leaves names and sources whole on a pipe', () => {
    const lines = foundFilesTable(FOUND, Infinity);
    expect(lines).toHaveLength(2 + 1 + FOUND.length);
    expect(lines[3]).toContain(`[1] ${LONG} `);
    expect(lines[3]).toContain(PEERS.join(', '));
    expect(lines[4]).toContain(`[2] ${WIDE} `);
  });

  it('keeps a name of some length whole at 80 columns, wrapped', () => {
    const name = LONG.slice(-120);
    const lines = foundFilesTable([{ name, size: 1, sources: [A2] }], 80);
    const names = lines.slice(3).map((line) => line.split(' | ')[0]?.slice(4).trim());
    expect(names.join('')).toBe(name);
  });

  it('cuts a longer one in the middle', () => {
    const lines = foundFilesTable(FOUND, 40);
    expect(lines.length).toBeLessThanOrEqual(3 + 3 * FOUND.length);
    const names = lines.map((line) => line.split(' | ')[0]?.slice(4).trim()).join('');
    expect(names).toMatch(/nome-.*….*x\.txt/);
  });

  it('shows times with a decimal comma on a screen, and as in the course on a pipe', () => {
    expect(downloadsTable([GROUP], 80).at(-1)).toMatch(/8,0 GiB \| 3 \| 1234,50000 \| 0,00000$/);
    expect(downloadsTable([GROUP], Infinity).at(-1)).toMatch(/8589934592 \| 3 \| 1234\.50000 \| 0\.00000$/);
  });

  it('shows sizes for reading on a screen, and in bytes on a pipe', () => {
    const files = [{ name: 'a.iso', size: 200_000_000, sources: [A2] }];
    const size = (lines: string[]) => lines.at(-1)?.split(' | ')[1]?.trim();
    expect(size(foundFilesTable(files, 80))).toBe('190,7 MiB');
    expect(size(foundFilesTable(files, Infinity))).toBe('200000000');
    expect(size(localFilesTable(files, 80))).toBe('200000000');
  });

  it('says how many sources are left out', () => {
    expect(foundFilesTable(FOUND, 80).join(' ')).toMatch(/e mais\s+\|?\s*\d+/);
  });

  it('tells files of the same name and size apart by their content', () => {
    const lines = [
      'Nome           | Tamanho | SHA-256      | Peer',
      '---------------+---------+--------------+--------------------',
      '[0] <Cancelar> |         |              |',
      '[1] a.txt      |       7 | 0123456789ab | 127.0.0.1:5002',
      '[2] a.txt      |       7 | fedcba987654 | 127.0.0.1:5003',
      '[3] a.txt      |       7 | –            | 192.168.100.0:50000',
      '[4] b.txt      |    1000 | 555555555555 | 127.0.0.1:5002',
    ];
    expect(foundFilesTable(TWINS, Infinity)).toEqual(lines);
    const digests = foundFilesTable(TWINS, 80).map((line) => line.split(' | ')[2]?.trim());
    expect(digests.slice(3)).toEqual(['0123456789ab', 'fedcba987654', '–', '555555555555']);
  });

  it('shows digests whole where their beginnings are alike', () => {
    const alike = TWINS.map((file, at) => ({ ...file, sha256: '0'.repeat(63) + String(at) }));
    const lines = foundFilesTable(alike, Infinity).slice(3);
    expect(lines.map((line) => line.split(' | ')[2])).toEqual(alike.map(({ sha256 }) => sha256));
  });

  it('shows no digests where names and sizes tell all', () => {
    const found = TWINS.slice(2).concat({ name: 'a.txt', size: 8, sources: [A2], sha256: '6'.repeat(64) });
    const head = 'Nome           | Tamanho | Peer';
    expect(foundFilesTable(found, Infinity)[0]).toBe(head);
    expect(foundFilesTable([...found, { name: 'a.txt', size: 9, sources: [A3] }], Infinity)[0]).toBe(head);
    const unknown = TWINS.map(({ name, size, sources }) => ({ name, size, sources }));
    expect(foundFilesTable(unknown, Infinity)[0]).toBe(head);
  });

  it('lines up numbers of several digits', () => {
    const found = Array.from({ length: 10 }, () => ({ name: 'a', size: 1, sources: [] }));
    const lines = foundFilesTable(found, Infinity);
    expect(lines[2]).toBe(' [0] <Cancelar> |         |');
    expect(lines[12]).toBe('[10] a          |       1 |');
  });

  it('draws a table of many rows', () => {
    const files = Array.from({ length: 1_000 }, (_, at) => ({ name: `${at}.txt`, size: at }));
    const lines = localFilesTable(files, 80);
    expect(lines).toHaveLength(1_002);
    expect(lines.filter((line) => line.includes('---'))).toHaveLength(1);
    expect(new Set(lines.map(separators)).size).toBe(1);
    expect(lines.at(-1)).toBe('[1000] 999.txt |             999');
  });

  it('does not draw without end, and says how many are left out', () => {
    const files = Array.from({ length: MAX_SHOWN_ROWS + 7 }, (_, at) => ({
      name: `${at}`,
      size: at,
      sources: [],
    }));
    for (const lines of [foundFilesTable(files, 80).slice(1), localFilesTable(files, 80)]) {
      expect(lines).toHaveLength(2 + MAX_SHOWN_ROWS + 1);
      expect(lines.at(-1)).toMatch(/^\.\.\. e mais 7 \(/);
    }
  });
});
