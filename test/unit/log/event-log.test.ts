import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/log/event-log.ts';
import { A1, address } from '../terminal/addresses.ts';
import { LazySent } from '../terminal/lazy-messages.ts';
import { EVENTS } from '../terminal/samples.ts';

const START = Date.parse('2024-05-01T12:00:00.123Z');

function open() {
  const lines: string[] = [];
  const time = { now: START };
  let peer: string | undefined;
  const log = new EventLog({
    write: (line) => lines.push(line),
    run: 'r1',
    peer: () => peer,
    now: () => time.now,
  });
  return {
    log,
    lines,
    time,
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
    for (const event of EVENTS) log.report(event);
    const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(read.map(({ seq }) => seq)).toEqual(EVENTS.map((_, at) => at + 1));
    for (const [at, event] of EVENTS.entries()) expect(read[at]).toMatchObject({ v: 1, run: 'r1', ...event });
  });

  it('writes the args of a message that computes them when they are read, and nothing else that it holds', () => {
    const { log, lines } = open();
    log.report(new LazySent(['a b.txt', '256', '0']));
    log.report(new LazySent([]));
    expect(lines.map((line) => line.slice(line.indexOf('"event"')))).toEqual([
      '"event":"message-sent","to":"127.0.0.1:5002","type":"DL","args":["a b.txt","256","0"],"clock":7,"reply":false,"chunks":4}',
      '"event":"message-sent","to":"127.0.0.1:5002","type":"DL","args":[],"clock":7,"reply":false,"chunks":4}',
    ]);
  });

  it('writes any text as JSON does', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('"', '\\', '\x7f', '\uDCE9'),
    );
    fc.assert(
      fc.property(fc.array(text), text, (args, to) => {
        const { log, lines } = open();
        const sent = { event: 'message-sent', to, type: 'ERROR', args, clock: 1, reply: true } as const;
        const received = {
          ...sent,
          event: 'message-received',
          from: address(to),
          clockAfter: 2,
        } as const;
        log.report(sent);
        log.report(received);
        const head = { v: 1, run: 'r1', t: '2024-05-01T12:00:00.123Z', peer: null };
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
          { ...head, seq: 1, ...sent },
          {
            ...head,
            seq: 2,
            event: 'message-received',
            from: to,
            type: 'ERROR',
            args,
            clock: 1,
            clockAfter: 2,
            reply: true,
          },
        ]);
        for (const line of lines) expect(line).not.toMatch(/[\x00-\x1f]/);
      }),
    );
  });

  it('tells the time of each event', () => {
    const { log, lines, time } = open();
    for (const later of [0, 0, 1, 86_400_000]) {
      time.now = START + later;
      log.report({ event: 'peer-stopped' });
    }
    expect(lines.map((line) => (JSON.parse(line) as { t: string }).t)).toEqual([
      '2024-05-01T12:00:00.123Z',
      '2024-05-01T12:00:00.123Z',
      '2024-05-01T12:00:00.124Z',
      '2024-05-02T12:00:00.123Z',
    ]);
  });

  it('writes names that are no text as plain ASCII escapes', () => {
    const { log, lines } = open();
    log.report({ event: 'file-chosen', name: 'caf\uDCE9\n' });
    expect(lines[0]).toContain('"name":"caf\\udce9\\n"');
  });
});
