import { dirname, join, posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkName, otherNames } from '../../../../src/disk/store/final-name.ts';
import { FileError } from '../../../../src/errors.ts';
import { bytesFromName, nameFromBytes } from '../../../../src/protocol/names.ts';

function isSafe(name: string, platform: NodeJS.Platform = 'linux'): boolean {
  try {
    checkName(name, platform);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: 'FileError', code: 'unsafe-name', path: name });
    return false;
  }
}

describe('checkName', () => {
  it.each([
    'a',
    'hello world.txt',
    ' leading space',
    'ação.pdf',
    'acao\u0303.pdf',
    '名前.txt',
    '😀',
    'a..b',
    'a.b.c',
    '100%',
    '-rf',
    '~',
    '$HOME',
    'console.txt',
    'com10.txt',
    'COM',
    'nul-e-void',
    'zero\u200dwidth',
    '\udcff\udce9',
    'raw-\udcff\udce9.txt',
    'x'.repeat(255),
    'é'.repeat(127),
  ])('accepts %j', (name) => {
    expect(isSafe(name)).toBe(true);
    expect(isSafe(name, 'win32')).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    '...',
    '.bashrc',
    '.eachare-0123456789ab.parte',
    '/etc/passwd',
    '../up',
    'a/b',
    'a\\b',
    '..\\up',
    'C:\\x',
    'nul\0byte',
    'line\nfeed',
    'escape\x1b[2J',
    'delete\x7f',
    'c1\x9b31m',
    'trailing.',
    'trailing ',
    'gpj.\u202eexe',
    '\u2066x',
    'x\u200f',
    '\u061cx',
    '\u200b',
    '\u200b\u200d\ufeff\u2060',
    '\u3164\u115f\u00ad',
    '\u2800\u00a0\u2800',
    '\u034f\u0301',
    'CON',
    'con.txt',
    'Nul',
    'aux.tar.gz',
    'PRN .txt',
    'COM1',
    'com0',
    'lpt9.log',
    'COM¹',
    'lpt³.x',
    'CONIN$',
    'conout$.txt',
    'CON:',
    'x'.repeat(256),
    'é'.repeat(128),
    'high\ud800',
    'low\udc00',
    'slash\udc2f',
    'dot\udc7f',
    // Lone surrogates whose bytes together are valid UTF-8 once more: é, a C1 control, a bidi control.
    '\udcc3\udca9',
    '\udcc2\udc80',
    '\udce2\udc80\udcae',
  ])('refuses %j', (name) => {
    expect(isSafe(name)).toBe(false);
    expect(isSafe(name, 'win32')).toBe(false);
  });

  it.each(['a:b', 'a.txt:stream', 'a?', 'a*', '"a"', '<a>', 'a|b'])('refuses %j on Windows alone', (name) => {
    expect(isSafe(name)).toBe(true);
    expect(isSafe(name, 'darwin')).toBe(true);
    expect(isSafe(name, 'win32')).toBe(false);
  });

  it('takes the platform of this machine where none is given', () => {
    expect(() => checkName('..')).toThrow(FileError);
    expect(() => checkName('a.txt')).not.toThrow();
  });

  const piece = fc.constantFrom(
    '.',
    '..',
    '/',
    '\\',
    ':',
    ' ',
    'a',
    'C:',
    '~',
    '\0',
    '%2e',
    '\u2024',
    '\uff0e',
    '\uff0f',
  );
  const names = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.uint8Array({ maxLength: 300 }).map(nameFromBytes),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((units) => String.fromCharCode(...units)),
  );

  it('lets nothing leave the folder, on either kind of system', () => {
    fc.assert(
      fc.property(names, (name) => {
        for (const [platform, path] of [
          ['linux', posix],
          ['win32', win32],
        ] as const) {
          if (!isSafe(name, platform)) continue;
          const root = platform === 'win32' ? 'C:\\share' : '/share';
          const file = path.resolve(path.join(root, name));
          expect(path.dirname(file)).toBe(root);
          expect(path.basename(file)).toBe(name);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('accepts only names that survive the way to bytes and back', () => {
    fc.assert(
      fc.property(names, (name) => {
        fc.pre(isSafe(name));
        const bytes = bytesFromName(name);
        expect(bytes.length).toBeLessThanOrEqual(255);
        expect(bytes.includes(0)).toBe(false);
        expect(bytes.includes('/')).toBe(false);
        expect(nameFromBytes(bytes)).toBe(name);
        expect(dirname(join('/share', name))).toBe('/share');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('otherNames', () => {
  const some = (name: string) => [...otherNames(name)].slice(0, 3);

  it.each([
    ['doc2.txt', ['doc2.txt', 'doc2 (1).txt', 'doc2 (2).txt']],
    ['a.tar.gz', ['a.tar.gz', 'a.tar (1).gz', 'a.tar (2).gz']],
    ['README', ['README', 'README (1)', 'README (2)']],
    ['a (1).txt', ['a (1).txt', 'a (1) (1).txt', 'a (1) (2).txt']],
  ])('numbers %j before its extension', (name, names) => {
    expect(some(name)).toEqual(names);
  });

  it.each([`${'é'.repeat(125)}.txt`, 'x'.repeat(255), `a.${'b'.repeat(253)}`])(
    'cuts a stem that leaves no room, and no character: %j',
    (name) => {
      const names = [...otherNames(name)];
      for (const each of names) expect(isSafe(each)).toBe(true);
      expect(new Set(names).size).toBe(names.length);
    },
  );

  it('ends', () => {
    expect([...otherNames('a')].at(-1)).toBe('a (999)');
  });
});
