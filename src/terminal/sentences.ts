import type { AppEvent, MessageReceived, MessageSent } from '../events.ts';
import {
  chunkFailed,
  chunksDoubted,
  downloadFailed,
  downloadFinished,
  downloadStarted,
  fileReplaced,
  progressLine,
  searchFinished,
  sourceAdded,
  sourceBanned,
  sourceExcluded,
  sourceRetired,
  sourceReturned,
} from './download-sentences.ts';
import { escape } from './escape.ts';
import { amount, count, part } from './formats.ts';
import { columnsOf, nameWithin, shortenEnd, wrapSentence } from './layout.ts';
import { uploadsSentence } from './questions.ts';
import { isProtocolReason, reason } from './reasons.ts';
import { localFilesTable, statistics } from './tables.ts';

/*
 * What is said to the person: a text for every event, by pure functions without colour. Those of a
 * download stand in `download-sentences.ts`, the reasons of failures in `reasons.ts`.
 */

/** Rows of the screen for a message that lists files or peers. */
const LIST_ROWS = 2;

/** Of rejected input that is shown again. */
const SHOWN_INPUT_COLUMNS = 60;

const VERBATIM: ReadonlySet<AppEvent['event']> = new Set(['message-sent', 'message-received', 'local-files-listed', 'statistics-shown', 'download-progressed']); // prettier-ignore

type EventOf<T extends AppEvent['event']> = Extract<AppEvent, { event: T }>;

/** What a text depends on besides its event. */
export interface Setting {
  /** Our address: the origin of what we send. */
  readonly own: string;
  /** Columns of the screen; Infinity where nothing is to be fitted or shortened. */
  readonly width: number;
  /** What is said behind the last line. */
  readonly hint?: string;
}

/** A message between words. On a screen a list of many entries is cut after about two rows. */
function messageLine(
  before: string,
  origin: string,
  { clock, type, args }: MessageSent | MessageReceived,
  after: string,
  width: number,
): string {
  const tokens = [origin, String(clock), type, ...args].map(escape);
  const whole = `${before}"${tokens.join(' ')}"${after}`;
  const isList = type === 'LS_LIST' || type === 'PEER_LIST';
  if (!isList || width === Infinity) return whole;
  const [total = 0] = args.map(Number);
  const head = tokens.slice(0, 4).join(' ');
  const entries = tokens.slice(4, 4 + total);
  const cutAt = (shown: number) => {
    const more = count(total - shown, 'entrada');
    return `${before}"${[head, ...entries.slice(0, shown)].join(' ')} … e mais ${more}"${after}`;
  };
  // One row more where not even the first entry would be seen.
  for (const rows of [LIST_ROWS, LIST_ROWS + 1]) {
    // Two columns for wide characters that leave the end of a row empty.
    const room = rows * width - 2;
    if (columnsOf(whole) <= room) return whole;
    let shown = 0;
    while (shown < entries.length && columnsOf(cutAt(shown + 1)) <= room) shown += 1;
    if (shown > 0) return cutAt(shown);
  }
  return cutAt(0);
}

function messageSent(event: MessageSent, own: string, width: number): string {
  // The course has one sentence for both; where a person reads, a word tells them apart.
  const kind = event.reply && width < Infinity ? ' (resposta)' : '';
  return messageLine('Encaminhando mensagem ', own, event, ` para ${escape(event.to)}${kind}`, width);
}

function messageReceived(event: MessageReceived, width: number): string {
  const kind = event.reply ? 'Resposta' : 'Mensagem';
  return messageLine(`${kind} recebida: `, event.from, event, '', width);
}

function again(repeated: number): string {
  if (repeated === 0) return '';
  return repeated === 1
    ? ' (mais 1 igual desde o último aviso)'
    : ` (mais ${repeated} iguais desde o último aviso)`;
}

function failure(code: EventOf<'request-failed'>['code']): string {
  if (code === 'remote-busy') return 'Ainda sem resposta de';
  return isProtocolReason(code) ? 'Resposta inválida de' : 'Não foi possível falar com';
}

function requestFailed({ to, type, code }: EventOf<'request-failed'>): string {
  return `${failure(code)} ${escape(to)}: ${reason(code)} (${type})`;
}

/** What a program sent that speaks another protocol, escaped. */
function inputRejected({ remote, code, repeated, sample }: EventOf<'input-rejected'>): string {
  const began = sample === undefined ? '' : `, começa com "${escape(sample)}"`;
  return `Entrada recusada de ${escape(remote)}: ${reason(code)}${began}${again(repeated)}`;
}

