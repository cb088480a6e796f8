import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/diagram/causality.ts';
import { fold } from '../../../src/diagram/fold.ts';
import { LANE } from '../../../src/diagram/labels.ts';
import { layout, type Picture } from '../../../src/diagram/layout.ts';
import { mermaid } from '../../../src/diagram/mermaid.ts';
import type { Model } from '../../../src/diagram/model.ts';
import { narrowed } from '../../../src/diagram/narrow.ts';
import { packed, unpacked } from '../../../src/diagram/page-data.ts';
import { shiviz } from '../../../src/diagram/shiviz.ts';
import { svgFile } from '../../../src/diagram/svg.ts';
import { textDiagram } from '../../../src/diagram/text.ts';
import { thinned } from '../../../src/diagram/thin.ts';
import { relation, withVectors } from '../../../src/diagram/vectors.ts';
import { columns } from '../../../src/diagram/words.ts';
import { SimulatedNetwork } from '../../helpers/simulated-network.ts';

const NASTY = '</script><img/src=x/onerror=alert(1)>;#%%"\'&%0Aend';

/** Peers that greet, list, load and lose a message; names as hostile as they come. */
function network(peers = 3): SimulatedNetwork {
  const run = new SimulatedNetwork(peers);
  run.pass(0, 1, 'HELLO');
  run.ask(1, peers - 1, 'LS', [], 'LS_LIST', ['1', `${NASTY}:5`]);
  run.download(0, 1, 'a%20b', 5);
  run.send(peers - 1, 0, 'GET_PEERS');
  run.download(peers - 1, 0, NASTY, 2);
  run.wait(2_000);
  run.pass(0, 1, 'BYE');
  [0, 1, 2].forEach((peer) => run.stop(peer));
  return run;
}

function modelOf(run: SimulatedNetwork): Model {
  return withVectors(analyse(run.read()));
}

const all = () => true;
const svg = (model: Model, picture: Picture) =>
  svgFile(picture, (index) => model.events[index]!.ghost, 'título');

/** Pairs of labels, or of a label and a dot's clock, that cover each other. */
function overlaps({ labels, dots }: Picture): unknown[] {
  const boxes = [
    ...labels.map(({ x, y, width, text }) => ({
      text,
      left: x,
      right: x + width,
      top: y - LANE + 3,
      bottom: y + 2,
    })),
    ...dots.map(({ x, y, text }) => ({ text, left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 })),
  ];
  return boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => [a, b]),
  );
}

describe('folding', () => {
  it('makes one band of the chunks between two peers, with what it carried', () => {
    const model = modelOf(network());
    expect(fold(model, all).map(({ a, b, label }) => [a, b, label])).toEqual([
      [0, 1, '5 DL, 5 FILE, 1,2 KiB, relógio 2 → 25'],
      [0, 2, '2 DL, 2 FILE, 456 bytes, relógio 7 → 32'],
    ]);
  });

  it('leaves out what is hidden, and short runs', () => {
    const model = modelOf(network());
    expect(
      fold(model, (index) => model.events[index]!.line !== 0 && model.events[index]!.other !== 0),
    ).toEqual([]);
    const short = new SimulatedNetwork(2);
    short.ask(0, 1, 'DL', ['a', '256', '0'], 'FILE', ['a', '5', '0', 'QUJD']);
    expect(fold(modelOf(short), all)).toEqual([]);
  });

  it('does not hide what breaks a rule', () => {
    const run = network();
    const lines = run.lines.map((each) =>
      each.map((line) => line.replace(/("DL","args":\["a%20b","256","2"\],"clock":)\d+/, '$1900')),
    );
    const model = analyse(run.read([0, 1, 2], lines));
    const folded = new Set(fold(model, all).flatMap(({ events }) => events));
    model.events.forEach(({ wrong }, index) => wrong !== undefined && expect(folded.has(index)).toBe(false));
    expect(model.events.some(({ wrong }) => wrong !== undefined)).toBe(true);
  });
});

