import type { AppEvent, DownloadGroup, FileView, FoundFileView, NeighbourView } from '../events.ts';
import { escape } from './escape.ts';
import { decimal, size } from './formats.ts';
import { tableLines, type Cell, type Column } from './table.ts';
import { hasText } from './typed.ts';

type StatisticsShown = Extract<AppEvent, { event: 'statistics-shown' }>;

/** A long list must not keep us from answering others while it is drawn. All are in the event log. */
export const MAX_SHOWN_ROWS = 5_000;

/** Seconds are shown with this many decimals. */
const DECIMALS = 5;

function numbers(head: string, values: readonly (number | string)[]): Column {
  return { head, align: 'right', flexible: false, cells: values.map(String) };
}

function texts(head: string, cells: readonly Cell[]): Column {
  return { head, align: 'left', flexible: true, cells };
}

/** For a person on a screen, exact where a script reads. */
function sizeCell(bytes: number, width: number): string {
  return width < Infinity ? size(bytes) : `${bytes}`;
}

/** With the decimal point that the course has, where a script reads. */
function seconds(value: number, width: number): string {
  return width < Infinity ? decimal(value, DECIMALS) : value.toFixed(DECIMALS);
}

/** Names behind their numbers, `[1] a.txt`; shorter numbers stand further right. */
function labelled(rows: readonly { readonly name: string; readonly number: number }[]): Cell[] {
  const widest = `${rows.at(-1)?.number ?? 0}`.length;
  return rows.map(({ name, number }) => {
    const label = `[${number}] `.padStart(widest + 3);
    return { label, text: escape(name) };
  });
}

/** What stands below a table that does not show all. */
function notShown(all: number): string[] {
  const more = all - MAX_SHOWN_ROWS;
  return more > 0 ? [`... e mais ${more} (todos estão no registro de --eventos)`] : [];
}

/** Digits of a SHA-256 that tell files apart, unless somebody has taken pains. */
const SHORT_DIGEST = 12;

function hasTwins(files: readonly FileView[]): boolean {
  return new Set(files.map(({ name, size }) => `${size} ${name}`)).size < files.length;
}

/** What tells files of the same name and size apart, where there are some. */
function digestColumn(files: readonly FoundFileView[]): Column[] {
  const digests = new Set(files.flatMap(({ sha256 }) => sha256 ?? []));
  if (digests.size === 0 || !hasTwins(files)) return [];
  const isEnough = new Set([...digests].map((digest) => digest.slice(0, SHORT_DIGEST))).size === digests.size;
  const cells = files.map(({ sha256 = '–' }) => escape(isEnough ? sha256.slice(0, SHORT_DIGEST) : sha256));
  return [{ head: 'SHA-256', align: 'left', flexible: false, cells: ['', ...cells] }];
}

const MINE = { same: 'já tenho', other: 'tenho outro' } as const;

/** What we have of them ourselves, where a person looks and there is something. */
function mineColumn(files: readonly FoundFileView[], width: number): Column[] {
  if (width === Infinity || files.every(({ mine }) => mine === undefined)) return [];
  const cells = files.map(({ mine }) => (mine === undefined ? '' : MINE[mine]));
  return [{ head: 'Aqui', align: 'left', flexible: false, cells: ['', ...cells] }];
}

/** Menu 4: the files of the network, row 0 cancels. With a filter only those with that text in their names. */
export function foundFilesTable(found: readonly FoundFileView[], width: number, filter = ''): string[] {
  const rows = found
    .map((file, at) => ({ ...file, number: at + 1 }))
    .filter(({ name }) => filter === '' || hasText(name, filter));
  const shown = rows.slice(0, MAX_SHOWN_ROWS);
  const names = labelled([{ name: '<Cancelar>', number: 0 }, ...shown]);
  const sources = shown.map((file) => ({ list: file.sources.map(escape) }));
  const sizes = shown.map((file) => sizeCell(file.size, width));
  const columns = [
    texts('Nome', names),
    numbers('Tamanho', ['', ...sizes]),
    ...mineColumn(shown, width),
    ...digestColumn(shown),
    texts('Peer', ['', ...sources]),
  ];
  return [...tableLines(columns, width), ...notShown(rows.length)];
}

/** Menu 3: the files of the shared folder. */
export function localFilesTable(files: readonly FileView[], width: number): string[] {
  const shown = files.slice(0, MAX_SHOWN_ROWS);
  const names = labelled(shown.map(({ name }, at) => ({ name, number: at + 1 })));
  const sizes = shown.map((file) => file.size);
  const columns = [texts('Nome', names), numbers('Tamanho [bytes]', sizes)];
  return [...tableLines(columns, width), ...notShown(files.length)];
}

/** Menu 5: who we know. */
export function peersTable(peers: readonly NeighbourView[], width: number): string[] {
  const statuses = peers.map(({ status }) => status);
  return tableLines(
    [
      texts(
        'Peer',
        peers.map(({ address }) => escape(address)),
      ),
      { head: 'Status', align: 'left', flexible: false, cells: statuses },
      numbers(
        'Relógio',
        peers.map(({ clock }) => clock),
      ),
    ],
    width,
  );
}

/** Menu 5: times of the downloads in seconds, those alike in one row. */
export function downloadsTable(groups: readonly DownloadGroup[], width: number): string[] {
  const column = (head: string, value: (group: DownloadGroup) => number | string) =>
    numbers(head, groups.map(value));
  return tableLines(
    [
      column('Tam. chunk', ({ chunkSize }) => sizeCell(chunkSize, width)),
      column('N peers', ({ sources }) => sources),
      column('Tam. arquivo', ({ fileSize }) => sizeCell(fileSize, width)),
      column('N', (group) => group.count),
      column('Tempo [s]', ({ mean }) => seconds(mean, width)),
      column('Desvio', ({ deviation }) => seconds(deviation, width)),
    ],
    width,
  );
}

/** Menu 5: our clock, who we know, and the downloads so far. */
export function statistics({ clock, peers, downloads }: StatisticsShown, width: number): string[] {
  return [
    `Relógio: ${clock}`,
    ...(peers.length === 0 ? ['Nenhum peer conhecido.'] : ['Peers conhecidos:', ...peersTable(peers, width)]),
    'Downloads:',
    ...downloadsTable(downloads, width),
    ...(downloads.length === 0 ? ['Nenhum download concluído até agora (os continuados não contam).'] : []),
  ];
}
