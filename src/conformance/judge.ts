import type { Address } from '../protocol/address.ts';
import { DL_FILE } from './cases/dl-file.ts';
import { GET_PEERS } from './cases/get-peers.ts';
import { HELLO_BYE } from './cases/hello-bye.ts';
import { LS } from './cases/ls.ts';
import { MENSAGEM } from './cases/mensagem.ts';
import { RELOGIO } from './cases/relogio.ts';
import { ROBUSTEZ } from './cases/robustez.ts';
import { findDialect } from './dialect-probe.ts';
import { escaped } from './escaped.ts';
import { Exam, type Case } from './exam.ts';
import { shownReply } from './reading.ts';
import { Gone, Stopped, Target, type Manner } from './target.ts';
import { GROUPS, notApplicable, type Group, type Judged, type Outcome } from './verdict.ts';

export interface JudgeOptions {
  /** Milliseconds for each wait. */
  readonly deadlineMs: number;
  readonly groups: readonly Group[];
  readonly signal: AbortSignal;
}

/** What is found about a program. */
export interface Result {
  readonly target: Address;
  readonly dialect: Manner['dialect'];
  /** What has shown it. */
  readonly evidence: string;
  /** In the order of the groups. */
  readonly judged: readonly Judged[];
  /** Why not all of it was judged, in Portuguese. */
  readonly ended: string | undefined;
}

/** For everything: a healthy program takes a tenth of it. */
const BUDGET_MS = 60_000;

/** In the order in which they are judged: the form is read from everything that was said, and what may end the program comes last. */
const CASES: readonly Case[] = [
  ...RELOGIO,
  ...HELLO_BYE,
  ...GET_PEERS,
  ...LS,
  ...DL_FILE,
  ...MENSAGEM,
  ...ROBUSTEZ,
];

function place({ id }: Judged): number {
  return CASES.findIndex((each) => each.id === id);
}

function caseNamed(wanted: string): Case {
  const found = CASES.find(({ id }) => id === wanted);
  if (found === undefined) throw new Error(`no case ${wanted}`);
  return found;
}

/**
 * Judges a program.
 * @throws ConnectionError where nobody is reached
 * @throws NoProgram where what is there is no EACHare program
 * @throws Stopped before it is known how the program speaks
 */
export async function judge(address: Address, options: JudgeOptions): Promise<Result> {
  const { deadlineMs, groups, signal } = options;
  const target = new Target({ address, deadlineMs, budgetMs: BUDGET_MS, signal });
  try {
    const ana = await target.asker();
    const ping = await findDialect(target, ana);
    const askers = {
      ana,
      bia: await target.asker({ isDeaf: true }),
      caio: await target.asker(),
      dora: await target.asker(),
    };
    const bench = new Bench(new Exam(target, askers, ping));
    for (const each of CASES) if (groups.includes(each.group)) await bench.outcome(each);
    const { dialect, evidence } = target.manner;
    const judged = bench.judged.filter(({ group }) => groups.includes(group));
    judged.sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || place(a) - place(b));
    return { target: address, dialect, evidence, judged, ended: bench.ended };
  } finally {
    await target.leave();
  }
}

/** Judges cases one after the other, each once, after those that it needs. */
class Bench {
  readonly judged: Judged[] = [];
  ended: string | undefined;
  readonly #exam: Exam;

  constructor(exam: Exam) {
    this.#exam = exam;
  }

  async outcome(each: Case): Promise<Outcome> {
    const known = this.judged.find(({ id }) => id === each.id);
    if (known !== undefined) return known.outcome;
    const outcome = (await this.#missing(each)) ?? (await this.#judge(each));
    const { id, group, part, title, rule } = each;
    this.judged.push({ id, group, part, title, rule, outcome });
    return outcome;
  }

  /** Why a case says nothing. */
  async #missing({ needs = [], unless = [] }: Case): Promise<Outcome | undefined> {
    for (const id of [...needs, ...unless]) {
      const { verdict } = await this.outcome(caseNamed(id));
      const isMissing = verdict === 'broken' || (verdict === 'not-applicable' && needs.includes(id));
      if (isMissing) return notApplicable(`depende de ${id}`);
    }
    return this.ended === undefined ? undefined : notApplicable(this.ended);
  }

  async #judge(each: Case): Promise<Outcome> {
    const { target } = this.#exam;
    try {
      const outcome = await each.judge(this.#exam);
      // A program that has died of it shows that now, and not in the next case.
      if (outcome.verdict === 'broken') (await target.dial()).destroy();
      return outcome;
    } catch (error) {
      if (error instanceof Stopped) {
        this.ended = error.message;
        return notApplicable(this.ended);
      }
      if (!(error instanceof Gone)) throw error;
      this.ended = `o programa terminou em ${each.id}`;
      const last = target.exchanges.at(-1);
      return {
        verdict: 'broken',
        sent: last === undefined ? '' : escaped(last.sent),
        received: last === undefined ? '' : shownReply(last.reply, last.end),
        expected: 'um programa que continua a atender',
        hint: 'o programa terminou: não aceita mais conexões. Veja a exceção no terminal dele',
      };
    }
  }
}
