/** Numbers as a Brazilian reader expects them: decimal comma, units in words or SI. */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
/** Ranges of chunks that one line names; a download of millions may have as many gaps. */
const MAX_RANGES = 10;

/** Whole percent, rounded down: 100 % only once it is true. */
export function percentDone(bytes: number, total: number): number {
  return total === 0 ? 100 : Math.floor((bytes / total) * 100);
}

/** With a decimal comma. */
export function decimal(value: number, places: number): string {
  return value.toFixed(places).replace('.', ',');
}

/** "1 chunk", "2 chunks"; the plural may be irregular. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${amount} ${amount === 1 ? singular : plural}`;
}

/** "A, B e C". */
export function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(', ')} e ${texts.at(-1) ?? ''}`;
}

/** How often a size is divided by 1024: what would be rounded to 1024,0 belongs to the next unit. */
function unitOf(bytes: number): number {
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit;
}

/** A size for reading, e.g. `1,5 MiB`; below 1 KiB it is exact. */
export function size(bytes: number): string {
  const unit = unitOf(bytes);
  if (unit === 0) return count(Math.round(bytes), 'byte');
  return `${decimal(bytes / 1024 ** unit, 1)} ${UNITS[unit] ?? ''}`;
}

/** A part of a size in the unit of the whole: `20,1 de 190,7 MiB`. */
export function part(bytes: number, whole: number): string {
  const unit = unitOf(whole);
  return `${unit === 0 ? bytes : decimal(bytes / 1024 ** unit, 1)} de ${size(whole)}`;
}

/** A size for a person where there is a screen, in bytes for a script where nothing has to fit. */
export function amount(bytes: number, width: number): string {
  return width < Infinity ? size(bytes) : count(Math.round(bytes), 'byte');
}

/** As `amount`, per second; unknown before any time has passed. */
export function speed(bytes: number, seconds: number, width: number): string {
  return seconds > 0 ? `${amount(bytes / seconds, width)}/s` : '–';
}

/** Whole percent; what is neither nothing nor all is never rounded to it. */
export function percent(part: number, whole: number): string {
  const value = (part / whole) * 100;
  if (value > 0 && value < 1) return '<1%';
  return value > 99 && value < 100 ? '>99%' : `${Math.round(value)}%`;
}

/** Decimals that leave two significant figures of what is below 1, and two where there are figures before the comma. */
function placesOf(value: number): number {
  return value >= 0.095 ? 2 : Math.min(Math.max(1 - Math.floor(Math.log10(value)), 3), 5);
}

/** A time span for reading: `0,35 s`, `12,3 s`, `4 min 07 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 9.995) return `${decimal(seconds, placesOf(seconds))} s`;
  if (seconds < 59.95) return `${decimal(seconds, 1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** A time that is only guessed, in whole seconds: `20 s`, `4 min 07 s`. */
export function wholeDuration(seconds: number): string {
  return seconds < 59.5 ? `${Math.round(seconds)} s` : duration(Math.round(seconds));
}

/** Inclusive ranges as `0-3, 7`, long lists cut. */
export function ranges(list: readonly (readonly [first: number, last: number])[]): string {
  const shown = list
    .slice(0, MAX_RANGES)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return list.length > MAX_RANGES ? `${shown.join(', ')}, …` : shown.join(', ');
}

/** How many numbers inclusive ranges hold. */
export function rangesTotal(list: readonly (readonly [first: number, last: number])[]): number {
  return list.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
