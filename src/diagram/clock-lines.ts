import type { Run } from './model.ts';

/** What a run's lines have announced and not yet shown. */
export interface Reading {
  readonly run: Run;
  /** What its lines begin with: the way past JSON for every second line. */
  readonly opening: string;
  /** The clock that the next sending has, by the line before it. */
  announced: number | undefined;
  /** The clock that the next line of the clock has, by the receipt before it. */
  expected: number | undefined;
}

/** A line of the clock: what it says of a receipt is compared, what it says of a sending is kept. */
export function compareClock(
  reading: Reading,
  file: string,
  row: number,
  clock: number,
  isSend: boolean,
): void {
  const { run, expected } = reading;
  if (isSend) {
    reading.announced = clock;
    return;
  }
  reading.expected = undefined;
  if (expected === undefined) return;
  run.clockLines += 1;
  if (expected !== clock) run.clockOddities.push({ file, row, text: clockText(clock, expected, 'recebida') });
}

/** A sending: compared with the line of the clock before it. */
export function compareAnnounced(reading: Reading, file: string, row: number, clock: number): void {
  const { run, announced } = reading;
  reading.announced = undefined;
  if (announced === undefined) return;
  run.clockLines += 1;
  if (announced !== clock)
    run.clockOddities.push({ file, row, text: clockText(announced, clock, 'enviada') });
}

function clockText(announced: number, clock: number, what: string): string {
  return `o relógio foi atualizado para ${announced}, mas a mensagem ${what} diz ${clock}`;
}