describe('a run that is too long for a page', () => {
  it('loses the middle of its downloads and nothing else, and what happened before what stays exact', () => {
    const run = new SimulatedNetwork(2);
    run.pass(0, 1, 'HELLO');
    run.download(0, 1, 'a', 400);
    run.pass(0, 1, 'BYE');
    const model = modelOf(run);
    const [band] = fold(model, all);
    const short = thinned(model, [band!]);
    expect(short.events.length).toBeLessThan(model.events.length / 2);
    const [again] = fold(short, all);
    expect(again?.key).toBe(band?.key);
    const types = (each: Model) => each.order.map((index) => each.events[index]!.type);
    expect([types(short)[0], types(short).at(-1)]).toEqual(['HELLO', 'BYE']);
    expect(short.events.every(({ partner }, index) => short.events[partner]?.partner === index)).toBe(true);
    expect(relation(short, short.order[0]!, short.order.at(-1)!)).toBe('before');
  });
});

describe('the layout', () => {
  it.each(['relogio', 'causal', 'tempo'] as const)('hides no label behind another, by %s', (axis) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.boolean(), fc.string({ maxLength: 40 })), {
          maxLength: 40,
        }),
        (peers, steps) => {
          const run = new SimulatedNetwork(peers);
          for (const [from, step, arrives, name] of steps) {
            const to = (from + 1 + (step % (peers - 1))) % peers;
            const message = run.send(from % peers, to === from % peers ? (to + 1) % peers : to, 'DIGEST', [
              name,
            ]);
            if (arrives) run.receive(message);
          }
          const model = analyse(run.read());
          const bands = step(steps.length) ? fold(model, all) : [];
          expect(overlaps(layout(model, { axis, isShown: all, bands }))).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('puts each event on its lifeline and lets time and causality go down', () => {
    const model = modelOf(network());
    const picture = layout(model, { axis: 'relogio', isShown: all, bands: [] });
    expect(picture.dots).toHaveLength(model.events.length);
    for (const { event, x } of picture.dots) expect(x).toBe(picture.columns[model.events[event]!.line]!.x);
    for (const { y1, y2 } of picture.arrows) expect(y2).toBeGreaterThan(y1);
    expect(picture.arrows.map(({ end }) => end).filter((end) => end === 'cross')).toHaveLength(1);
  });
});

const step = (length: number): boolean => length % 2 === 0;

