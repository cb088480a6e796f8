/** What the judge says: a case stands on one rule of the protocol, and a program holds it, breaks it, or has a known habit. */

/** In the order in which they are reported; the last one is judged with `--rigoroso` alone. */
export const GROUPS = ['mensagem', 'relógio', 'HELLO/BYE', 'GET_PEERS', 'LS', 'DL/FILE', 'robustez'] as const;
export type Group = (typeof GROUPS)[number];

/** The parts of the assignment: 1 HELLO, GET_PEERS, BYE and clocks; 2 LS and whole files; 3 chunks. */
export type Part = 1 | 2 | 3;

export type Verdict = 'holds' | 'broken' | 'tolerated' | 'not-applicable';

/** What stands under a case that does not simply hold: bytes are escaped and cut. */
export interface Finding {
  readonly sent: string;
  readonly received: string;
  readonly expected: string;
  /** Where the mistake usually lies, or the name of the habit. */
  readonly hint: string;
}

export type Outcome =
  | { readonly verdict: 'holds' }
  | { readonly verdict: 'not-applicable'; readonly why: string }
  | ({ readonly verdict: 'broken' | 'tolerated' } & Finding);

/** A case with its outcome. */
export interface Judged {
  readonly id: string;
  readonly group: Group;
  readonly part: Part;
  readonly title: string;
  /** Section of src/protocol/README.md. */
  readonly rule: string;
  readonly outcome: Outcome;
}

export const HOLDS: Outcome = { verdict: 'holds' };

export function notApplicable(why: string): Outcome {
  return { verdict: 'not-applicable', why };
}

/** A count of verdicts. */
export type Score = Readonly<Record<Verdict, number>>;

export function scoreOf(judged: readonly Judged[]): Score {
  const score = { holds: 0, broken: 0, tolerated: 0, 'not-applicable': 0 };
  for (const { outcome } of judged) score[outcome.verdict] += 1;
  return score;
}

/** What to mend first: the first broken case, because the later ones stand on the earlier ones; a death goes before. */
export function firstToMend(judged: readonly Judged[]): Judged | undefined {
  return judged.find(({ outcome }) => outcome.verdict === 'broken');
}
