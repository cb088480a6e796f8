import type {
  AppEvent,
  DownloadFinished,
  DownloadProgressed,
  DownloadStarted,
  SourceProgress,
  SourceShare,
} from '../events.ts';
import { escape } from './escape.ts';
import {
  amount,
  count,
  duration,
  percent,
  percentDone,
  ranges,
  rangesTotal,
  speed,
  wholeDuration,
} from './formats.ts';
import { columnsOf, nameWithin, shortenEnd, shortenMiddle } from './layout.ts';
import { isFileReason, reason } from './reasons.ts';

/** The texts of a download, from the search to its end. */

type EventOf<T extends AppEvent['event']> = Extract<AppEvent, { event: T }>;

/** Sources of a finished download that one line tells; more of them get a line each. */
const SHARES_IN_LINE = 2;
/** Those that get a line; the others are summed up. */
const MAX_SHARES = 8;

export function searchFinished({ asked, found }: EventOf<'search-finished'>, width: number): string[] {
  if (asked === 0 && width === Infinity) return ['Nenhum peer online para perguntar; use antes [1] ou [2].'];
  if (asked === 0)
    return [
      'Nenhum peer online para perguntar; use antes [2], que pergunta a todos os vizinhos, ou [1], que cumprimenta um deles.',
    ];
  if (found.length > 0) return [];
  return [`Nenhum arquivo encontrado na rede (${count(asked, 'peer consultado', 'peers consultados')}).`];
}

export function downloadStarted(event: DownloadStarted, width: number): string {
  const { name, size: total, chunkSize, chunks, sources, resumed } = event;
  const whole = amount(total, width);
  const pieces = `de até ${count(chunkSize, 'byte')}, de ${count(sources.length, 'peer')}`;
  if (resumed === 0)
    return `Baixando ${nameWithin(name, width)}: ${whole} em ${count(chunks, 'chunk')} ${pieces}.`;
  const what = `Continuando o download de ${nameWithin(name, width)}`;
  if (resumed >= total) return `${what}: todo o conteúdo já está aqui (${whole}), nada mais é pedido.`;
  return `${what} com ${amount(resumed, width)} de ${whole} já recebidos; só o resto é pedido, em chunks ${pieces}.`;
}

export function chunkFailed({ index, name, source, code }: EventOf<'chunk-failed'>, width: number): string {
  return `Chunk ${index} de ${nameWithin(name, width)} falhou em ${escape(source)}: ${reason(code)}`;
}

export function sourceRetired({ source, name, seconds }: EventOf<'source-retired'>, width: number): string {
  // Its further rests are longer, and not told.
  const rest = width < Infinity ? 'descansa até responder de novo' : `fica de fora por ${duration(seconds)}`;
  return `Peer ${escape(source)} falhou demais no download de ${nameWithin(name, width)} e ${rest}.`;
}

export function sourceReturned({ source, name }: EventOf<'source-returned'>, width: number): string {
  return `Peer ${escape(source)} voltou a enviar ${nameWithin(name, width)}.`;
}

export function sourceAdded({ source, name }: EventOf<'source-added'>, width: number): string {
  return `Peer ${escape(source)} também tem ${nameWithin(name, width)} e entra no download.`;
}

export function sourceExcluded({ source, name }: EventOf<'source-excluded'>, width: number): string {
  return `Peer ${escape(source)} sai do download de ${nameWithin(name, width)}: tem outro conteúdo (SHA-256 diferente).`;
}

export function sourceBanned({ source, name }: EventOf<'source-banned'>, width: number): string {
  return `Peer ${escape(source)} enviou conteúdo errado de ${nameWithin(name, width)} e não é mais usado até o fim desta execução.`;
}

export function chunksDoubted({ name, bytes }: EventOf<'chunks-doubted'>, width: number): string {
  return `Conteúdo recebido de ${nameWithin(name, width)} não é confiável e será pedido de novo: ${amount(bytes, width)}.`;
}

export function fileReplaced({ name, size }: EventOf<'file-replaced'>, width: number): string {
  return `Substituindo o seu ${nameWithin(name, width)}, que tinha ${amount(size, width)}.`;
}

