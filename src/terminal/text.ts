import type { AppEvent } from '../events.ts';
import {
  chunkFailed,
  chunksDoubted,
  downloadFailed,
  downloadFinished,
  downloadStarted,
  sourceAdded,
  sourceBanned,
  sourceExcluded,
  sourceRetired,
  sourceReturned,
} from './download-sentences.ts';
import { escape } from './escape.ts';
import { count } from './formats.ts';
import { progressLine } from './progress.ts';
import { reason } from './reasons.ts';
import {
  envelope,
  inputRejected,
  requestFailed,
  requestRefused,
  searchFinished,
  choiceRejected,
  chunkSizeRejected,
  statistics,
} from './sentences.ts';
import { localFilesTable } from './tables.ts';

/** What a text depends on besides its event. */
export interface Setting {
  /** Our address: the origin of what we send. */
  readonly own: string;
  /** Columns of the screen; Infinity where nothing is to be fitted or shortened. */
  readonly width: number;
}

/**
 * The lines that tell an event, without colour; what section 4 of the protocol fixes is there letter by letter.
 * No lines for what a question that follows tells, and for what only the event log is to know.
 */
export function describe(event: AppEvent, { own, width }: Setting): string[] {
  switch (event.event) {
    case 'peer-started':
      return [`Peer iniciado em ${event.address}`];
    case 'peer-stopped':
      return [];
    case 'clock-updated':
      return [`=> Atualizando relogio para ${event.clock}`];
    case 'message-sent':
      return [`Encaminhando mensagem "${envelope(own, event)}" para ${escape(event.to)}`];
    case 'message-received':
      return [`${event.reply ? 'Resposta' : 'Mensagem'} recebida: "${envelope(event.from, event)}"`];
    case 'input-rejected':
      return [inputRejected(event)];
    case 'clock-ignored':
      return [`Relogio ${event.clock} de ${escape(event.from)} longe demais, contado como um evento.`];
    case 'request-refused':
      return [requestRefused(event)];
    case 'request-failed':
      return [requestFailed(event)];
    case 'neighbour-added':
      return [`Adicionando novo peer ${escape(event.neighbour)} status ${event.status}`];
    case 'neighbour-status-changed':
      return [`Atualizando peer ${escape(event.neighbour)} status ${event.status}`];
    case 'dialect-learnt':
      // For the log: how another program frames its messages changes nothing for the person.
      return [];
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
        `Não foi possível anotar o andamento do download de ${escape(event.name)}: ${reason(event.code)}; se for interrompido, recomeçará do início.`,
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
    case 'search-finished':
      return searchFinished(event);
    case 'file-chosen':
      return [`arquivo escolhido ${escape(event.name)}`];
    case 'choice-rejected':
      return [choiceRejected(event)];
    case 'chunk-size-changed':
      return [`Tamanho de chunk alterado: ${event.bytes}`];
    case 'chunk-size-rejected':
      return [chunkSizeRejected(event)];
    case 'statistics-shown':
      return statistics(event, width);
    case 'download-started':
      return [downloadStarted(event)];
    case 'download-progressed':
      return [progressLine(event, width)];
    case 'chunk-failed':
      return [chunkFailed(event)];
    case 'source-retired':
      return [sourceRetired(event)];
    case 'source-returned':
      return [sourceReturned(event)];
    case 'source-added':
      return [sourceAdded(event)];
    case 'source-excluded':
      return [sourceExcluded(event)];
    case 'source-banned':
      return [sourceBanned(event)];
    case 'chunks-doubted':
      return [chunksDoubted(event)];
    case 'download-finished':
      return downloadFinished(event);
    case 'download-failed':
      return downloadFailed(event);
    case 'leaving':
      return ['Saindo...'];
  }
}