function requestRefused(
  { from, type, name, code, repeated }: EventOf<'request-refused'>,
  width: number,
): string {
  const what = name === '' ? type : `${type} ${nameWithin(name, width)}`;
  return `Pedido ${what} de ${escape(from)} recusado: ${reason(code)}${again(repeated)}`;
}

/** For a person: on a pipe nothing follows, as in the course. */
function neighboursSilent({ asked }: EventOf<'neighbours-silent'>, width: number): string[] {
  if (width === Infinity) return [];
  if (asked === 0)
    return [
      'Nenhum vizinho conhecido: digite + e o endereço de outro peer, por exemplo + 127.0.0.1:5002, ou espere que alguém fale com este.',
    ];
  const who = asked === 1 ? 'O vizinho não respondeu' : `Nenhum dos ${asked} vizinhos respondeu`;
  return [`${who}: confira se já foi iniciado e se o endereço no arquivo de vizinhos está certo.`];
}

function shortInput(input: string): string {
  return shortenEnd(escape(input), SHOWN_INPUT_COLUMNS);
}

function choiceRejected({ input, among }: EventOf<'choice-rejected'>, width: number): string {
  const what = among === 'menu' ? 'Comando inválido' : 'Opção inválida';
  return `${what}: "${shortInput(input)}". Digite um dos números entre colchetes${width < Infinity ? ', ou ? para ajuda' : ''}.`;
}

const NEIGHBOUR_REJECTED = {
  'no-address': 'não tem a forma host:porta, por exemplo 127.0.0.1:5001.',
  own: 'é o endereço deste peer.',
  known: 'já é um vizinho.',
  unknown: 'não é um vizinho.',
} as const;

function neighbourRejected({ input, why }: EventOf<'neighbour-rejected'>): string {
  return `"${shortInput(input)}" ${NEIGHBOUR_REJECTED[why]}`;
}

/** Downloads that one line names. */
const MAX_INTERRUPTED = 3;

function interruptedFound({ downloads }: EventOf<'interrupted-downloads-found'>, width: number): string {
  const shown = downloads
    .slice(0, MAX_INTERRUPTED)
    .map(({ name, size, bytes }) => `${nameWithin(name, width)}, ${part(bytes, size)}`);
  const more = downloads.length - shown.length;
  const rest = more > 0 ? `; e mais ${more}` : '';
  const what = count(downloads.length, 'download interrompido', 'downloads interrompidos');
  return `${what}: ${shown.join('; ')}${rest}`;
}

function queueFinished(
  { fetched, bytes, failed, skipped }: EventOf<'queue-finished'>,
  width: number,
): string {
  const parts = [
    `${count(fetched, 'arquivo baixado', 'arquivos baixados')}${fetched > 0 ? ` (${amount(bytes, width)})` : ''}`,
    ...(skipped > 0 ? [`${skipped} que você já tinha`] : []),
    ...(failed.length > 0
      ? [`sem sucesso: ${failed.map((name) => nameWithin(name, width)).join(', ')}`]
      : []),
  ];
  return `Fila concluída: ${parts.join('; ')}.`;
}

function chunkSizeRejected({ input, largest, bytes }: EventOf<'chunk-size-rejected'>): string {
  const rule = `Digite um número inteiro de 1 a ${largest} (bytes)`;
  return `Tamanho de chunk inválido: "${shortInput(input)}". ${rule}; o tamanho continua ${bytes}.`;
}

/**
 * The lines that tell an event, without colour; what section 4 of the protocol fixes is there letter by letter.
 * No lines for what a question that follows tells, and for what only the event log is to know.
 */
export function describe(event: AppEvent, setting: Setting): string[] {
  const { hint = '' } = setting;
  const lines = linesOf(event, setting);
  if (lines.length > 0 && hint !== '') lines.push(`${lines.pop() ?? ''}${hint}`);
  return isSentence(event) ? lines.flatMap((line) => wrapSentence(line, setting.width)) : lines;
}

/** Whether our own words tell it, which may be broken; not a message, nor what fits already. */
function isSentence({ event }: AppEvent): boolean {
  return !VERBATIM.has(event);
}