function bytesOf(shares: readonly SourceShare[]): number {
  return shares.reduce((sum, { bytes }) => sum + bytes, 0);
}

function shareLines(shares: readonly SourceShare[], width: number): string[] {
  const total = bytesOf(shares);
  const part = (bytes: number) => `${amount(bytes, width)} (${percent(bytes, total)})`;
  const sorted = shares.toSorted((a, b) => b.bytes - a.bytes);
  const lines = sorted
    .slice(0, MAX_SHARES)
    .map(({ source, bytes }) => `${escape(source)} com ${part(bytes)}`);
  const others = sorted.slice(MAX_SHARES);
  return others.length === 0 ? lines : [...lines, `… e mais ${others.length} com ${part(bytesOf(others))}`];
}

/** What came, how fast, and from whom. */
function receivedLines(event: DownloadFinished, width: number): string[] {
  const { size: total, resumed, seconds, shares } = event;
  // More than was missing where something was doubted and came again.
  const received = bytesOf(shares);
  if (resumed > 0 && received === 0) return [`  ${amount(total, width)}, do download interrompido.`];
  const before =
    resumed === 0 ? '' : `: ${amount(resumed, width)} do download interrompido, ${amount(received, width)}`;
  const what = `  ${amount(total, width)}${before} em ${duration(seconds)} (${speed(received, seconds, width)})`;
  const givers = shares.filter(({ bytes }) => bytes > 0);
  if (givers.length === 0) return [`${what}.`];
  const from = `${what}, de ${count(givers.length, 'peer')}:`;
  const lines = shareLines(givers, width);
  if (givers.length <= SHARES_IN_LINE) return [`${from} ${lines.join(' e ')}.`];
  return [from, ...lines.map((line) => `    ${line}`)];
}

export function downloadFinished(event: DownloadFinished, width: number): string[] {
  const { toldBy, chosen } = event;
  const proof = event.isProven
    ? `confere com o informado por ${toldBy} de ${count(chosen, 'fonte')}`
    : 'nenhum peer informou o SHA-256';
  return [
    `Download do arquivo ${escape(event.name)} finalizado.`,
    ...(event.savedAs === undefined ? [] : [`  Salvo como ${nameWithin(event.savedAs, width)}.`]),
    ...receivedLines(event, width),
    `  SHA-256: ${escape(event.sha256)} (${proof})`,
  ];
}

function failure({ name, code, missing, chunks }: EventOf<'download-failed'>, width: number): string {
  const isDisk = isFileReason(code) && code !== 'unsafe-name';
  const why = isDisk ? `não foi possível gravar no diretório compartilhado: ${reason(code)}` : reason(code);
  const what = `Download do arquivo ${nameWithin(name, width)} falhou: ${why}`;
  const gaps = rangesTotal(missing);
  if (gaps === 0) return `${what}.`;
  return `${what}; ${gaps === 1 ? 'falta' : 'faltam'} ${gaps} de ${count(chunks, 'chunk')}: ${ranges(missing)}.`;
}

/** What to do about a download that has kept something, behind its last line. */
export const RESUME_HINT = ' Escolha o mesmo arquivo de novo para continuar: só o resto será pedido.';

/** Who has cancelled a download knows why it has ended. */
function cancelled({ name, kept }: EventOf<'download-failed'>, width: number): string {
  const what = `Download de ${nameWithin(name, width)} cancelado`;
  if (kept === 0) return `${what}: nada foi recebido.`;
  return `${what}; já recebido e guardado: ${amount(kept, width)}.`;
}

export function downloadFailed(event: EventOf<'download-failed'>, width: number): string[] {
  const { kept } = event;
  if (event.code === 'aborted' && width < Infinity) return [cancelled(event, width)];
  if (kept === 0) return [failure(event, width)];
  return [failure(event, width), `  Já recebido e guardado: ${amount(kept, width)}.`];
}

/** A name shorter than this says nothing any more. */
const MIN_NAME_COLUMNS = 12;
const BAR_COLUMNS = 16;
/** A shorter one tells less than the percentage beside it. */
const LEAST_BAR_COLUMNS = 6;
/** The sources take one such part of the rows of a screen. */
const SCREEN_PART = 4;
const BETWEEN = '  ';

