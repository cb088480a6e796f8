import { escape } from './escape.ts';
import { count } from './formats.ts';

/** The lines that stand for many events, where messages are summed up. */

/** Behind a line that begins a large download. */
export const SUMMARY_HINT = '(mensagens resumidas; --mensagens todas mostra cada uma)';

/** Somebody begins to download a large file from us; `chunks` is how many it has, others may send some. */
export function uploadBegins(name: string, to: string, chunks: number): string {
  return `Enviando arquivo ${escape(name)} para ${escape(to)} em ${count(chunks, 'chunk')} ${SUMMARY_HINT}.`;
}

/** Peers are asked what their files are. */
export const DIGESTS_COMPARED = `Comparando o SHA-256 do que os peers oferecem ${SUMMARY_HINT}.`;

/** Enough failed chunks were shown. */
export function chunkFailuresCut(name: string): string {
  return `Outras falhas de chunks de ${escape(name)} não são mostradas (--mensagens todas mostra cada uma).`;
}
