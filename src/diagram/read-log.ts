import { UsageError } from '../errors.ts';
import { compareAnnounced, compareClock, type Reading } from './clock-lines.ts';
import type { LoggedDownload, Logs, Run } from './model.ts';

/** The shape of a line that this reader knows. */
const VERSION = 1;
/** A line with a list of files is the longest, some ten kilobytes; what is longer is no line of an event log. */
const MAX_LINE_CHARS = 64 * 1024 * 1024;
const MAX_NOTES = 20;
const CLOCK_LINE = '"event":"clock-updated"';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Takes event logs line by line and gathers the messages and downloads of every run. A line of the clock is every second
 * one and says what its message says again: it is compared without being parsed. A torn line (the program was killed, and
 * the next run has written right behind it) is passed over; unknown events are not looked at.
 */
export class LogReader {
  readonly #readings = new Map<string, Reading>();
  readonly #texts = new Map<string, string>();
  readonly #notes: string[] = [];
  #latest: Reading | undefined;
  #lines = 0;

  /**
   * Takes one line of a file.
   * @param row from 1
   * @throws UsageError for a file that is no event log, or one of another version
   */
  take(file: string, row: number, line: string): void {
    if (line === '' || line === '\r') return;
    this.#lines += 1;
    if (this.#takeClockLine(file, row, line)) return;
    const fields = this.#parse(file, row, line);
    if (fields === undefined) return;
    const { run: id, event } = fields;
    if (typeof id !== 'string' || typeof event !== 'string') return;
    const reading = this.#readings.get(id) ?? this.#begin(id, file, fields);
    this.#latest = reading;
    if (!follow(reading.run, file, row, numberOf(fields['seq']))) return;
    this.#takeEvent(reading, file, row, event, fields);
  }

  /** What has been read so far; the lists go on growing. */
  get logs(): Logs {
    const runs = [...this.#readings.values()].map(({ run }) => run);
    return { runs, lines: this.#lines, notes: this.#notes };
  }

  #takeClockLine(file: string, row: number, line: string): boolean {
    const reading = this.#latest;
    if (reading === undefined || !line.startsWith(reading.opening)) return false;
    const at = line.indexOf(CLOCK_LINE, reading.opening.length);
    // A second brace: half a line, and the next run's first one behind it.
    if (at < 0 || line.lastIndexOf('{') > 0) return false;
    const rest = /^,"clock":(\d+),"cause":"(send|receive)"\}\r?$/.exec(line.slice(at + CLOCK_LINE.length));
    if (rest === null) return false;
    if (!follow(reading.run, file, row, parseInt(line.slice(reading.opening.length), 10))) return true;
    compareClock(reading, file, row, Number(rest[1]), rest[2] === 'send');
    return true;
  }

  #parse(file: string, row: number, line: string): Fields | undefined {
    let value: unknown;
    try {
      if (line.length > MAX_LINE_CHARS) throw new SyntaxError('too long');
      value = JSON.parse(line);
    } catch {
      if (row === 1 && !line.startsWith('{"v":')) throw notALog(file);
      // A run that was killed has left half a line, and the next run wrote behind it.
      const next = line.lastIndexOf('{"v":');
      if (next > 0) return this.#parse(file, row, line.slice(next));
      this.#note(`${file}:${row}: linha incompleta, ignorada`);
      return undefined;
    }
    const fields = value as Fields | null;
    if (typeof fields !== 'object' || fields === null || typeof fields['v'] !== 'number') {
      if (row === 1) throw notALog(file);
      this.#note(`${file}:${row}: não é um evento, ignorada`);
      return undefined;
    }
    if (fields['v'] !== VERSION) {
      throw new UsageError(
        `"${file}", linha ${row}: registro da versão ${fields['v']}; este programa lê a versão ${VERSION}`,
      );
    }
    return fields;
  }

