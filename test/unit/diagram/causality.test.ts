import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/diagram/causality.ts';
import { keyOf } from '../../../src/diagram/fold.ts';
import { judge } from '../../../src/diagram/rules.ts';
import { chain, relation, withVectors } from '../../../src/diagram/vectors.ts';
import { SimulatedNetwork, type Flying } from '../../helpers/simulated-network.ts';

/** A network in which the numbers decide who sends to whom, and what of what is under way arrives or is lost. */
function randomRun(peers: number, choices: readonly number[]): SimulatedNetwork {
  const network = new SimulatedNetwork(peers);
  let flying: Flying[] = [];
  for (const choice of choices) {
    network.wait(choice % 3);
    const isArrival = choice % 2 === 0 && flying.length > 0;
    if (isArrival) {
      const next = flying[choice % flying.length]!;
      flying = flying.filter((each) => each !== next);
      if (choice % 11 !== 0) network.receive(next);
    } else {
      const from = choice % peers;
      const to = (from + 1 + (Math.floor(choice / peers) % (peers - 1))) % peers;
      flying.push(network.send(from, to, 'LS'));
    }
  }
  return network;
}

const runs = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.array(fc.nat(10_000), { maxLength: 60 }));

describe('causality', () => {
  it('derives exactly the order that truly was, for random runs', () => {
    fc.assert(
      fc.property(runs, ([peers, choices]) => {
        const network = randomRun(peers, choices);
        const model = withVectors(analyse(network.read()));
        model.events.forEach((_, a) => {
          model.events.forEach((__, b) => {
            const before = network.truth.get(keyOf(model, b))!.has(keyOf(model, a));
            expect(relation(model, a, b) === 'before').toBe(before);
            expect(relation(model, b, a) === 'after').toBe(before);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('finds a chain from cause to effect, in which each step is a lifeline or a message', () => {
    fc.assert(
      fc.property(runs, ([peers, choices]) => {
        const model = withVectors(analyse(randomRun(peers, choices).read()));
        const { events } = model;
        for (const a of model.order.slice(0, 8)) {
          for (const b of model.order.slice(-8)) {
            const path = chain(model, a, b);
            expect(path !== undefined).toBe(relation(model, a, b) === 'before');
            path?.slice(1).forEach((index, place) => {
              const from = path[place]!;
              const isMessage = events[from]!.sent && events[from]!.partner === index;
              expect(isMessage || events[from]!.line === events[index]!.line).toBe(true);
            });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('places every sending before its receipt and keeps the order of each lifeline', () => {
    fc.assert(
      fc.property(runs, ([peers, choices]) => {
        const { events, order } = analyse(randomRun(peers, choices).read());
        const place = new Map(order.map((index, at) => [index, at]));
        expect(place.size).toBe(events.length);
        events.forEach(({ sent, partner, line }, index) => {
          if (!sent && partner >= 0) expect(place.get(partner)!).toBeLessThan(place.get(index)!);
          if (events[index - 1]?.line === line) expect(place.get(index - 1)!).toBeLessThan(place.get(index)!);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('pairs each receipt with its sending and tells a lost message', () => {
    const network = new SimulatedNetwork(2);
    network.pass(0, 1, 'LS');
    network.send(0, 1, 'GET_PEERS');
    network.wait(1_000);
    network.pass(1, 0, 'LS_LIST', ['0'], true);
    network.stop(1);
    const { events } = analyse(network.read());
    expect(events.map(({ type, fate, partner }) => [type, fate, partner])).toEqual([
      ['LS', 'whole', 3],
      ['GET_PEERS', 'lost', -1],
      ['LS_LIST', 'whole', 4],
      ['LS', 'whole', 0],
      ['LS_LIST', 'whole', 2],
    ]);
  });

  it('gives a program without a log a lifeline of its own, with what others saw of it', () => {
    const network = new SimulatedNetwork(2);
    network.ask(0, 1, 'LS', [], 'LS_LIST', ['0']);
    const { lines, events } = analyse(network.read([0]));
    expect(lines.map(({ address, hasLog }) => [address, hasLog])).toEqual([
      ['127.0.0.1:5001', true],
      ['127.0.0.1:5002', false],
    ]);
    expect(events.map(({ line, sent, ghost, fate, clock }) => [line, sent, ghost, fate, clock])).toEqual([
      [0, true, false, 'open', 1],
      [0, false, false, 'whole', 4],
      [1, true, true, 'whole', 3],
    ]);
  });

  it('does not blame a peer that was killed for what its log had no time to say', () => {
    const network = new SimulatedNetwork(2);
    network.pass(0, 1, 'HELLO');
    network.pass(1, 0, 'LS');
    const killed = [network.lines[0]!, network.lines[1]!.slice(0, -2)];
    const { events } = analyse(network.read([0, 1], killed));
    expect(events.map(({ line, ghost, fate }) => [line, ghost, fate])).toEqual([
      [0, false, 'whole'],
      [0, false, 'whole'],
      [1, false, 'whole'],
      [1, true, 'whole'],
    ]);
  });

  it.each([
    ['leaves out repetitions', '"event":"events-omitted","host":"127.0.0.1","count":4}'],
    ['goes on under another name', undefined],
  ])('does not blame a log that %s for what it lacks', (_, omitted) => {
    const network = new SimulatedNetwork(2);
    for (let time = 0; time < 4; time += 1) network.ask(0, 1, 'LS', [], 'LS_LIST', ['0']);
    [0, 1].forEach((peer) => network.stop(peer));
    const [started, ...rest] = network.lines[1]!;
    const renumbered = (lines: readonly string[], from: number) =>
      lines.map((line, index) => line.replace(/"seq":\d+/, `"seq":${from + index}`));
    // The first two exchanges are not there: left out while the log was written, or in a file that is gone.
    const less =
      omitted === undefined
        ? rest.slice(8)
        : renumbered([started!, ...rest.slice(8), started!.replace(/"event":.*/, omitted)], 1);
    const logs = network.read([0, 1], [network.lines[0]!, less]);
    expect(judge(logs).violations).toEqual([]);
    const { events, order } = analyse(logs);
    expect(events.filter(({ ghost }) => ghost)).toHaveLength(2);
    expect(events.some(({ wrong }) => wrong !== undefined)).toBe(false);
    expect(order).toHaveLength(events.length);
  });

  it('knows a message that a peer with a whole log never sent, and one that came twice', () => {
    const network = new SimulatedNetwork(2);
    const twice = network.send(0, 1, 'LS');
    network.receive(twice);
    network.receive(twice);
    network.receive({ ...network.send(0, 1, 'LS'), clock: 77 });
    network.stop(0);
    const fates = analyse(network.read())
      .events.filter(({ sent }) => !sent)
      .map(({ fate }) => fate);
    expect(fates).toEqual(['whole', 'twice', 'unsent']);
  });

  it('makes several lines of several runs of one address, and pairs within those that overlap in time', () => {
    const first = new SimulatedNetwork(2, 'a');
    first.pass(0, 1, 'HELLO');
    [0, 1].forEach((peer) => first.stop(peer));
    const later = new SimulatedNetwork(2, 'b');
    later.wait(60_000);
    later.pass(0, 1, 'HELLO');
    // The start of the later run was logged before the wait; all of it counts from there.
    const lines = [0, 1].map((peer) => [...first.lines[peer]!, ...later.lines[peer]!.slice(1)]);
    const { lines: lifelines, events } = analyse(first.read([0, 1], lines));
    expect(lifelines.map(({ name }) => name)).toEqual([
      '127.0.0.1:5001',
      '127.0.0.1:5001 (2)',
      '127.0.0.1:5002',
      '127.0.0.1:5002 (2)',
    ]);
    expect(events.map(({ line, other }) => [line, other])).toEqual([
      [0, 2],
      [1, 3],
      [2, 0],
      [3, 1],
    ]);
  });

  it('marks a receipt that would have to come before its own sending, and ends', () => {
    const network = new SimulatedNetwork(2);
    const a = network.send(0, 1, 'LS');
    const b = network.send(1, 0, 'LS');
    network.receive(a);
    network.receive(b);
    const swapped = network.lines.map(([started, sendClock, send, receive, receiveClock]) => {
      const renumbered = (line: string, seq: number) => line.replace(/"seq":\d+/, `"seq":${seq}`);
      return [
        started!,
        renumbered(receive!, 2),
        renumbered(receiveClock!, 3),
        renumbered(sendClock!, 4),
        renumbered(send!, 5),
      ];
    });
    const { events, order } = analyse(network.read([0, 1], swapped));
    expect(order).toHaveLength(4);
    expect(events.some(({ wrong }) => wrong !== undefined)).toBe(true);
  });
});
