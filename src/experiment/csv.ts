/** `virgula`: what a Brazilian Excel opens by a double click; `ponto`: what R, Python and everybody else read. */
export type CsvForm = 'ponto' | 'virgula';

/** Undefined is an empty cell. */
export type Cell = number | string | undefined;

/** Excel takes a file without it for Windows-1252. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Places of a time in seconds: a microsecond is less than one download differs from the next. */
const PLACES = 6;

/** A table as text, lines ended by CR LF (RFC 4180, section 2). */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[], form: CsvForm): string {
  const isComma = form === 'virgula';
  const separator = isComma ? ';' : ',';
  const cell = (value: Cell): string => {
    if (value === undefined) return '';
    if (typeof value === 'string')
      return /[";,\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    const text = Number.isInteger(value) ? String(value) : value.toFixed(PLACES);
    return isComma ? text.replace('.', ',') : text;
  };
  const lines = [header, ...rows].map((row) => `${row.map(cell).join(separator)}\r\n`);
  return (isComma ? BYTE_ORDER_MARK : '') + lines.join('');
}
