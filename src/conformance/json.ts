import type { Result } from './judge.ts';
import { firstToMend, GROUPS, scoreOf, type Judged } from './verdict.ts';

/** The result as a JSON object, for scripts. What does not apply says why in `hint`. */
export function asJson({ target, dialect, evidence, judged, ended }: Result): string {
  const of = (isIn: (each: Judged) => boolean) => scoreOf(judged.filter(isIn));
  const groups = GROUPS.filter((group) => judged.some((each) => each.group === group));
  const parts = ([1, 2, 3] as const).filter((part) => judged.some((each) => each.part === part));
  const result = {
    target,
    dialect,
    evidence,
    /** Why not all of it was judged. */
    ended: ended ?? null,
    scores: {
      groups: Object.fromEntries(groups.map((name) => [name, of(({ group }) => group === name)])),
      parts: Object.fromEntries(parts.map((number) => [number, of(({ part }) => part === number)])),
    },
    first: firstToMend(judged)?.id ?? null,
    cases: judged.map(caseObject),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function caseObject({ id, group, part, title, rule, outcome }: Judged) {
  const { verdict } = outcome;
  const head = { id, group, part, title, rule, verdict };
  const nothing = { sent: null, received: null, expected: null, hint: null };
  if (outcome.verdict === 'holds') return { ...head, ...nothing };
  if (outcome.verdict === 'not-applicable') return { ...head, ...nothing, hint: outcome.why };
  const { sent, received, expected, hint } = outcome;
  return { ...head, sent, received, expected, hint };
}
