import type { Result } from './judge.ts';
import { firstToMend, GROUPS, scoreOf, type Judged, type Score, type Verdict } from './verdict.ts';

/* What a person reads, in Portuguese. */

const SIGNS: Readonly<Record<Verdict, string>> = {
  holds: '✓',
  broken: '✗',
  tolerated: '!',
  'not-applicable': '–',
};

const PARTS = {
  1: 'parte 1 (HELLO, GET_PEERS, BYE, relógio)',
  2: 'parte 2 (LS, arquivo inteiro)',
  3: 'parte 3 (chunks)',
} as const;

/** The dialect found, and what shows it. */
export function heading({
  target,
  dialect,
  evidence,
}: Pick<Result, 'target' | 'dialect' | 'evidence'>): string {
  return `${target} fala o dialeto ${dialect}: ${evidence}.\n`;
}

/** The whole report. */
export function asText(result: Result): string {
  const { judged, ended } = result;
  let text = heading(result);
  const groups = GROUPS.filter((group) => judged.some((each) => each.group === group));
  for (const group of groups) {
    text += `\n${group}\n`;
    for (const each of judged) if (each.group === group) text += caseText(each);
  }
  text += `\n✓ vale  ✗ violada  ! hábito tolerado  – não se aplica\n`;
  const parts = ([1, 2, 3] as const).filter((part) => judged.some((each) => each.part === part));
  const widest = Math.max(...groups.map((name) => name.length), ...parts.map((part) => PARTS[part].length));
  const row = (name: string, score: Score) => `${name.padEnd(widest)}  ${scoreText(score)}\n`;
  for (const group of groups) text += row(group, scoreOf(judged.filter((each) => each.group === group)));
  text += '\n';
  for (const part of parts) text += row(PARTS[part], scoreOf(judged.filter((each) => each.part === part)));
  if (judged.some(({ id }) => id === 'mensagem.fim') && !groups.includes('robustez'))
    text += '\nrobustez: não julgada; --rigoroso julga também o que pode derrubar o programa.\n';
  if (ended !== undefined) text += `\nAvaliação incompleta: ${ended}.\n`;
  return `${text}\n${conclusion(judged)}\n`;
}

function caseText({ id, title, rule, outcome }: Judged): string {
  let text = `  ${SIGNS[outcome.verdict]} ${id}: ${title} (seção ${rule})\n`;
  if (outcome.verdict === 'not-applicable') text += `      ${outcome.why}\n`;
  if (outcome.verdict === 'broken' || outcome.verdict === 'tolerated') {
    text += `      enviado:  ${outcome.sent}\n`;
    text += `      recebido: ${outcome.received}\n`;
    text += `      esperado: ${outcome.expected}\n`;
    text += `      dica:     ${outcome.hint}\n`;
  }
  return text;
}

function scoreText(score: Score): string {
  const of = score.holds + score.tolerated + score.broken;
  const kept = score.holds + score.tolerated;
  const counts = (['broken', 'tolerated', 'not-applicable'] as const)
    .filter((verdict) => score[verdict] > 0)
    .map((verdict) => `${score[verdict]} ${SIGNS[verdict]}`);
  return [`${kept} de ${of}`.padEnd(8), ...counts].join('  ').trimEnd();
}

function conclusion(judged: readonly Judged[]): string {
  const first = firstToMend(judged);
  if (first?.outcome.verdict !== 'broken') {
    const { tolerated } = scoreOf(judged);
    return tolerated === 0
      ? 'Nenhuma regra violada.'
      : 'Nenhuma regra violada; os hábitos com ! são tolerados por nós, nem por todos.';
  }
  return `Conserte primeiro ${first.id}: ${first.title}.\n  ${first.outcome.hint}.`;
}
