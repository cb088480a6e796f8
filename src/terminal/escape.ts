/**
 * What must not reach a screen as it stands: controls (ESC, newline, C1), format and bidi characters,
 * lone surrogates, private and unassigned ones (\p{C}); spaces and separators other than U+0020 (\p{Z}, and the
 * empty Braille cell); letters that are drawn as nothing. Accents that combine with a letter and emoji stay
 * readable, and so do the variation selectors that emoji use.
 */
const UNSAFE = /(?! |\p{Variation_Selector})[\p{C}\p{Z}\u2800\p{Default_Ignorable_Code_Point}]/gu;
/** Most of what is shown is plain ASCII, and this test costs a fraction of the other. */
const PLAIN = /^[ -~]*$/;

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  // A stray byte 0xNN of a name that is not UTF-8 travels as the lone surrogate U+DCNN.
  const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
  if (byte < 0x80 || byte !== code) return `\\x${byte.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16).padStart(4, '0')}}`;
}

/**
 * The text as it may be shown: `\xNN` for a control character or a raw byte, `\u{NNNN}` for all else that is
 * invisible or moves the cursor. Everything that came from others, or from the user's files, passes here.
 */
export function escape(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, visible);
}
