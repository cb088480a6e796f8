import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/diagram/causality.ts';
import { LogReader } from '../../../src/diagram/read-log.ts';
import { judge } from '../../../src/diagram/rules.ts';
import { chain, relation, withVectors } from '../../../src/diagram/vectors.ts';

/** The logs of docs/exemplo and what docs/aula.md says of them. */
const reader = new LogReader();
const names = ['ana', 'bia', 'caio'];
for (const name of names) {
  const text = readFileSync(join(import.meta.dirname, `../../../docs/exemplo/${name}.jsonl`), 'utf8');
  text.split('\n').forEach((line, index) => reader.take(name, index + 1, line));
}
const model = withVectors(analyse(reader.logs));

/** The event of that peer with that clock. */
function at(name: string, clock: number): number {
  return model.events.findIndex((event) => names[event.line] === name && event.clock === clock);
}

describe('the exercises of docs/aula.md', () => {
  it('are about a run in which all rules hold', () => {
    expect(judge(reader.logs).violations).toEqual([]);
  });

  it('1: two first HELLOs are concurrent', () => {
    expect(relation(model, at('ana', 1), at('caio', 1))).toBe('concurrent');
    expect([model.vectors[at('ana', 1)], model.vectors[at('caio', 1)]]).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('2: a smaller clock is not a cause', () => {
    const [bia, ana] = [at('bia', 5), at('ana', 6)];
    expect([model.events[bia]!.type, model.events[ana]!.type]).toEqual(['RETURN_HELLO', 'HELLO']);
    expect(relation(model, bia, ana)).toBe('concurrent');
    expect([model.vectors[bia], model.vectors[ana]]).toEqual([
      [1, 4, 1],
      [3, 3, 1],
    ]);
  });

  it('3: the news of caio has passed through bia', () => {
    const path = chain(model, at('caio', 1), at('ana', 18))!;
    expect(path.slice(0, 4)).toEqual([at('caio', 1), at('bia', 3), at('bia', 4), at('ana', 5)]);
    expect(model.events[at('ana', 18)]!.type).toBe('LS');
  });
});
