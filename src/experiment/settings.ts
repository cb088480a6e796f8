import { parse } from '../diagram/command-line.ts';
import { UsageError } from '../errors.ts';
import { MAX_CHUNK_BYTES } from '../limits.ts';
import type { CsvForm } from './csv.ts';

/** What the command line asks for. Lists are ascending, without repetitions. */
export interface Settings {
  /** Bytes. */
  readonly chunkSizes: readonly number[];
  readonly peerCounts: readonly number[];
  /** Bytes. */
  readonly fileSizes: readonly number[];
  readonly repetitions: number;
  readonly seed: number | undefined;
  /** Where the results go; undefined for a folder named after the moment. */
  readonly folder: string | undefined;
  readonly csv: CsvForm;
  /** Of each direction, in milliseconds. */
  readonly delayMs: number;
  /** Of each direction; Infinity for no limit. */
  readonly bitsPerSecond: number;
  /** How another program is started, with places to fill in. */
  readonly program: string | undefined;
  /** Whether ours is measured too, beside the other. */
  readonly compares: boolean;
}

/** As many processes of a foreign language as a student's computer starts without complaint. */
const MAX_PEERS = 16;
/** A file is held in memory, once as it was made and once as it arrives. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Of one download: minutes, where every chunk is a connection. */
const MAX_CHUNKS = 250_000;
const MAX_LIST = 16;
const MAX_REPETITIONS = 1_000;
export const MAX_SEED = 2 ** 32 - 1;
const MAX_DELAY_MS = 10_000;
const MIN_BITS = 8_000;
const MAX_BITS = 10e9;

/** What `--programa` has to say where the address goes, or nothing would answer there. */
const NEEDED = ['{endereco}', '{pasta}'];

const OPTIONS = {
  chunks: { type: 'string', default: '256,1024,4096,65536' },
  peers: { type: 'string', default: '1,2,3' },
  tamanhos: { type: 'string', default: '10k,100k,1M' },
  repeticoes: { type: 'string', default: '10' },
  semente: { type: 'string' },
  saida: { type: 'string', short: 'o' },
  csv: { type: 'string', default: 'virgula' },
  atraso: { type: 'string', default: '0' },
  banda: { type: 'string' },
  programa: { type: 'string' },
  comparar: { type: 'boolean' },
} as const;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2 };
const RATES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/**
 * Reads the command line; undefined where the help is asked for.
 * @throws UsageError with one line in Portuguese
 */
export function settingsOf(args: readonly string[]): Settings | undefined {
  const parsed = parse(args, OPTIONS);
  if (parsed === undefined) return undefined;
  const { values, positionals } = parsed;
  const [extra] = positionals;
  if (extra !== undefined) throw new UsageError(`argumento inesperado: "${extra}"`);
  const { programa: program, comparar, saida, csv } = values;
  if (csv !== 'ponto' && csv !== 'virgula')
    throw new UsageError(`--csv: "${csv}" não é uma das formas "ponto" e "virgula"`);
  if (saida === '') throw new UsageError('-o: "" não é o nome de uma pasta');
  if (comparar === true && program === undefined)
    throw new UsageError('--comparar compara com outro programa: falta --programa');
  const lacking = NEEDED.find((place) => program !== undefined && !program.includes(place));
  if (lacking !== undefined) throw new UsageError(`--programa: falta ${lacking} na linha de comando`);
  const settings: Settings = {
    chunkSizes: list('--chunks', values.chunks, MAX_CHUNK_BYTES, ' (bytes; k e M valem)'),
    peerCounts: list('--peers', values.peers, MAX_PEERS, ''),
    fileSizes: list('--tamanhos', values.tamanhos, MAX_FILE_BYTES, ' (bytes; k e M valem)'),
    repetitions: number('--repeticoes', values.repeticoes, 1, MAX_REPETITIONS),
    seed: values.semente === undefined ? undefined : number('--semente', values.semente, 0, MAX_SEED),
    folder: saida,
    csv,
    delayMs: number('--atraso', values.atraso, 0, MAX_DELAY_MS, ' (milissegundos)'),
    bitsPerSecond: values.banda === undefined ? Infinity : rate(values.banda),
    program,
    compares: comparar === true,
  };
  const chunks = Math.ceil(Math.max(...settings.fileSizes) / Math.min(...settings.chunkSizes));
  if (chunks > MAX_CHUNKS)
    throw new UsageError(`--chunks: o maior arquivo teria ${chunks} chunks, e ${MAX_CHUNKS} são o máximo`);
  return settings;
}

function measure(text: string, units: Readonly<Record<string, number>>): number {
  const [, digits = '', unit = ''] = /^([0-9]{1,10})([kmg]?)$/i.exec(text.trim()) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === '' || factor === undefined ? NaN : Number(digits) * factor;
}

function list(option: string, text: string, largest: number, unit: string): number[] {
  const parts = text.split(',');
  if (parts.length > MAX_LIST) throw new UsageError(`${option}: são mais de ${MAX_LIST} valores`);
  const values = parts.map((part) => {
    // A number of peers has no unit.
    const value = measure(part, unit === '' ? { '': 1 } : UNITS);
    if (value >= 1 && value <= largest) return value;
    throw new UsageError(`${option}: "${part}" não é um número inteiro de 1 a ${largest}${unit}`);
  });
  return [...new Set(values)].sort((a, b) => a - b);
}

function number(option: string, text: string, least: number, largest: number, unit = ''): number {
  const value = measure(text, { '': 1 });
  if (value >= least && value <= largest) return value;
  throw new UsageError(`${option}: "${text}" não é um número inteiro de ${least} a ${largest}${unit}`);
}

function rate(text: string): number {
  const value = measure(text, RATES);
  if (value >= MIN_BITS && value <= MAX_BITS) return value;
  throw new UsageError(
    `--banda: "${text}" não é um número inteiro de bits por segundo de 8k a 10G (por exemplo 10M)`,
  );
}
