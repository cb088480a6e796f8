import { randomInt } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { EXIT, guarded, type Surroundings } from '../diagram/command-line.ts';
import { visible } from '../diagram/words.ts';
import { FileError, StartError, UsageError } from '../errors.ts';
import { fileError, systemCode } from '../disk/file-error.ts';
import { count } from '../terminal/formats.ts';
import { reason } from '../terminal/reasons.ts';
import { plan, seededRandom, type Block, type ProgramName } from './plan.ts';
import { ProgressLine } from './progress.ts';
import { writeResults, type Setup } from './results.ts';
import { Experiment, type Outcome, type Standing } from './run.ts';
import { MAX_SEED, settingsOf, type Settings } from './settings.ts';

/** What a shell adds to the number of a signal. */
const SIGNAL_EXIT = 128;
const CLEAR_LINE = '\r\x1b[K';
const DEFAULT_WIDTH = 80;

const HELP = `Uso: eachare experimento [opções]

Mede quanto demora baixar um arquivo: para cada tamanho de chunk, número de peers e
tamanho de arquivo abre tantos peers em pastas temporárias, baixa o arquivo deles várias
vezes, e escreve tabelas, gráficos e um relatório. Tudo nesta máquina, com --puro.

Opções:
  --chunks <lista>       tamanhos de chunk em bytes (padrão: 256,1024,4096,65536)
  --peers <lista>        números de peers, até 16 (padrão: 1,2,3)
  --tamanhos <lista>     tamanhos dos arquivos em bytes; k = 1024, M = 1024 k
                         (padrão: 10k,100k,1M)
  --repeticoes <n>       downloads que contam, depois de um que não conta (padrão: 10)
  --semente <n>          da ordem sorteada e do conteúdo dos arquivos (padrão: ao acaso)
  --atraso <ms>          de uma ligação entre os peers, em cada sentido
  --banda <bits/s>       da ligação de cada peer, em cada sentido; 10M são 10 milhões
  --programa <comando>   mede outro programa como fonte, por exemplo
                         'python3 eachare.py {endereco} {vizinhos} {pasta}'
  --comparar             com --programa: mede também o eachare, na mesma execução
  -o, --saida <pasta>    onde escrever; não pode existir (padrão: experimento-<data>)
  --csv <forma>          virgula (padrão): decimais com vírgula, abre no Excel brasileiro;
                         ponto: para R, Python e outros
  -h, --ajuda            mostra esta ajuda (também --help)

A ordem é sorteada: a dos conjuntos de peers, e em cada um a dos downloads. O tempo vai do
primeiro DL enviado ao último FILE recebido; o que chega fica na memória, não no disco.
Ctrl-C encerra: o que foi medido até ali é escrito.

Códigos de saída:
  0    tudo foi medido
  1    algo falhou (uma fonte terminou, disco cheio, ...); o que foi medido é escrito
  2    uso incorreto, ou a pasta já existe ou não pode ser criada
  130  interrompido por Ctrl-C (143 por SIGTERM); o que foi medido é escrito

Exemplos:
  eachare experimento
  eachare experimento --chunks 256,4096 --peers 1,2 --tamanhos 100k --atraso 10
  eachare experimento --programa 'python3 eachare.py {endereco} {vizinhos} {pasta}' --comparar
`;

/** The subcommand `experimento`: returns its exit code. */
export function experimento(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('experimento', around, async () => {
    const settings = settingsOf(args);
    if (settings === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const began = new Date();
    const folder = settings.folder ?? `experimento-${stampOf(began)}`;
    await createFolder(folder);
    const signal = around.signal();
    const say = (text: string) => void around.stderr.write(`eachare experimento: ${text}\n`);
    try {
      const seed = settings.seed ?? randomInt(MAX_SEED + 1);
      const blocks = plan(settings, programsOf(settings), seededRandom(seed));
      const outcome = await measure({ settings, blocks, seed }, around, signal);
      const counted = blocks.flatMap(({ downloads }) => downloads).filter(({ repetition }) => repetition > 0);
      const setup = { settings, args, seed, began, planned: counted.length };
      return await tell(outcome, folder, setup, around, signal);
    } catch (error) {
      if (error instanceof StartError) say(reason(error.code));
      else if (!(error instanceof FileError) && systemCode(error) === undefined) throw error;
      else {
        const { code, path } = fileError(error, pathOf(error) ?? folder);
        say(`"${visible(path)}" ${reason(code)}`);
      }
      return EXIT.failure;
    } finally {
      // Only where nothing came to stand in it.
      await rmdir(folder).catch(() => undefined);
    }
  });
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const isThere = systemCode(error) === 'EEXIST';
    const why = reason(isThere ? 'exists' : fileError(error, folder).code);
    throw new UsageError(`-o: "${visible(folder)}" ${why}`, { cause: error });
  }
}

async function measure(
  { settings, blocks, seed }: { settings: Settings; blocks: readonly Block[]; seed: number },
  { stdout, stderr }: Surroundings,
  signal: AbortSignal,
): Promise<Outcome> {
  const all = blocks.reduce((sum, { downloads }) => sum + downloads.length, 0);
  stdout.write(`Semente: ${seed}\n${count(all, 'download')}, um de cada tipo não conta.\n`);
  const screen = stderr as { isTTY?: boolean; columns?: number };
  const progress = new ProgressLine(blocks);
  const show = (standing: Standing) => {
    const line = progress.line(standing);
    if (screen.isTTY === true)
      stderr.write(CLEAR_LINE + line.slice(0, (screen.columns ?? DEFAULT_WIDTH) - 1));
  };
  try {
    return await new Experiment(settings, signal, show).run(blocks, seed);
  } finally {
    if (screen.isTTY === true) stderr.write(CLEAR_LINE);
  }
}

async function tell(
  outcome: Outcome,
  folder: string,
  setup: Setup,
  { stdout, stderr }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const { measurements, failures, problem } = outcome;
  const say = (text: string) => void stderr.write(`eachare experimento: ${text}\n`);
  if (problem !== undefined) say(problem);
  else if (signal.aborted) say('interrompido');
  else if (failures.length > 0)
    say(`${count(failures.length, 'download')} sem sucesso; o primeiro: ${failures[0]!}`);
  if (measurements.length > 0) {
    await writeResults(folder, setup, outcome);
    stdout.write(
      `${visible(join(folder, 'relatorio.html'))}: ${measurements.length} de ${setup.planned} downloads\n`,
    );
  }
  if (signal.aborted) return signalExit(signal);
  return problem === undefined && failures.length === 0 ? EXIT.ok : EXIT.failure;
}

function programsOf({ program, compares }: Settings): ProgramName[] {
  if (program === undefined) return ['eachare'];
  return compares ? ['eachare', 'programa'] : ['programa'];
}

function signalExit({ reason: name }: AbortSignal): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return SIGNAL_EXIT + (numbers[String(name)] ?? constants.signals.SIGINT);
}

/** Date and time of this place, fit for a name: `2026-11-24-172134`. */
function stampOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-');
  return `${day}-${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('')}`;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
