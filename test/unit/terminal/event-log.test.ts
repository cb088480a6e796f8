import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/terminal/event-log.ts';
import { A1, SAMPLES } from './samples.ts';

const NOW = new Date('2024-05-01T12:00:00.123Z');

function open() {
  const lines: string[] = [];
  let peer: string | undefined;
  const log = new EventLog({
    write: (line) => lines.push(line),
    run: 'r1',
    peer: () => peer,
    now: () => NOW,
  });
  return {
    log,
    lines,
    know: () => {
      peer = A1;
    },
  };
}

describe('EventLog', () => {
  it('writes one object a line', () => {
    const { log, lines, know } = open();
    log.report({ event: 'peer-started', address: A1 });
    know();
    log.report({ event: 'clock-updated', clock: 1, cause: 'send' });
    expect(lines).toEqual([
      '{"v":1,"run":"r1","seq":1,"t":"2024-05-01T12:00:00.123Z","peer":null,"event":"peer-started","address":"127.0.0.1:5001"}',
      '{"v":1,"run":"r1","seq":2,"t":"2024-05-01T12:00:00.123Z","peer":"127.0.0.1:5001","event":"clock-updated","clock":1,"cause":"send"}',
    ]);
  });

  it('keeps every event as it is, with its own names, counted without a gap', () => {
    const { log, lines } = open();
    for (const [event] of SAMPLES) log.report(event);
    const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(read.map(({ seq }) => seq)).toEqual(SAMPLES.map((_, at) => at + 1));
    for (const [at, [event]] of SAMPLES.entries())
      expect(read[at]).toMatchObject({ v: 1, run: 'r1', ...event });
  });

  it('writes names that are no text as plain ASCII escapes', () => {
    const { log, lines } = open();
    log.report({ event: 'file-chosen', name: 'caf\uDCE9\n' });
    expect(lines[0]).toContain('"name":"caf\\udce9\\n"');
  });
});
