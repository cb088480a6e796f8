import { describe, expect, it } from 'vitest';
import { judge, RULES, type Rule } from '../../../src/diagram/rules.ts';
import { SimulatedNetwork } from '../../helpers/simulated-network.ts';

/** A run in which every rule has something to check. */
function honestRun(): SimulatedNetwork {
  const network = new SimulatedNetwork(3);
  network.pass(0, 1, 'HELLO');
  network.ask(0, 1, 'GET_PEERS', [], 'PEER_LIST', ['0']);
  network.ask(2, 1, 'LS', [], 'LS_LIST', ['1', 'a:1224']);
  network.download(0, 1, 'a', 5);
  network.pass(0, 1, 'BYE');
  network.pass(0, 2, 'BYE');
  [0, 1, 2].forEach((peer) => network.stop(peer));
  return network;
}

/** Rules that are broken once one line of one peer is another. */
function brokenBy(peer: number, find: RegExp, change: (line: string) => string | undefined): Rule[] {
  const network = honestRun();
  const lines = network.lines.map((each) => [...each]);
  const at = lines[peer]!.findIndex((line) => find.test(line));
  expect(at).toBeGreaterThan(0);
  const changed = change(lines[peer]![at]!);
  if (changed === undefined) lines[peer]!.splice(at, 1);
  else lines[peer]![at] = changed;
  const { broken, violations } = judge(network.read([0, 1, 2], lines));
  expect(violations.every(({ events }) => events.every(({ file, line }) => file !== '' && line > 0))).toBe(
    true,
  );
  return (Object.keys(RULES) as Rule[]).filter((rule) => broken[rule] > 0);
}

describe('the rules of conferir', () => {
  it('hold for an honest run, and each of them was checked', () => {
    const { checked, broken, violations } = judge(honestRun().read());
    expect(violations).toEqual([]);
    expect(Object.values(broken)).toEqual(Object.values(broken).map(() => 0));
    expect(Object.entries(checked).filter(([, times]) => times === 0)).toEqual([]);
  });

  it.each([
    [
      'a clock that stands still',
      0,
      /sent.*GET_PEERS/,
      (line: string) => line.replace(/"clock":2/, '"clock":1'),
      'grows',
    ],
    [
      'a sending that adds more than 1',
      1,
      /sent.*PEER_LIST/,
      (line: string) => line.replace(/"clock":(\d+)/, '"clock":9'),
      'send',
    ],
    [
      'a receipt beyond the maximum',
      1,
      /received.*GET_PEERS/,
      (line: string) => line.replace(/"clockAfter":\d+/, '"clockAfter":40'),
      'receive',
    ],
    [
      'a receipt before its sending',
      1,
      /received.*DL.*"0"\]/,
      (line: string) => line.replace(/"clockAfter":\d+/, '"clockAfter":2'),
      'later',
    ],
    [
      'a message that nobody sent',
      1,
      /received.*GET_PEERS/,
      (line: string) => line.replace(/"clock":2,/, '"clock":1,'),
      'unsent',
    ],
    ['a sending that is not in the log', 0, /sent.*GET_PEERS/, () => undefined, 'unsent'],
    [
      'a reply without its request',
      1,
      /received.*GET_PEERS/,
      (line: string) => line.replaceAll('GET_PEERS', 'LS'),
      'reply',
    ],
    [
      'a FILE with another index',
      1,
      /sent.*FILE.*"2",/,
      (line: string) => line.replace('"2",', '"4",'),
      'file',
    ],
    [
      'a FILE that is too short',
      0,
      /received.*FILE.*"2",/,
      (line: string) => line.replace('"256"', '"250"'),
      'file',
    ],
    [
      'a chunk that never came',
      0,
      /received.*FILE.*"3",/,
      (line: string) => line.replace('"3",', '"2",'),
      'chunk',
    ],
    [
      'a chunk that counts twice',
      0,
      /download-finished/,
      (line: string) => line.replace('"bytes":1224', '"bytes":1480'),
      'chunk',
    ],
    ['a word after BYE', 0, /sent.*5003.*BYE/, (line: string) => line.replace('BYE', 'LS'), 'bye'],
    [
      'a line that is gone',
      1,
      /peer-stopped/,
      (line: string) => line.replace(/"seq":(\d+)/, '"seq":999'),
      'seq',
    ],
  ] as const)('find %s', (_, peer, find, change, rule) => {
    expect(brokenBy(peer, find, change)).toContain(rule);
  });

  it('finds a second receipt of one message', () => {
    const network = new SimulatedNetwork(2);
    const message = network.send(0, 1, 'LS');
    network.receive(message);
    network.receive(message);
    expect(judge(network.read()).broken.twice).toBe(1);
  });

  it('finds a clock line that says something else than its message', () => {
    expect(
      brokenBy(0, /clock-updated","clock":1,/, (line) => line.replace('"clock":1,', '"clock":5,')),
    ).toEqual(['grows']);
  });

  it('names both events of a violation', () => {
    const network = honestRun();
    const lines = network.lines.map((each) =>
      each.map((line) => line.replace(/("FILE","args":\["a",)"256","2"/, '$1"255","2"')),
    );
    const [violation] = judge(network.read([0, 1, 2], lines)).violations;
    expect(violation?.rule).toBe('file');
    expect(violation?.events.map(({ event }) => event.replace(/relógio.*/, ''))).toEqual([
      'recebeu FILE a #2 (255 B) de 127.0.0.1:5002 (',
      'enviou DL a #2 para 127.0.0.1:5002 (',
    ]);
  });

  it('does not blame anybody for a clock that is too far ahead to be followed', () => {
    const network = new SimulatedNetwork(1);
    const far = { from: 'x:1', type: 'LS', args: [], clock: 2 ** 45, clockAfter: 1, reply: false };
    const line = JSON.stringify({
      v: 1,
      run: 'run-0',
      seq: 2,
      t: '2026-11-24T13:00:00.000Z',
      peer: '127.0.0.1:5001',
      event: 'message-received',
      ...far,
    });
    expect(judge(network.read([0], [[...network.lines[0]!, line]])).violations).toEqual([]);
  });
});
