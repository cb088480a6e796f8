import type { AppEvent, DownloadFinished, DownloadStarted, SourceShare } from '../events.ts';
import { escape } from './escape.ts';
import { count, duration, exactSize, percent, ranges, rangesTotal, size, speed } from './formats.ts';
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

export function sourceBanned({ source, name }: EventOf<'source-banned'>): string {
  return `Peer ${escape(source)} enviou conteúdo errado de ${escape(name)} e não é mais usado até o fim desta execução.`;
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
  const { toldBy, chosen } = event;
  const proof = event.isProven
    ? `confere com o informado por ${toldBy} de ${count(chosen, 'fonte')}`
    : 'nenhum peer informou o SHA-256';
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
