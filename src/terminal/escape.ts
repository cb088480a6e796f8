/**
 * What must not reach a screen as it stands: controls (ESC, newline, C1), format and bidi characters,
 * lone surrogates, private and unassigned ones (\p{C}); spaces and separators other than U+0020 (\p{Z}, and the
 * empty Braille cell); letters that are drawn as nothing. Accents that combine with a letter and emoji stay
 * readable, and so do the variation selectors and the joiners that emoji use.
 */
const UNSAFE =
  /(?! |\p{Variation_Selector}|(?<=\p{Extended_Pictographic}(?:\u{FE0F}|\p{Emoji_Modifier})?)\u200D(?=\p{Extended_Pictographic}))[\p{C}\p{Z}\u2800\p{Default_Ignorable_Code_Point}]/gu;
/** Most of what is shown is plain ASCII, and this test costs a fraction of the other. */
const PLAIN = /^[ -~]*$/;

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  // A stray byte 0xNN of a name that is not UTF-8 travels as the lone surrogate U+DCNN.
  const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
  if (byte < 0x80 || byte !== code) return `\\x${byte.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16).padStart(4, '0')}}`;
}

/** Longest text that is shown whole: the longest file name, percent-encoded, and more than any path in use. */
export const MAX_TEXT_CHARS = 1_000;
/** What is left of both ends of a longer one. */
const END_CHARS = 480;

/** In the middle: the end of a name is its extension and tells its kind. */
function cut(text: string): string {
  return text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, END_CHARS)}…${text.slice(-END_CHARS)}`;
}

/**
 * The text as it may be shown: `\xNN` for a control character or a raw byte, `\u{NNNN}` for all else that is
 * invisible or moves the cursor. Everything that came from others, or from the user's files, passes here, each piece
 * for itself: one that is longer than anything honest is cut.
 */
export function escape(text: string): string {
  const shown = cut(text);
  return PLAIN.test(shown) ? shown : shown.replace(UNSAFE, visible);
}
