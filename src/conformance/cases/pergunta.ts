import type { Address } from '../../protocol/address.ts';
import type { Dialect } from '../../protocol/dialect.ts';
import { escaped } from '../escaped.ts';
import type { Heard } from '../heard.ts';
import type { Group, Outcome, Part } from '../verdict.ts';

/** Everything that was heard of one program. */
export interface Hearing {
  readonly heard: readonly Heard[];
  readonly dialect: Dialect;
  /** The two peers that listened. */
  readonly addresses: readonly [Address, Address];
  /** A reply that is older than so many milliseconds has been taken into account by who asks. */
  readonly takenMs: number;
}

export interface HeardCase {
  readonly id: string;
  readonly group: Group;
  readonly part: Part;
  readonly title: string;
  readonly rule: string;
  readonly judge: (hearing: Hearing) => Outcome | Promise<Outcome>;
}

export function about(
  name: string,
  group: Group,
  part: Part,
  title: string,
  rule: string,
  judge: HeardCase['judge'],
): HeardCase {
  return { id: `pergunta.${name}`, group, part, title, rule, judge };
}

export function found(
  verdict: 'broken' | 'tolerated',
  { bytes }: Heard,
  expected: string,
  hint: string,
  sent = '(nada: o programa pergunta)',
): Outcome {
  return { verdict, sent, received: escaped(bytes), expected, hint };
}

export function first(
  heard: readonly Heard[],
  isWrong: (each: Heard) => boolean,
  expected: string,
  hint: string,
  verdict: 'broken' | 'tolerated' = 'broken',
): Outcome | undefined {
  const wrong = heard.find(isWrong);
  return wrong && found(verdict, wrong, expected, hint);
}
