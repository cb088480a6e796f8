import type {
  AppEvent,
  DownloadFinished,
  DownloadProgressed,
  DownloadStarted,
  SourceProgress,
  SourceShare,
} from '../events.ts';
import { escape } from './escape.ts';
import { count, duration, exactSize, percent, ranges, rangesTotal, size, speed } from './formats.ts';
import { columnsOf, shortenEnd, shortenMiddle } from './layout.ts';
import { isFileReason, reason } from './reasons.ts';

/** The texts of a download's events, from its beginning to its end. */

type EventOf<T extends AppEvent['event']> = Extract<AppEvent, { event: T }>;

/** Sources of a finished download that one line tells; more of them get a line each. */
const SHARES_IN_LINE = 2;
/** Those that get a line; the others are summed up. */
const MAX_SHARES = 8;

export function downloadStarted({
  name,
  size: total,
  chunkSize,
  chunks,
  sources,
  resumed,
}: DownloadStarted): string {
  const whole = exactSize(total);
  const pieces = `de até ${count(chunkSize, 'byte')}, de ${count(sources.length, 'peer')}`;
  if (resumed === 0) return `Baixando ${escape(name)}: ${whole} em ${count(chunks, 'chunk')} ${pieces}.`;
  const what = `Continuando o download de ${escape(name)}`;
  if (resumed >= total) return `${what}: todo o conteúdo já está aqui (${whole}), nada mais é pedido.`;
  return `${what} com ${size(resumed)} de ${whole} já recebidos; só o resto é pedido, em chunks ${pieces}.`;
}

export function chunkFailed({ index, name, source, code }: EventOf<'chunk-failed'>): string {
  return `Chunk ${index} de ${escape(name)} falhou em ${escape(source)}: ${reason(code)}`;
}

export function sourceRetired({ source, name, seconds }: EventOf<'source-retired'>): string {
  const rest = `fica de fora por ${duration(seconds)}`;
  return `Peer ${escape(source)} falhou demais no download de ${escape(name)} e ${rest}.`;
}

export function sourceReturned({ source, name }: EventOf<'source-returned'>): string {
  return `Peer ${escape(source)} volta ao download de ${escape(name)}.`;
}

export function sourceAdded({ source, name }: EventOf<'source-added'>): string {
  return `Peer ${escape(source)} também tem ${escape(name)} e entra no download.`;
}

export function sourceExcluded({ source, name }: EventOf<'source-excluded'>): string {
  return `Peer ${escape(source)} sai do download de ${escape(name)}: tem outro conteúdo (SHA-256 diferente).`;
}

export function chunksDoubted({ name, bytes }: EventOf<'chunks-doubted'>): string {
  return `Conteúdo recebido de ${escape(name)} não é confiável e será pedido de novo: ${exactSize(bytes)}.`;
}

function bytesOf(shares: readonly SourceShare[]): number {
  return shares.reduce((sum, { bytes }) => sum + bytes, 0);
}

function shareLines(shares: readonly SourceShare[]): string[] {
  const total = bytesOf(shares);
  const amount = (bytes: number) => `${size(bytes)} (${percent(bytes, total)})`;
  const sorted = shares.toSorted((a, b) => b.bytes - a.bytes);
  const lines = sorted
    .slice(0, MAX_SHARES)
    .map(({ source, bytes }) => `${escape(source)} com ${amount(bytes)}`);
  const others = sorted.slice(MAX_SHARES);
  return others.length === 0 ? lines : [...lines, `… e mais ${others.length} com ${amount(bytesOf(others))}`];
}

/** What came, how fast, and from whom. */
function receivedLines({ size: total, resumed, seconds, shares }: DownloadFinished): string[] {
  // More than was missing where something was doubted and came again.
  const received = bytesOf(shares);
  if (resumed > 0 && received === 0) return [`  ${exactSize(total)}, do download interrompido.`];
  const before = resumed === 0 ? '' : `: ${size(resumed)} do download interrompido, ${size(received)}`;
  const what = `  ${exactSize(total)}${before} em ${duration(seconds)} (${speed(received, seconds)})`;
  const givers = shares.filter(({ bytes }) => bytes > 0);
  if (givers.length === 0) return [`${what}.`];
  const from = `${what}, de ${count(givers.length, 'peer')}:`;
  const lines = shareLines(givers);
  if (givers.length <= SHARES_IN_LINE) return [`${from} ${lines.join(' e ')}.`];
  return [from, ...lines.map((line) => `    ${line}`)];
}

