/** What a person reads about messages, in Portuguese; everything that came from others is made visible here. */

/** Controls, line and paragraph separators, bidi and other invisible characters. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text without characters that move the cursor or cannot be seen. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Columns that a text takes in a font of equal widths: from Hangul on a character is as wide as two. */
export function columns(text: string): number {
  let width = 0;
  for (const char of text) width += (char.codePointAt(0) ?? 0) >= 0x1100 && !ARROWS.has(char) ? 2 : 1;
  return width;
}

/** Pixels of a column of a label: the fonts that browsers take for `monospace` at 11 px are no wider. */
export const CHAR = 6.7;

/** Signs of ours beyond Hangul that are one column wide. */
const ARROWS: ReadonlySet<string> = new Set('→↓…✗●▶◀▷◁│┊─═╌•');

/** At most so many columns. */
export function cut(text: string, most: number): string {
  if (columns(text) <= most) return text;
  let kept = '';
  let width = 1;
  for (const char of text) {
    width += columns(char);
    if (width > most) break;
    kept += char;
  }
  return `${kept}…`;
}

/** "1 mensagem", "2 mensagens". */
export function count(amount: number, singular: string, plural: string): string {
  return `${amount} ${amount === 1 ? singular : plural}`;
}

/** A size for reading, e.g. `19,5 KiB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? count(bytes, 'byte', 'bytes') : `${value.toFixed(1).replace('.', ',')} ${units[unit]!}`;
}

/** The time of the wall with milliseconds, in the zone of the reader. */
export function timeOfDay(at: number): string {
  if (Number.isNaN(at)) return '?';
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** A name as people know it: percent-encoded on the wire where it holds more than plain letters. */
function plainName(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** The type of a message and what matters of its arguments, in a few words, safe to show. */
export function label(type: string, args: string): string {
  return visible(rawLabel(type, args));
}

function rawLabel(type: string, args: string): string {
  const [first = '', second = '', third = ''] = args.split(' ', 3);
  switch (type) {
    case 'DL':
      return second === '0' ? `DL ${plainName(first)} inteiro` : `DL ${plainName(first)} #${third}`;
    case 'FILE':
      return second === '0'
        ? `FILE ${plainName(first)} inteiro`
        : `FILE ${plainName(first)} #${third} (${second} B)`;
    case 'GET':
    case 'DATA':
      return `${type} ${plainName(first)} ${second}+${third}`;
    case 'PEER_LIST':
      return `PEER_LIST ${count(Number(first), 'peer', 'peers')}`;
    case 'LS_LIST':
      return `LS_LIST ${count(Number(first), 'arquivo', 'arquivos')}`;
    case 'DIGEST':
    case 'DIGEST_OF':
      return `${type} ${plainName(first)}`;
    default:
      return args === '' ? type : `${type} ${args}`;
  }
}

/** Bytes of a file that a message carries. */
export function payload(type: string, args: string): number {
  const [, second = '', third = ''] = args.split(' ', 3);
  if (type === 'FILE') return Number(second) || 0;
  return type === 'DATA' ? Number(third) || 0 : 0;
}
