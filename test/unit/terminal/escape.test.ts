import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escape } from '../../../src/terminal/escape.ts';

/** What may never reach a screen: controls, formats, lone surrogates, line breaks, spaces of other kinds. */
const HARMFUL = /[^\P{C}]|[^\P{Z} ]/u;

describe('escape', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['a\nb\r\tc', 'a\\x0ab\\x0d\\x09c'],
    ['\x1b[2J', '\\x1b[2J'],
    ['\x7f\u0085\u009b', '\\x7f\\u{0085}\\u{009b}'],
    ['ab\u202Etxt.exe', 'ab\\u{202e}txt.exe'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['a\u00A0b\u3000c', 'a\\u{00a0}b\\u{3000}c'],
    ['caf\uDCE9', 'caf\\xe9'],
    ['\uD800x', '\\u{d800}x'],
    ['\u200B\uFEFF\u3164', '\\u{200b}\\u{feff}\\u{3164}'],
    ['\u{E0041}', '\\u{e0041}'],
    ['\uE000', '\\u{e000}'],
  ])('makes %j visible', (text, shown) => {
    expect(escape(text)).toBe(shown);
  });

  it.each(['ação', 'ac\u0327a\u0303o', '日本語.txt', '🎉.gif', '❤\uFE0F.txt', 'مرحبا', 'a b\\c"d\''])(
    'leaves %s as it is',
    (text) => {
      expect(escape(text)).toBe(text);
    },
  );

  it('lets nothing harmful out', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), lonely()), (text) => {
        expect(escape(text)).not.toMatch(HARMFUL);
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(lonely(), (text) => {
        expect(escape(escape(text))).toBe(escape(text));
      }),
    );
  });
});

/** Any UTF-16 units, so surrogates stand alone too. */
function lonely(): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
}
