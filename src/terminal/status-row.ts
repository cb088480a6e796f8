import type { NeighbourView } from '../events.ts';
import { escape } from './escape.ts';
import { percentDone, size } from './formats.ts';
import { columnsOf, shortenEnd, shortenMiddle } from './layout.ts';

/** A file on its way to or from us. */
export interface Moving {
  readonly name: string;
  /** Of `total`, that are there. */
  readonly bytes: number;
  /** Undefined where only a part of the file may be asked for. */
  readonly total?: number | undefined;
}

/** What the status row tells. */
export interface RunStatus {
  readonly own: string;
  readonly clock: number;
  readonly online: readonly Pick<NeighbourView, 'address' | 'clock'>[];
  readonly downloads: readonly Moving[];
  readonly uploads: readonly Moving[];
}

const BETWEEN = ' │ ';
/** More of a name leaves too little for the others. */
const NAME_COLUMNS = 20;

function moving(arrow: string, files: readonly Moving[]): string[] {
  const [first] = files;
  if (first === undefined) return [];
  if (files.length > 1) return [`${arrow} ${files.length} arquivos`];
  const { name, bytes, total } = first;
  const far = total === undefined ? size(bytes) : `${percentDone(bytes, total)}%`;
  return [`${arrow} ${shortenMiddle(escape(name), NAME_COLUMNS)} ${far}`];
}

type Shown = (peer: RunStatus['online'][number]) => string;

/** As many as fit, and how many more there are; undefined where none fits. */
function peersWithin(online: RunStatus['online'], show: Shown, columns: number): string | undefined {
  const each = online.map((peer) => `${show(peer)} (${peer.clock})`);
  // Each takes some columns: no more of them can fit.
  for (let shown = Math.min(each.length, columns); shown > 0; shown -= 1) {
    const others = each.length - shown;
    const text = `online: ${each.slice(0, shown).join(' ')}${others === 0 ? '' : ` +${others}`}`;
    if (columnsOf(text) <= columns) return text;
  }
  return undefined;
}

/** Who is online, with their clocks; those of our own host by their ports alone where all would not fit otherwise. */
function onlineWithin(online: RunStatus['online'], own: string, columns: number): string {
  if (online.length === 0) return 'ninguém online';
  const host = own.slice(0, own.lastIndexOf(':') + 1);
  const whole = peersWithin(online, ({ address }) => escape(address), columns);
  if (whole?.includes('+') === false) return whole;
  const short: Shown = ({ address }) =>
    escape(address.startsWith(host) ? address.slice(host.length - 1) : address);
  return peersWithin(online, short, columns) ?? `${online.length} online`;
}

/** One row of at most so many columns: who we are, our clock, what is on its way, and who is there as far as there is room. */
export function statusRow({ own, clock, online, downloads, uploads }: RunStatus, columns: number): string {
  const before = [escape(own), `relógio ${clock}`];
  const after = [...moving('↓', downloads), ...moving('↑', uploads)];
  const taken = columnsOf([...before, '', ...after].join(BETWEEN)) + 2;
  const row = [...before, onlineWithin(online, own, columns - taken), ...after].join(BETWEEN);
  return columnsOf(row) + 2 > columns ? shortenEnd(row, columns) : ` ${row} `;
}
