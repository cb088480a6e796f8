/** Bytes as a person can read them: what is not printable is written as an escape, and long ones are cut in their middle. */

const MOST_CHARACTERS = 200;
/** At the end of what is cut, so that its newline is seen. */
const TAIL = 24;

const SHORT: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
  '\\': '\\\\',
};
/** Controls, separators but the space, formats, and what a broken UTF-8 sequence becomes. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\\]/gu;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** A text whose characters that cannot be seen are escapes. */
export function escapedText(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return SHORT[char] ?? (code < 0x100 ? hex(code) : `\\u{${code.toString(16)}}`);
  });
}

/** The text of bytes; undefined where they are no UTF-8. */
export function strictText(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function wholly(bytes: Buffer): string {
  const text = strictText(bytes);
  if (text !== undefined) return escapedText(text);
  return Array.from(bytes, (byte) => (byte < 0x80 ? escapedText(String.fromCharCode(byte)) : hex(byte))).join(
    '',
  );
}

/** The bytes, all of them where they are few. */
export function escaped(bytes: Buffer): string {
  if (bytes.length <= MOST_CHARACTERS) return wholly(bytes);
  const cut = bytes.length - MOST_CHARACTERS;
  const head = wholly(bytes.subarray(0, MOST_CHARACTERS - TAIL));
  return `${head} […${cut} bytes…] ${wholly(bytes.subarray(-TAIL))}`;
}
