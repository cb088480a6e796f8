import { judge } from '../../src/conformance/judge.ts';
import { GROUPS, type Group, type Verdict } from '../../src/conformance/verdict.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RandomNumbers } from './random-numbers.ts';

/** Files with which every case can be judged but the one about an empty folder. */
export const JUDGED_FILES: Readonly<Record<string, Buffer>> = {
  'a.bin': new RandomNumbers(3).bytes(1_000),
  'b.txt': Buffer.from('três linhas\nde texto\ncom acento: ção\n'.repeat(20)),
  'ação.txt': Buffer.from('oi'),
  'grande.bin': new RandomNumbers(5).bytes(70_001),
  'vazio.txt': Buffer.alloc(0),
};

export interface Verdicts {
  readonly dialect: string;
  readonly broken: readonly string[];
  readonly tolerated: readonly string[];
  readonly notApplicable: readonly string[];
}

export interface JudgedHow {
  readonly groups?: readonly Group[];
  readonly isRigorous?: boolean;
  /** Milliseconds; a test waits for what comes, on however busy a machine. */
  readonly deadlineMs?: number;
}

/** The ids of the cases that do not simply hold. */
export async function verdictsOf(
  address: string,
  { groups, isRigorous = false, deadlineMs = 10_000 }: JudgedHow = {},
): Promise<Verdicts> {
  const result = await judge(address as Address, {
    deadlineMs,
    groups: groups ?? GROUPS.filter((group) => isRigorous || group !== 'robustez'),
    signal: new AbortController().signal,
  });
  const ids = (verdict: Verdict) =>
    result.judged.filter(({ outcome }) => outcome.verdict === verdict).map(({ id }) => id);
  return {
    dialect: result.dialect,
    broken: ids('broken'),
    tolerated: ids('tolerated'),
    notApplicable: ids('not-applicable'),
  };
}
