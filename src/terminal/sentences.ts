import type { AppEvent, MessageReceived, MessageSent } from '../events.ts';
import { SHOWN_INPUT_CHARS } from '../limits.ts';
import { escape } from './escape.ts';
import { count } from './formats.ts';
import { isProtocolReason, reason } from './reasons.ts';
import { downloadsTable, peersTable } from './tables.ts';

/** The texts of events that take more than one expression; `download-sentences.ts` has
 * those of a download, `text.ts` the others. */

type EventOf<T extends AppEvent['event']> = Extract<AppEvent, { event: T }>;

export function envelope(origin: string, { clock, type, args }: MessageSent | MessageReceived): string {
  return escape([origin, clock, type, ...args].join(' '));
}

export function again(repeated: number): string {
  if (repeated === 0) return '';
  return repeated === 1
    ? ' (mais 1 igual desde o último aviso)'
    : ` (mais ${repeated} iguais desde o último aviso)`;
}

function failure(code: EventOf<'request-failed'>['code']): string {
  if (code === 'remote-busy') return 'Ainda sem resposta de';
  return isProtocolReason(code) ? 'Resposta inválida de' : 'Não foi possível falar com';
}

export function requestFailed({ to, type, code }: EventOf<'request-failed'>): string {
  return `${failure(code)} ${escape(to)}: ${reason(code)} (${type})`;
}

/** What a program sent that speaks another protocol, escaped. */
export function inputRejected({ remote, code, repeated, sample }: EventOf<'input-rejected'>): string {
  const began = sample === undefined ? '' : `, começa com "${escape(sample)}"`;
  return `Entrada recusada de ${escape(remote)}: ${reason(code)}${began}${again(repeated)}`;
}

export function requestRefused({ from, type, name, code, repeated }: EventOf<'request-refused'>): string {
  const what = escape(name === '' ? type : `${type} ${name}`);
  return `Pedido ${what} de ${escape(from)} recusado: ${reason(code)}${again(repeated)}`;
}

export function searchFinished({ asked, found }: EventOf<'search-finished'>): string[] {
  if (asked === 0) return ['Nenhum peer online para perguntar; use antes [1] ou [2].'];
  if (found.length > 0) return [];
  return [`Nenhum arquivo encontrado na rede (${count(asked, 'peer consultado', 'peers consultados')}).`];
}

function shortInput(input: string): string {
  return input.length > SHOWN_INPUT_CHARS ? `${escape(input.slice(0, SHOWN_INPUT_CHARS))}…` : escape(input);
}

export function choiceRejected({ input, among }: EventOf<'choice-rejected'>): string {
  const what = among === 'menu' ? 'Comando inválido' : 'Opção inválida';
  return `${what}: "${shortInput(input)}". Digite um dos números entre colchetes.`;
}

export function chunkSizeRejected({ input, largest, bytes }: EventOf<'chunk-size-rejected'>): string {
  const rule = `Digite um número inteiro de 1 a ${largest} (bytes)`;
  return `Tamanho de chunk inválido: "${shortInput(input)}". ${rule}; o tamanho continua ${bytes}.`;
}

export function statistics(
  { clock, peers, downloads }: EventOf<'statistics-shown'>,
  width: number,
): string[] {
  return [
    `Relógio: ${clock}`,
    ...(peers.length === 0 ? ['Nenhum peer conhecido.'] : ['Peers conhecidos:', ...peersTable(peers, width)]),
    'Downloads:',
    ...downloadsTable(downloads, width),
    ...(downloads.length === 0 ? ['Nenhum download concluído até agora (os continuados não contam).'] : []),
  ];
}
