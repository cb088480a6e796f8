import { createRequire } from 'node:module';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { visible } from '../diagram/words.ts';
import { count, size } from '../terminal/formats.ts';
import { groupsOf, measurementsCsv, summaryCsv } from './measurements.ts';
import { plotsOf } from './plots.ts';
import { reportPage, type Fact } from './report.ts';
import type { Outcome } from './run.ts';
import type { Settings } from './settings.ts';
import { writeWhole } from './whole-file.ts';

/** What an experiment was. */
export interface Setup {
  readonly settings: Settings;
  readonly args: readonly string[];
  readonly seed: number;
  readonly began: Date;
  /** How many downloads were to be measured. */
  readonly planned: number;
}

/** Writes all that an experiment has to tell. @throws FileError */
export async function writeResults(folder: string, setup: Setup, outcome: Outcome): Promise<void> {
  const { measurements, failures, problem } = outcome;
  const { csv } = setup.settings;
  const groups = groupsOf(measurements);
  const plots = plotsOf(groups);
  const lacking = setup.planned - measurements.length;
  const remarks = [
    ...(lacking === 0 ? [] : [`${count(lacking, 'download')} de ${setup.planned} não foram medidos.`]),
    ...(problem === undefined ? [] : [`O experimento terminou antes do fim: ${problem}.`]),
    ...failures.map((failure) => `Não contou: ${failure}.`),
  ];
  const files = [
    ['medidas.csv', measurementsCsv(measurements, csv)],
    ['resumo.csv', summaryCsv(groups, csv)],
    ...plots,
    ['relatorio.html', reportPage({ facts: factsOf(setup), groups, plots, remarks })],
  ] as const;
  for (const [name, text] of files) await writeWhole(join(folder, name), text);
}

function factsOf({ settings, args, seed, began }: Setup): Fact[] {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const { delayMs, bitsPerSecond, program } = settings;
  const [first] = cpus();
  const rate = bitsPerSecond === Infinity ? 'sem limite de banda' : `${bitsPerSecond / 1e6} Mbit/s`;
  const isLinked = delayMs > 0 || bitsPerSecond < Infinity;
  return [
    ['Início', began.toLocaleString('pt-BR')],
    ['Linha de comando', visible(['eachare experimento', ...args.map(quoted)].join(' '))],
    ['Semente', String(seed)],
    ['Programa medido', program === undefined ? 'eachare --sem-menu --puro' : visible(program)],
    [
      'Ligação',
      isLinked
        ? `${delayMs} ms e ${rate}, em cada sentido, de cada peer`
        : 'direta, pela própria máquina (127.0.0.1)',
    ],
    ['Processador', `${first?.model.trim() ?? '?'}, ${cpus().length} processadores lógicos`],
    ['Memória', size(totalmem())],
    ['Sistema', `${type()} ${release()} (${arch()})`],
    ['Versões', `eachare ${version}, Node.js ${process.versions.node}`],
  ];
}

/** As one would type it. */
function quoted(text: string): string {
  return /^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
