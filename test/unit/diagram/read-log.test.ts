import { describe, expect, it } from 'vitest';
import { inOrder } from '../../../src/diagram/read-files.ts';
import { LogReader } from '../../../src/diagram/read-log.ts';
import { SimulatedNetwork } from '../../helpers/simulated-network.ts';

function read(...lines: readonly string[]): LogReader {
  const reader = new LogReader();
  lines.forEach((line, index) => reader.take('a.jsonl', index + 1, line));
  return reader;
}

function someLines(): string[] {
  const network = new SimulatedNetwork(2);
  network.pass(0, 1, 'HELLO');
  network.pass(0, 1, 'LS');
  return network.lines[0]!;
}

describe('reading an event log', () => {
  it('takes messages with their line, and compares the lines of the clock with them', () => {
    const { runs, lines } = read(...someLines()).logs;
    expect(lines).toBe(5);
    expect(runs.map(({ address, lastSeq, clockLines }) => [address, lastSeq, clockLines])).toEqual([
      ['127.0.0.1:5001', 5, 2],
    ]);
    expect(runs[0]?.messages.map(({ type, clock, row }) => [type, clock, row])).toEqual([
      ['HELLO', 1, 3],
      ['LS', 2, 5],
    ]);
  });

  it('passes over a torn last line, also where the next run has written behind it', () => {
    const [first, second, third, ...rest] = someLines();
    expect(read(first!, second!, third!.slice(0, 60)).logs.notes).toEqual([
      'a.jsonl:3: linha incompleta, ignorada',
    ]);
    const other = JSON.stringify({ ...(JSON.parse(rest[0]!) as object), run: 'outra', seq: 1 });
    const { runs, notes } = read(first!, second!, `${third!.slice(0, 60)}${other}`).logs;
    expect(notes).toEqual([]);
    expect(runs.map(({ id }) => id)).toEqual(['run-0', 'outra']);
  });

  it('ignores events and fields that it does not know, and a line that was read before', () => {
    const [first, ...rest] = someLines();
    const unknown = first!
      .replace(/"event":.*/, '"event":"new-in-2030","x":[1]}')
      .replace('"seq":1', '"seq":6');
    const { runs } = read(first!, ...rest, unknown, ...rest).logs;
    expect(runs[0]?.messages).toHaveLength(2);
    expect(runs[0]?.lastSeq).toBe(6);
    expect(runs[0]?.gaps).toEqual([]);
  });

  it('notes missing lines', () => {
    const [first, second, , ...rest] = someLines();
    expect(read(first!, second!, ...rest).logs.runs[0]?.gaps).toEqual([
      { file: 'a.jsonl', row: 3, from: 3, to: 3 },
    ]);
  });

  it.each([
    ['text', 'olá', '"a.jsonl" não é um registro de eventos'],
    ['other JSON', '[1,2]', '"a.jsonl" não é um registro de eventos'],
    ['null', 'null', '"a.jsonl" não é um registro de eventos'],
    ['another version', '{"v":2,"run":"x","seq":1}', 'registro da versão 2; este programa lê a versão 1'],
  ])('refuses a file of %s', (_, line, text) => {
    expect(() => read(line)).toThrow(text);
  });

  it.each([
    '{"v":1}',
    '{"v":1,"run":5,"event":"x"}',
    '{"v":1,"run":"r","event":"message-sent"}',
    '{"v":1,"run":"r","event":"message-sent","clock":"1","to":{},"args":7}',
  ])('survives %s', (line) => {
    expect(read(line, line).logs.runs.flatMap(({ messages }) => messages)).toEqual([]);
  });
});

describe('the order of files', () => {
  it('is the given one, but for a log that was too large and was renamed', () => {
    expect(inOrder(['a', 'b', 'b.1', 'c.1', '-'])).toEqual(['a', 'b.1', 'b', 'c.1', '-']);
  });
});
