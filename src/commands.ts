import { setMaxListeners } from 'node:events';
import type { Downloads } from './download/downloads.ts';
import type { Statistics } from './download/statistics.ts';
import { FileError, RemoteError } from './errors.ts';
import type { Ask, Reporter } from './events.ts';
import type { Share } from './handlers.ts';
import { MAX_CHUNK_BYTES } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { inTurn } from './network/in-turn.ts';
import type { Peer } from './peer.ts';
import type { Address } from './protocol/address.ts';

/** BYE to everybody and the end of all sockets: nobody waits longer for a program to leave. */
const LEAVE_TIMEOUT_MS = 2_000;

/** BYE needs no answer: the next one may follow at once, in list order. */
const BYE_WAIT_MS = 20;

/** What made the program leave. */
export type LeaveCause = 'menu' | 'signal' | 'end-of-input';

/** What the commands work with. */
export interface Context {
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly folder: Pick<Share, 'list'>;
  readonly downloads: Downloads;
  readonly statistics: Statistics;
  readonly reporter: Reporter;
  readonly ask: Ask;
  /** Aborted when the program is to leave: every command returns soon after. */
  readonly signal: AbortSignal;
  /** A person is there: a download waits for sources that are gone until it is cancelled. */
  readonly isPatient?: boolean;
  /** The download under way, which can be cancelled alone. */
  download?: AbortController | undefined;
  /** Bytes; changed by menu 6. */
  chunkSize: number;
}

/** The whole number in a line of input, undefined for everything else. */
function parseNumber(input: string): number | undefined {
  const text = input.trim();
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The item with that number in a list counted from 1; 0 is none, all else is reported. */
function choose<T>(
  context: Context,
  among: 'peers' | 'files',
  items: readonly T[],
  input: string,
): T | undefined {
  const number = parseNumber(input);
  if (number === 0) return undefined;
  const item = number === undefined ? undefined : items[number - 1];
  if (item === undefined) context.reporter.report({ event: 'choice-rejected', input, among });
  return item;
}

/** Whether an error is the other side's doing; Peer has reported it and noted the neighbour. */
function isTheirs(error: unknown): boolean {
  return error instanceof RemoteError;
}

/** Menu 1: the neighbours, and HELLO to one of them. */
export async function listPeers(context: Context): Promise<void> {
  const peers = context.neighbours.list();
  const input = await context.ask({ ask: 'peer', peers });
  if (input === undefined) return;
  const chosen = choose(context, 'peers', peers, input);
  if (chosen !== undefined) await context.peer.hello(chosen.address, context.signal);
}

/** Menu 2: asks every neighbour, ONLINE or not, whom it knows. */
export async function obtainPeers({ peer, neighbours, reporter, signal }: Context): Promise<void> {
  const asked = neighbours.listKnown().map(({ address }) => address);
  let isAnswered = false;
  const ask = async (address: Address) => {
    try {
      await peer.request(address, { type: 'GET_PEERS' }, { signal });
      isAnswered = true;
    } catch (error) {
      if (!isTheirs(error)) throw error;
    }
  };
  await inTurn(asked, ask, signal);
  if (!isAnswered && !signal.aborted) reporter.report({ event: 'neighbours-silent', asked: asked.length });
}

/** Menu 3: what we share ourselves. */
export async function listLocalFiles({ folder, reporter }: Context): Promise<void> {
  try {
    reporter.report({ event: 'local-files-listed', files: await folder.list() });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    reporter.report({ event: 'local-files-not-read', code: error.code, path: error.path });
  }
}

/** Menu 4: searches the files of all ONLINE neighbours and downloads one. */
export async function searchFiles(context: Context): Promise<void> {
  const { downloads, statistics, reporter, signal, chunkSize } = context;
  const { asked, files } = await downloads.search(signal);
  const found = files.map(({ name, size, sha256, sources }) => ({
    name,
    size,
    ...(sha256 === undefined ? {} : { sha256 }),
    sources: sources.map(({ address }) => address),
  }));
  reporter.report({ event: 'search-finished', asked, found });
  if (files.length === 0) return;
  const input = await context.ask({ ask: 'file', found });
  if (input === undefined) return;
  const file = choose(context, 'files', files, input);
  if (file === undefined) return;
  reporter.report({ event: 'file-chosen', name: file.name });
  const fetched = await cancellable(context, (end) =>
    downloads.fetch(file, chunkSize, end, context.isPatient),
  );
  // The time of a part says nothing about the times of the whole.
  if (fetched === undefined || fetched.resumed > 0) return;
  const { seconds, sources } = fetched;
  statistics.add({ chunkSize, fileSize: file.size, seconds, sources });
}

/** Does something that `context.download` ends as well as the end of the program. */
async function cancellable<T>(context: Context, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const download = new AbortController();
  const signal = AbortSignal.any([context.signal, download.signal]);
  // Every request of a download listens to it.
  setMaxListeners(0, signal);
  context.download = download;
  try {
    return await work(signal);
  } finally {
    context.download = undefined;
  }
}

/** Menu 5: our clock, the neighbours with theirs, and the downloads so far. */
export function showStatistics({ peer, neighbours, statistics, reporter }: Context): void {
  reporter.report({
    event: 'statistics-shown',
    clock: peer.clock,
    peers: neighbours.list(),
    downloads: statistics.summary(),
  });
}

/** Menu 6: the chunk size of the downloads from now on. */
export async function changeChunkSize(context: Context): Promise<void> {
  const input = await context.ask({ ask: 'chunk-size' });
  if (input === undefined) return;
  const bytes = parseNumber(input);
  if (bytes === undefined || bytes < 1 || bytes > MAX_CHUNK_BYTES) {
    context.reporter.report({
      event: 'chunk-size-rejected',
      input,
      largest: MAX_CHUNK_BYTES,
      bytes: context.chunkSize,
    });
    return;
  }
  context.chunkSize = bytes;
  context.reporter.report({ event: 'chunk-size-changed', bytes });
}

/** Menu 9 and every other way out: BYE to all that are ONLINE, then silence. */
export async function leave(
  { peer, neighbours, reporter }: Pick<Context, 'peer' | 'neighbours' | 'reporter'>,
  cause: LeaveCause,
): Promise<void> {
  reporter.report({ event: 'leaving', cause });
  const deadline = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
  setMaxListeners(0, deadline);
  await inTurn(neighbours.online(), (address) => peer.bye(address, deadline), deadline, BYE_WAIT_MS);
  await peer.close();
}
