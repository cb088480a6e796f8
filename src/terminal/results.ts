import type { AppEvent, DownloadFinished, FoundFileView, NeighbourView } from '../events.ts';
import { escape } from './escape.ts';
import { reason } from './reasons.ts';
import { tableLines, type Cell, type Column } from './table.ts';

/** What the commands of one line write as their result. */

/** How a download has ended. */
export type DownloadEnd =
  DownloadFinished | Extract<AppEvent, { event: 'download-failed' | 'download-unneeded' }>;

/** One JSON object a line. */
export function jsonLines(items: readonly object[]): string[] {
  return items.map((item) => JSON.stringify(item));
}

function column(head: string, cells: readonly Cell[], align: Column['align'] = 'left'): Column {
  return { head, align, flexible: align === 'left', cells };
}

/** Sizes in bytes: scripts read them, and a table of several kinds of units cannot be compared. */
export function fileRows(files: readonly FoundFileView[], width: number): string[] {
  if (files.length === 0) return [];
  const names = files.map(({ name }) => escape(name));
  const sizes = files.map(({ size }) => `${size}`);
  const digests = files.map(({ sha256 = '–' }) => escape(sha256));
  const isTold = files.some(({ sha256 }) => sha256 !== undefined);
  return tableLines(
    [
      column('Nome', names),
      column('Tamanho [bytes]', sizes, 'right'),
      ...(isTold ? [column('SHA-256', digests)] : []),
      column(
        'Peer',
        files.map(({ sources }) => ({ list: sources.map(escape) })),
      ),
    ],
    width,
  );
}

export function peerRows(peers: readonly NeighbourView[], width: number): string[] {
  if (peers.length === 0) return [];
  return tableLines(
    [
      column(
        'Peer',
        peers.map(({ address }) => escape(address)),
      ),
      column(
        'Status',
        peers.map(({ status }) => status),
      ),
      column(
        'Relógio',
        peers.map(({ clock }) => `${clock}`),
        'right',
      ),
    ],
    width,
  );
}

export function downloadRows(ends: readonly DownloadEnd[], width: number): string[] {
  if (ends.length === 0) return [];
  const sizes = ends.map((end) => (end.event === 'download-failed' ? '–' : `${end.size}`));
  const results = ends.map(outcome);
  return tableLines(
    [
      column(
        'Nome',
        ends.map(({ name }) => escape(name)),
      ),
      column('Tamanho [bytes]', sizes, 'right'),
      column('Resultado', results),
    ],
    width,
  );
}

function outcome(end: DownloadEnd): string {
  switch (end.event) {
    case 'download-unneeded':
      return 'já está aqui';
    case 'download-finished': {
      const as = end.savedAs === undefined ? '' : ` como ${escape(end.savedAs)}`;
      return `baixado${as}, SHA-256 ${escape(end.sha256)}`;
    }
    case 'download-failed': {
      const rest = end.kept > 0 ? `; ${end.kept} bytes guardados para continuar` : '';
      return `falhou: ${reason(end.code)}${rest}`;
    }
  }
}

export function nobodyAnswers(): string {
  return 'nenhum peer respondeu';
}

export function nothingMatches(pattern: string): string {
  return `nenhum arquivo da rede corresponde a "${escape(pattern)}"`;
}
