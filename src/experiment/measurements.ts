import { csv, type CsvForm } from './csv.ts';
import type { PlannedDownload, ProgramName, Triple } from './plan.ts';
import { summarise, type Summary } from './statistics.ts';

/** One download that counts. */
export interface Measurement extends PlannedDownload {
  readonly program: ProgramName;
  /** Its place among all downloads of the experiment, from 1. */
  readonly order: number;
  /** From the first DL to the last FILE. */
  readonly seconds: number;
  /** Of the file. */
  readonly bytes: number;
  /** Sent and received meanwhile. */
  readonly messages: number;
}

/** All downloads of one program alike in chunk size, number of peers and file size. */
export interface Group extends Triple, Summary {
  readonly program: ProgramName;
}

/** Ascending by program, file size, number of peers, chunk size. */
export function groupsOf(measurements: readonly Measurement[]): Group[] {
  const groups = new Map<string, Measurement[]>();
  for (const each of measurements) {
    const key = `${each.program} ${each.chunkSize} ${each.peers} ${each.fileSize}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()]
    .map((alike) => {
      const { program, chunkSize, peers, fileSize } = alike[0]!;
      return { program, chunkSize, peers, fileSize, ...summarise(alike.map(({ seconds }) => seconds)) };
    })
    .sort(
      (a, b) =>
        a.program.localeCompare(b.program) ||
        a.fileSize - b.fileSize ||
        a.peers - b.peers ||
        a.chunkSize - b.chunkSize,
    );
}

/** `medidas.csv`: a row for each download, in the order in which they were done. */
export function measurementsCsv(measurements: readonly Measurement[], form: CsvForm): string {
  const header = [
    'ordem',
    'programa',
    'chunk_bytes',
    'peers',
    'arquivo_bytes',
    'repeticao',
    'segundos',
    'bytes',
    'mensagens',
  ];
  const rows = measurements.map((each) => [
    each.order,
    each.program,
    each.chunkSize,
    each.peers,
    each.fileSize,
    each.repetition,
    each.seconds,
    each.bytes,
    each.messages,
  ]);
  return csv(header, rows, form);
}

/** `resumo.csv`: a row for each triple. */
export function summaryCsv(groups: readonly Group[], form: CsvForm): string {
  const header = [
    'programa',
    'chunk_bytes',
    'peers',
    'arquivo_bytes',
    'n',
    'media_s',
    'desvio_padrao_s',
    'ic95_de_s',
    'ic95_ate_s',
    'mediana_s',
  ];
  const rows = groups.map(({ mean, margin, ...each }) => [
    each.program,
    each.chunkSize,
    each.peers,
    each.fileSize,
    each.count,
    mean,
    each.deviation,
    margin === undefined ? undefined : mean - margin,
    margin === undefined ? undefined : mean + margin,
    each.median,
  ]);
  return csv(header, rows, form);
}