export function downloadFinished(event: DownloadFinished): string[] {
  const proof = event.isProven ? 'confere com o informado' : 'nenhum peer informou o SHA-256';
  return [
    `Download do arquivo ${escape(event.name)} finalizado.`,
    ...receivedLines(event),
    `  SHA-256: ${escape(event.sha256)} (${proof})`,
  ];
}

function failure({ name, code, missing, chunks }: EventOf<'download-failed'>): string {
  const isDisk = isFileReason(code) && code !== 'unsafe-name';
  const why = isDisk ? `não foi possível gravar no diretório compartilhado: ${reason(code)}` : reason(code);
  const what = `Download do arquivo ${escape(name)} falhou: ${why}`;
  const gaps = rangesTotal(missing);
  if (gaps === 0) return `${what}.`;
  return `${what}; ${gaps === 1 ? 'falta' : 'faltam'} ${gaps} de ${count(chunks, 'chunk')}: ${ranges(missing)}.`;
}

export function downloadFailed(event: EventOf<'download-failed'>): string[] {
  const { kept } = event;
  if (kept === 0) return [failure(event)];
  const hint = 'Escolha o mesmo arquivo de novo para continuar: só o resto será pedido.';
  return [failure(event), `  Já recebido e guardado: ${exactSize(kept)}. ${hint}`];
}

/** A name shorter than this says nothing any more. */
const MIN_NAME_COLUMNS = 12;
const BETWEEN = '  ';

/** Whole percent, rounded down: 100 % only once it is true. */
function percentDone(bytes: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((bytes / total) * 100)}%`.padStart(4);
}

/** At the speed of this run. */
function timeLeft({ bytes, resumed, size: total, seconds }: DownloadProgressed): string {
  const missing = total - resumed - bytes;
  if (missing <= 0) return '0 s';
  return bytes === 0 ? '–' : duration((missing / bytes) * seconds);
}

/** The sources with their speeds, as many as fit; where none does only how many there are. */
function sourcesWithin(sources: readonly SourceProgress[], columns: number): string {
  const each = sources.map(({ source, bytesPerSecond }) => `${escape(source)} ${speed(bytesPerSecond, 1)}`);
  for (let shown = each.length; shown > 0; shown -= 1) {
    const others = each.length - shown;
    const text = each.slice(0, shown).join(', ') + (others === 0 ? '' : ` e mais ${others}`);
    if (columnsOf(text) <= columns) return text;
  }
  return count(sources.length, 'peer');
}

/** One line about a running download, at most `width` columns: figures first give way from the right, then the name. */
export function progressLine(event: DownloadProgressed, width: number): string {
  const { bytes, size: total, seconds } = event;
  // What was doubted counts twice once it has come again.
  const present = Math.min(event.resumed + bytes, total);
  const name = escape(event.name);
  const room = width - Math.min(columnsOf(name), MIN_NAME_COLUMNS) - BETWEEN.length;
  const columns = (list: readonly string[]) => columnsOf(list.join(BETWEEN));
  const figures = [
    percentDone(present, total),
    `${size(present)} de ${size(total)}`,
    speed(bytes, seconds),
    `resta ${timeLeft(event)}`,
  ];
  figures.push(sourcesWithin(event.sources, room - columns(figures) - BETWEEN.length));
  while (figures.length > 1 && columns(figures) > room) figures.pop();
  const tail = figures.join(BETWEEN);
  const shown = shortenMiddle(name, Math.max(width - BETWEEN.length - columnsOf(tail), 1));
  return shortenEnd(shown + BETWEEN + tail, width);
}