describe('the writers', () => {
  it('svg: well-formed, every message an arrow, nothing received becomes a tag', () => {
    const model = modelOf(network());
    const text = svg(model, layout(model, { axis: 'relogio', isShown: all, bands: [] }));
    expect(text.match(/class="mensagem/g)).toHaveLength(model.events.filter(({ sent }) => sent).length);
    const tags = new Set([...text.matchAll(/<\/?([a-z]+)/g)].map(([, tag]) => tag));
    expect([...tags].sort()).toEqual([
      'circle',
      'g',
      'line',
      'path',
      'rect',
      'style',
      'svg',
      'text',
      'title',
    ]);
    const open: string[] = [];
    for (const [, end, tag, empty] of text.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end === '/') expect(open.pop()).toBe(tag);
      else if (empty === '') open.push(tag!);
    }
    expect(open).toEqual([]);
  });

  it('texto: fits the width, with both clocks of each message; many peers become a list', () => {
    const model = modelOf(network());
    const text = textDiagram(model, fold(model, all), 80);
    expect(text.split('\n').every((line) => columns(line) <= 80)).toBe(true);
    expect(text).toMatch(/1 ●─+ HELLO ─+▶● 2/);
    expect(text).toMatch(/5 DL, 5 FILE, 1,2 KiB/);
    expect(text).toMatch(/✗/);
    const crowd = textDiagram(modelOf(network(20)), [], 80);
    expect(crowd).toMatch(/^ +1 127\.0\.0\.1:5001 ─▶ 127\.0\.0\.1:5002 2 {2}HELLO$/m);
    expect(crowd.split('\n').every((line) => columns(line) <= 80)).toBe(true);
  });

  it('mermaid: only statements of a sequenceDiagram, signs of its grammar as entities, a lost message with a cross', () => {
    const model = modelOf(network());
    const [head, ...lines] = mermaid(model, fold(model, all)).trimEnd().split('\n');
    expect(head).toBe('sequenceDiagram');
    for (const line of lines) {
      expect(line).toMatch(
        /^ {4}(participant p\d+ as [^;<>]+|Note over p\d+(,p\d+)?: .+|p\d+(->>|-x|--\))p\d+: .+)$/,
      );
      expect(line.slice(line.indexOf(':')).replace(/#\d+;/g, '')).not.toMatch(/[;#<>]/);
    }
    expect(lines.filter((line) => line.includes('-x'))).toEqual(['    p2-xp0: GET_PEERS (6)']);
  });

  it('shiviz: the expression reads every line, and each host counts its own events 1, 2, 3', () => {
    const whole = modelOf(network());
    for (const model of [whole, narrowed(whole, { tipos: 'dl,file,hello' })]) {
      const [expression, empty, ...lines] = shiviz(model).trimEnd().split('\n');
      expect(empty).toBe('');
      const parsed = lines.map((line) => new RegExp(`^${expression!}$`).exec(line)?.groups);
      expect(parsed).toHaveLength(model.events.length);
      const own = new Map<string, number>();
      for (const groups of parsed) {
        const clock = JSON.parse(groups!['clock']!) as Record<string, number>;
        const host = groups!['host']!;
        expect(clock[host]).toBe((own.get(host) ?? 0) + 1);
        own.set(host, clock[host]!);
        for (const [other, count] of Object.entries(clock))
          expect(count).toBeLessThanOrEqual(own.get(other) ?? 0);
        expect(groups!['lamport']).toMatch(/^\d+$/);
      }
    }
  });

  it('the page gets the model that went in', () => {
    const model = modelOf(network());
    const again = JSON.parse(JSON.stringify(packed(model, false))) as ReturnType<typeof packed>;
    expect(unpacked(again)).toEqual(model);
    expect(withVectors(unpacked(packed(model, true))).vectors).toEqual(model.vectors);
  });
});

describe('narrowing', () => {
  const model = modelOf(network());
  const shown = (narrowing: Parameters<typeof narrowed>[1]) =>
    [...new Set(narrowed(model, narrowing).events.map(({ type }) => type))].sort();

  it('by type, clock, time and peer', () => {
    expect(shown({ tipos: 'HELLO,ls' })).toEqual(['HELLO', 'LS']);
    expect(shown({ ate: '2' })).toEqual(['DL', 'HELLO']);
    expect(shown({ de: '2026-11-24T13:00:01Z' })).toEqual(['BYE']);
    expect(
      narrowed(model, { peers: '127.0.0.1:5003' }).events.every(({ line, other }) => line !== other),
    ).toBe(true);
    expect(shown({ peers: '127.0.0.1:5001,127.0.0.1:5003' })).toEqual(['DL', 'FILE', 'GET_PEERS']);
  });

  it('keeps both ends of a message, and drops lifelines without any', () => {
    const part = narrowed(model, { tipos: 'HELLO' });
    expect(part.lines).toHaveLength(2);
    expect(part.events.map(({ partner }) => partner)).toEqual([1, 0]);
  });

  it('says what is wrong with a bound or a peer', () => {
    expect(() => narrowed(model, { de: 'ontem' })).toThrow('--de: "ontem" não é um relógio');
    expect(() => narrowed(model, { peers: 'zeca' })).toThrow('--peers: "zeca" não está nos registros');
  });
});
