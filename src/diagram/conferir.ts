import { UsageError } from '../errors.ts';
import { EXIT, guarded, parse, type Surroundings } from './command-line.ts';
import { readLogs } from './read-files.ts';
import { judge, RULES, type Rule, type Verdict, type Witness } from './rules.ts';
import { startsLate, type Logs, type Run } from './model.ts';
import { count, visible } from './words.ts';

/** Violations that a person is shown; `--json` has all that are kept. */
const SHOWN = 10;

const HELP = `Uso: eachare conferir [opções] <eventos.jsonl>…

Confere, nos registros de eventos (--eventos) de uma rede, as regras do relógio de
Lamport e do protocolo: uma tabela com quantas vezes cada regra foi conferida e
quantas vezes foi violada, e as primeiras violações com arquivo, linha e eventos.

Argumentos:
  <eventos.jsonl>…  registros de um ou mais peers; "-" é a entrada padrão

Opções:
  --json            escreve o resultado como um objeto JSON, para scripts
  -h, --ajuda       mostra esta ajuda (também --help)

Códigos de saída:
  0  todas as regras valem
  2  uso incorreto, ou um arquivo que não é um registro de eventos
  4  alguma regra foi violada

Exemplo:
  eachare conferir ana.jsonl bia.jsonl caio.jsonl
`;

/** The subcommand `conferir`: returns its exit code. */
export function conferir(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('conferir', around, async () => {
    const parsed = parse(args, { json: { type: 'boolean' } });
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    if (parsed.positionals.length === 0) throw new UsageError('falta o argumento <eventos.jsonl>');
    const logs = await readLogs(parsed.positionals, around.stdin);
    if (logs.lines === 0) throw new UsageError('nenhum evento nos registros');
    const verdict = judge(logs);
    around.stdout.write(parsed.values.json === true ? asJson(logs, verdict) : asText(logs, verdict));
    return allHold(verdict) ? EXIT.ok : EXIT.broken;
  });
}

const rules = Object.keys(RULES) as Rule[];

function allHold({ broken }: Verdict): boolean {
  return rules.every((rule) => broken[rule] === 0);
}

function asJson(logs: Logs, verdict: Verdict): string {
  const result = {
    ok: allHold(verdict),
    runs: logs.runs.length,
    lines: logs.lines,
    rules: rules.map((rule) => ({
      rule,
      description: RULES[rule],
      checked: verdict.checked[rule],
      violations: verdict.broken[rule],
    })),
    violations: verdict.violations,
    notes: logs.notes,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** The table and the first violations. */
function asText(logs: Logs, verdict: Verdict): string {
  const { checked, broken, violations, model } = verdict;
  const widest = Math.max(...rules.map((rule) => RULES[rule].length));
  const row = (name: string, times: string, wrong: string) =>
    `${name.padEnd(widest)}  ${times.padStart(10)}  ${wrong.padStart(9)}\n`;
  const logged = model.lines.filter(({ hasLog }) => hasLog).length;
  const lost = model.events.filter(({ fate }) => fate === 'lost').length;
  let text = `${count(logs.lines, 'linha', 'linhas')} de ${count(logged, 'execução', 'execuções')}\n\n`;
  text += row('Regra', 'conferida', 'violações');
  for (const rule of rules) text += row(RULES[rule], String(checked[rule]), String(broken[rule]));
  if (lost > 0)
    text += `\n${count(lost, 'mensagem perdida', 'mensagens perdidas')} (enviada, nunca recebida): não é violação\n`;
  for (const note of [...logs.notes, ...logs.runs.flatMap(lacks)]) text += `nota: ${visible(note)}\n`;
  if (allHold(verdict)) return `${text}\nTodas as regras valem.\n`;
  violations.slice(0, SHOWN).forEach(({ rule, text: why, events }, index) => {
    text += `\n${index + 1}. ${RULES[rule]}\n   ${visible(why)}\n`;
    for (const event of events) text += `   ${place(event)}\n`;
  });
  const all = rules.reduce((sum, rule) => sum + broken[rule], 0);
  if (all > SHOWN) text += `\n… e mais ${all - SHOWN}\n`;
  return `${text}\n${count(all, 'violação', 'violações')}.\n`;
}

/** What a log does not say by design, and is therefore not checked. */
function lacks(run: Run): string[] {
  const { file, address } = run;
  return [
    ...(run.isThinned
      ? [`${file}: ${address} omitiu repetições de um mesmo host; parte das regras não foi conferida`]
      : []),
    ...(startsLate(run)
      ? [`${file}: falta o começo da execução de ${address}; parte das regras não foi conferida`]
      : []),
  ];
}

function place({ file, line, peer, event }: Witness): string {
  return visible(`${file}:${line}: ${peer} ${event}`);
}
