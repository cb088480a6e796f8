import { analyse } from './causality.ts';
import { downloadFaults } from './download-rules.ts';
import { lamportFaults, NOT_FOLLOWED_FROM } from './lamport.ts';
import type { DiagramEvent, LoggedMessage, Logs, Model, Run } from './model.ts';
import { conversationFaults } from './reply-rules.ts';
import { label } from './words.ts';

/** Every rule of the check, in the order of the table, as the person reads it. */
export const RULES = {
  grows: 'o relógio cresce a cada evento',
  send: 'um envio soma exatamente 1 ao relógio',
  receive: 'um recebimento é max(próprio, recebido) + 1',
  later: 'um recebimento é posterior ao seu envio',
  unsent: 'nada foi recebido que ninguém com registro enviou',
  twice: 'cada mensagem é recebida no máximo uma vez',
  reply: 'toda resposta responde a um pedido do outro lado',
  file: 'FILE repete nome, índice e tamanho do seu DL',
  chunk: 'cada chunk que conta chegou uma vez',
  bye: 'BYE é a última palavra de uma execução',
  seq: 'nenhuma linha falta no registro (seq)',
} as const;
export type Rule = keyof typeof RULES;

/** One line of a log that a violation is about. */
export interface Witness {
  readonly file: string;
  readonly line: number;
  readonly peer: string;
  readonly event: string;
}

export interface Violation {
  readonly rule: Rule;
  readonly text: string;
  /** The event that breaks the rule, and the one that it disagrees with, where there is one. */
  readonly events: readonly Witness[];
}

/** What was checked and what did not hold. */
export interface Verdict {
  readonly checked: Readonly<Record<Rule, number>>;
  readonly broken: Readonly<Record<Rule, number>>;
  /** The first ones, by file and line within each rule. */
  readonly violations: readonly Violation[];
  readonly model: Model;
}

/** Hears of what the rules find; `at` and `before` are messages of that run. */
export interface Court {
  check(rule: Rule, times?: number): void;
  blame(rule: Rule, text: string, ...events: readonly Witness[]): void;
}

/** Violations that are kept with their words; the others are counted. */
const MAX_KEPT = 1_000;

/** A message of a run as a violation names it. */
export function witness(run: Run, message: LoggedMessage): Witness {
  const { sent, other, type, args, clock, carried, file, row } = message;
  const what = label(type, args);
  const event = sent
    ? `enviou ${what} para ${other} (relógio ${clock})`
    : `recebeu ${what} de ${other} (relógio ${carried} → ${clock})`;
  return { file, line: row, peer: run.address, event };
}

/** Checks all rules over the logs. Pure. */
export function judge(logs: Logs): Verdict {
  const zero = () => Object.fromEntries(Object.keys(RULES).map((rule) => [rule, 0])) as Record<Rule, number>;
  const checked = zero();
  const broken = zero();
  const violations: Violation[] = [];
  const court: Court = {
    check: (rule, times = 1) => (checked[rule] += times),
    blame: (rule, text, ...events) => {
      broken[rule] += 1;
      if (violations.length < MAX_KEPT) violations.push({ rule, text, events });
    },
  };
  clocks(logs.runs, court);
  const model = analyse(logs);
  meetings(model, court);
  for (const run of logs.runs) {
    conversationFaults(run, court);
    downloadFaults(run, court);
    missingLines(run, court);
  }
  return { checked, broken, violations, model };
}

function clocks(runs: readonly Run[], court: Court): void {
  for (const { run: index, message, rule, text } of lamportFaults(runs, (each) => court.check(each))) {
    const run = runs[index]!;
    const before = run.messages[message - 1];
    const events = [run.messages[message]!, ...(before === undefined ? [] : [before])];
    court.blame(rule, text, ...events.map((each) => witness(run, each)));
  }
  for (const run of runs) {
    court.check('grows', run.clockLines);
    for (const { file, row, text } of run.clockOddities) {
      court.blame('grows', text, {
        file,
        line: row,
        peer: run.address,
        event: 'atualizou o relógio',
      });
    }
  }
}

/** What can be said once each receipt has looked for its sending. */
function meetings(model: Model, court: Court): void {
  const { lines, events } = model;
  const seen = (event: DiagramEvent): Witness => ({
    file: event.file,
    line: event.row,
    peer: lines[event.line]?.address ?? '',
    event: `${event.sent ? 'enviou' : 'recebeu'} ${label(event.type, event.args)} (relógio ${event.clock})`,
  });
  for (const event of events) {
    if (event.sent) continue;
    const send = events[event.partner];
    if (event.fate === 'unsent' || send?.ghost === false) court.check('unsent');
    if (event.fate === 'unsent') {
      const from = lines[event.other]?.address ?? '';
      const text = `${from} tem registro e não enviou ${event.type} com relógio ${event.carried}`;
      court.blame('unsent', text, seen(event));
    }
    if (send === undefined || send.ghost) continue;
    court.check('twice');
    if (event.fate === 'twice') {
      court.blame(
        'twice',
        'o mesmo envio já tinha sido recebido',
        seen(event),
        seen(events[send.partner] ?? send),
      );
    }
    court.check('later');
    if (event.clock <= send.clock && send.clock < event.clock + NOT_FOLLOWED_FROM) {
      const text = `recebido com relógio ${event.clock}, enviado com ${send.clock}`;
      court.blame('later', text, seen(event), seen(send));
    } else if (event.wrong?.startsWith('ordem') === true) {
      court.blame('later', event.wrong, seen(event), seen(send));
    }
  }
}

function missingLines(run: Run, court: Court): void {
  court.check('seq', run.lastSeq);
  for (const { file, row, from, to } of run.gaps) {
    // Its beginning went with a file that had grown too large.
    if (from === 1) continue;
    const text = from === to ? `falta a linha de seq ${from}` : `faltam as linhas de seq ${from} a ${to}`;
    court.blame('seq', text, { file, line: row, peer: run.address, event: `seq ${to + 1}` });
  }
}