function bar(percentage: number, columns: number): string {
  const full = Math.floor((percentage / 100) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}

function sourceSpeed({ source, bytesPerSecond }: SourceProgress, width: number): string {
  return `${escape(source)} ${speed(bytesPerSecond, 1, width)}`;
}

/** The sources with their speeds, as many as fit; where none does only how many there are. */
function sourcesWithin(sources: readonly SourceProgress[], columns: number, width: number): string {
  const each = sources.map((source) => sourceSpeed(source, width));
  for (let shown = each.length; shown > 0; shown -= 1) {
    const others = each.length - shown;
    const text = each.slice(0, shown).join(', ') + (others === 0 ? '' : ` e mais ${others}`);
    if (columnsOf(text) <= columns) return text;
  }
  return count(sources.length, 'peer');
}

/** What a screen of that size shows of a running download: its line, and below it the sources, where there is room. */
export function progressLines(event: DownloadProgressed, width: number, height: number): string {
  const { sources } = event;
  const room = Math.floor(height / SCREEN_PART);
  if (sources.length < 2 || room < 2) return progressLine(event, width);
  // In their order, not by speed: lines that jump cannot be read.
  const shown = sources.slice(0, sources.length > room ? room - 1 : room);
  const others = sources.length - shown.length;
  return [
    lineOf(event, width, () => count(sources.length, 'peer')),
    ...shown.map((source) => `  ${sourceSpeed(source, width)}`),
    ...(others === 0 ? [] : [`  … e mais ${others}`]),
  ].join('\n');
}

/**
 * One line about a running download, at most `width` columns, at its present speed: the sources first give way, then the
 * bar, then how much there is, then figures from the right, then the name.
 */
export function progressLine(event: DownloadProgressed, width: number): string {
  return lineOf(event, width, (columns) => sourcesWithin(event.sources, columns, width));
}

/** Below this many bytes a second nothing comes. */
const STANDSTILL = 1;

/** How fast it comes and how long it will take, or what it waits for; undefined speed before the first request. */
function pace(missing: number, lately: number | undefined, width: number): string[] {
  if (width < Infinity && missing === 0) return ['conferindo o SHA-256…'];
  if (width < Infinity && lately !== undefined && lately < STANDSTILL) return ['esperando por fontes…'];
  const left = missing === 0 ? 0 : missing / (lately ?? 0);
  return [lately === undefined ? '–' : speed(lately, 1, width), `resta ${wholeDuration(left)}`];
}

/** @param from the sources in so many columns */
function lineOf(event: DownloadProgressed, width: number, from: (columns: number) => string): string {
  const { bytes, size: total, seconds, sources } = event;
  // What was doubted counts twice once it has come again.
  const present = Math.min(event.resumed + bytes, total);
  const lately = sources.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const missing = total - present;
  const name = escape(event.name);
  const room = width - Math.min(columnsOf(name), MIN_NAME_COLUMNS) - BETWEEN.length;
  const columns = (list: readonly string[]) => columnsOf(list.join(BETWEEN));
  const done = percentDone(present, total);
  const figures = [
    `${done}%`.padStart(4),
    `${amount(present, width)} de ${amount(total, width)}`,
    ...pace(missing, seconds > 0 ? lately : undefined, width),
  ];
  // How fast and how long tells more than how much.
  if (columns(figures) > room) figures.splice(1, 1);
  const barRoom = Math.min(room - columns(figures) - BETWEEN.length, BAR_COLUMNS);
  if (width < Infinity && barRoom >= LEAST_BAR_COLUMNS) figures.unshift(bar(done, barRoom));
  figures.push(from(room - columns(figures) - BETWEEN.length));
  while (figures.length > 1 && columns(figures) > room) figures.pop();
  const tail = figures.join(BETWEEN);
  const shown = shortenMiddle(name, Math.max(width - BETWEEN.length - columnsOf(tail), 1));
  return shortenEnd(shown + BETWEEN + tail, width);
}