function linesOf(event: AppEvent, { own, width }: Setting): string[] {
  switch (event.event) {
    case 'peer-started':
      return [`Peer iniciado em ${event.address}`];
    case 'peer-stopped':
      return [];
    case 'clock-updated':
      return [`=> Atualizando relogio para ${event.clock}`];
    case 'message-sent':
      return [messageSent(event, own, width)];
    case 'message-received':
      return [messageReceived(event, width)];
    case 'input-rejected':
      return [inputRejected(event)];
    case 'clock-ignored':
      return [`Relogio ${event.clock} de ${escape(event.from)} longe demais, contado como um evento.`];
    case 'request-refused':
      return [requestRefused(event, width)];
    case 'request-failed':
      return [requestFailed(event)];
    case 'neighbour-added':
      return [`Adicionando novo peer ${escape(event.neighbour)} status ${event.status}`];
    case 'neighbour-status-changed':
      return [`Atualizando peer ${escape(event.neighbour)} status ${event.status}`];
    case 'neighbour-discovered':
      return [`Peer ${escape(event.neighbour)} encontrado na rede local`];
    case 'discovery-failed':
      return ['A rede local não permite procurar peers (multicast); os do arquivo de vizinhos continuam.'];
    case 'dialect-learnt':
      // For the log: how another program frames its messages changes nothing for the person.
      return [];
    case 'name-tried-in-base64':
      return [
        `Peer ${escape(event.neighbour)} não responde ao nome ${nameWithin(event.name, width)}: pedindo com o nome em base64.`,
      ];
    case 'neighbours-limit-reached':
      return [`Limite de ${count(event.limit, 'vizinho')} alcançado: novos peers não serão adicionados.`];
    case 'neighbours-file-line-ignored':
      return [
        `Linha ${event.line} do arquivo de vizinhos ignorada, não é host:porta: "${escape(event.text)}"`,
      ];
    case 'neighbours-file-not-written':
      return [`Não foi possível gravar o arquivo de vizinhos ${escape(event.path)}: ${reason(event.code)}`];
    case 'resume-note-not-written':
      return [
        `Não foi possível anotar o andamento do download de ${nameWithin(event.name, width)}: ${reason(event.code)}; se for interrompido, recomeçará do início.`,
      ];
    case 'events-omitted':
      return [];
    case 'stale-files-removed':
      return [`Restos de downloads interrompidos há mais de 7 dias removidos: ${event.count}.`];
    case 'event-log-not-written':
      return [`Não foi possível gravar o registro de eventos ${escape(event.path)}: ${reason(event.code)}`];
    case 'local-files-listed':
      return event.files.length === 0
        ? ['Nenhum arquivo no diretório compartilhado.']
        : ['Arquivos locais:', ...localFilesTable(event.files, width)];
    case 'local-files-not-read':
      return [`Não foi possível ler ${escape(event.path)}: ${reason(event.code)}`];
    case 'interrupted-downloads-found':
      return [interruptedFound(event, width)];
    case 'neighbour-forgotten':
      return [`Peer ${escape(event.neighbour)} esquecido.`];
    case 'neighbour-rejected':
      return [neighbourRejected(event)];
    case 'queue-finished':
      return [queueFinished(event, width)];
    case 'uploads-under-way':
      return [
        uploadsSentence(event.uploads, width) + (event.isPostponed ? ' Ctrl-C de novo sai mesmo assim.' : ''),
      ];
    case 'search-finished':
      return searchFinished(event, width);
    case 'neighbours-silent':
      return neighboursSilent(event, width);
    case 'file-chosen':
      return [`arquivo escolhido ${escape(event.name)}`];
    case 'choice-rejected':
      return [choiceRejected(event, width)];
    case 'chunk-size-changed':
      return [`Tamanho de chunk alterado: ${event.bytes}`];
    case 'chunk-size-rejected':
      return [chunkSizeRejected(event)];
    case 'statistics-shown':
      return statistics(event, width);
    case 'download-started':
      return [downloadStarted(event, width)];
    case 'download-progressed':
      return [progressLine(event, width)];
    case 'chunk-failed':
      return [chunkFailed(event, width)];
    case 'source-retired':
      return [sourceRetired(event, width)];
    case 'source-returned':
      return [sourceReturned(event, width)];
    case 'source-added':
      return [sourceAdded(event, width)];
    case 'source-excluded':
      return [sourceExcluded(event, width)];
    case 'source-banned':
      return [sourceBanned(event, width)];
    case 'chunks-doubted':
      return [chunksDoubted(event, width)];
    case 'download-unneeded':
      return [`O seu ${nameWithin(event.name, width)} já é esse arquivo: nada é baixado.`];
    case 'file-replaced':
      return [fileReplaced(event, width)];
    case 'download-finished':
      return downloadFinished(event, width);
    case 'download-failed':
      return downloadFailed(event, width);
    case 'leaving':
      return ['Saindo...'];
  }
}
