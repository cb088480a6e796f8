import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escape, MAX_TEXT_CHARS } from '../../../src/terminal/escape.ts';

/** What may never reach a screen: controls, formats, lone surrogates, line breaks, spaces of other kinds. */
const HARMFUL = /(?!\u200D)[^\P{C}]|[^\P{Z} ]/u;

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
    ['a\u200Db', 'a\\u{200d}b'],
    ['👩\u200Db', '👩\\u{200d}b'],
  ])('makes %j visible', (text, shown) => {
    expect(escape(text)).toBe(shown);
  });

  it.each([
    'ação',
    'ac\u0327a\u0303o',
    '日本語.txt',
    '🎉.gif',
    '❤\uFE0F.txt',
    '👩🏽\u200D🚀👨\u200D👩\u200D👧.gif',
    '🏳\uFE0F\u200D🌈',
    'مرحبا',
    'a b\\c"d\'',
  ])('leaves %s as it is', (text) => {
    expect(escape(text)).toBe(text);
  });

  it('cuts what is longer than anything honest in the middle', () => {
    const shown = escape(`${'漢'.repeat(10_000_000)}.txt`);
    expect(shown.length).toBeLessThanOrEqual(MAX_TEXT_CHARS);
    expect(shown).toMatch(/^漢+…漢+\.txt$/);
    expect(escape('x'.repeat(MAX_TEXT_CHARS))).toBe('x'.repeat(MAX_TEXT_CHARS));
    // A character that is cut in two does not reach the screen.
    expect(escape('🎉'.repeat(1_000).slice(1))).not.toMatch(HARMFUL);
  });

  it('lets nothing harmful out', () => {
    fc.assert(
      fc.property(fc.oneof(anyCharacters(), lonely()), (text) => {
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

/** Any code points; fast-check's own would first sort them all, for seconds. */
function anyCharacters(): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0x10ffff })).map((points) => String.fromCodePoint(...points));
}

/** Any UTF-16 units, so surrogates stand alone too. */
function lonely(): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
}
