import type { Band } from '../fold.ts';
import type { Model } from '../model.ts';
import type { Paint } from '../svg.ts';
import { chain, relation } from '../vectors.ts';

/** What the person has pointed at. */
export interface Pointed {
  readonly chosen: number | undefined;
  readonly second: number | undefined;
  /** Events that were searched for. */
  readonly found: readonly number[];
  /** Bands as they are drawn. */
  readonly bands: readonly Band[];
}

/** The colours: the past and future of the chosen event, the way to the second one, what was searched for. */
export function paintOf(model: Model, { chosen, second, found, bands }: Pointed): Paint {
  const way = new Set(
    chosen === undefined || second === undefined
      ? []
      : (chain(model, chosen, second) ?? chain(model, second, chosen) ?? []),
  );
  const hits = new Set(found);
  const colour = (index: number): string => {
    if (chosen === undefined) return '';
    switch (relation(model, index, chosen)) {
      case 'same':
        return 'escolhido';
      case 'before':
        return 'passado';
      case 'after':
        return 'futuro';
      case 'concurrent':
        return 'concorrente';
    }
  };
  return {
    event: (index) =>
      `${colour(index)}${index === second ? ' segundo' : ''}${way.has(index) ? ' caminho' : ''}${hits.has(index) ? ' achado' : ''}`,
    message: (index) => {
      const { sent, partner } = model.events[index]!;
      const [from, to] = sent ? [index, partner] : [partner, index];
      const isWay = way.has(from) && way.has(to) ? ' caminho' : '';
      if (chosen === undefined) return isWay;
      // A message is of the past where it has arrived there, and of the future from when it left.
      const left = from < 0 ? '' : colour(from);
      const arrived = to < 0 ? '' : colour(to);
      if (arrived === 'passado' || arrived === 'escolhido') return `passado${isWay}`;
      return `${left === 'futuro' || left === 'escolhido' ? 'futuro' : 'concorrente'}${isWay}`;
    },
    band: (index) => {
      const all = new Set(bands[index]!.events.map(colour));
      return all.size === 1 ? [...all][0]! : '';
    },
  };
}