  #note(text: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push(text);
  }

  #begin(id: string, file: string, fields: Fields): Reading {
    const at = timeOf(fields['t']);
    const run: Run = {
      id,
      file,
      address: textOf(fields['peer']),
      messages: [],
      downloads: [],
      firstAt: at,
      lastAt: at,
      lastSeq: 0,
      ended: false,
      isThinned: false,
      gaps: [],
      clockOddities: [],
      clockLines: 0,
    };
    const opening = `{"v":${VERSION},"run":${JSON.stringify(id)},"seq":`;
    const reading = { run, opening, announced: undefined, expected: undefined };
    this.#readings.set(id, reading);
    return reading;
  }

  #takeEvent(reading: Reading, file: string, row: number, event: string, fields: Fields): void {
    const { run } = reading;
    run.lastAt = timeOf(fields['t']);
    // With port 0 the address is known once the peer listens.
    if (typeof fields['peer'] === 'string') run.address = this.#interned(fields['peer']);
    switch (event) {
      case 'clock-updated':
        compareClock(reading, file, row, numberOf(fields['clock']), fields['cause'] === 'send');
        break;
      case 'message-sent':
      case 'message-received':
        this.#takeMessage(reading, file, row, event === 'message-sent', fields);
        break;
      case 'events-omitted':
        run.isThinned = true;
        break;
      case 'peer-stopped':
        run.ended = true;
        break;
      case 'download-started':
      case 'download-finished':
      case 'download-failed':
      case 'chunks-doubted':
      case 'source-excluded':
        run.downloads.push(downloadOf(run, file, row, event, fields));
        break;
      default:
    }
  }

  #takeMessage(reading: Reading, file: string, row: number, sent: boolean, fields: Fields): void {
    const args = Array.isArray(fields['args']) ? (fields['args'] as unknown[]).map(textOf).join(' ') : '';
    const carried = numberOf(fields['clock']);
    const clock = sent ? carried : numberOf(fields['clockAfter']);
    const other = textOf(fields[sent ? 'to' : 'from']);
    if (Number.isNaN(clock) || Number.isNaN(carried) || other === '') return;
    const { run } = reading;
    run.messages.push({
      sent,
      other: this.#interned(other),
      type: this.#interned(textOf(fields['type'])),
      args: args === '' ? '' : args,
      carried,
      clock,
      reply: fields['reply'] === true,
      chunks: typeof fields['chunks'] === 'number' ? fields['chunks'] : undefined,
      at: run.lastAt,
      seq: run.lastSeq,
      file,
      row,
    });
    if (sent) compareAnnounced(reading, file, row, clock);
    else reading.expected = clock;
  }

  /** Addresses and types are few: one string each, however often they are parsed. */
  #interned(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** Whether the line is the next of its run, or at least later; one that was read before (a file given twice) is not. */
function follow(run: Run, file: string, row: number, seq: number): boolean {
  if (!(seq > run.lastSeq)) return false;
  if (seq !== run.lastSeq + 1) run.gaps.push({ file, row, from: run.lastSeq + 1, to: seq - 1 });
  run.lastSeq = seq;
  return true;
}

function downloadOf(run: Run, file: string, row: number, event: string, fields: Fields): LoggedDownload {
  const shares = Array.isArray(fields['shares']) ? (fields['shares'] as Fields[]) : [];
  const kinds = {
    'download-started': 'started',
    'download-finished': 'finished',
    'download-failed': 'failed',
  };
  return {
    file,
    row,
    what: (kinds as Record<string, LoggedDownload['what']>)[event] ?? 'doubted',
    name: textOf(fields['name']),
    size: numberOf(fields['size']),
    chunkSize: numberOf(fields['chunkSize']),
    resumed: numberOf(fields['resumed']),
    shares: shares.map((share) => [textOf(share['source']), numberOf(share['bytes'])] as const),
    after: run.messages.length,
  };
}

function notALog(file: string): UsageError {
  return new UsageError(`"${file}" não é um registro de eventos (grave um com a opção --eventos)`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : NaN;
}
