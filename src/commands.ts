import { setMaxListeners } from 'node:events';
import { chooseWanted, showsAfter, viewsOf, type Chosen, type Job } from './choosing.ts';
import type { Downloads } from './download/downloads.ts';
import type { FoundFile } from './download/engine/chunks.ts';
import { findOwn, type OwnFile, type OwnFolder } from './download/own-files.ts';
import type { Statistics } from './download/statistics.ts';
import { FileError, RemoteError } from './errors.ts';
import type { Ask, Question, Reporter } from './events.ts';
import { MAX_CHUNK_BYTES } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { inTurn } from './network/in-turn.ts';
import type { Options } from './options.ts';
import type { Peer } from './peer.ts';
import { parseAddress, type Address } from './protocol/address.ts';
import { isSelection, parseNumber, parseSize } from './terminal/typed.ts';

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
  readonly folder: OwnFolder;
  readonly downloads: Downloads;
  readonly statistics: Statistics;
  readonly reporter: Reporter;
  readonly ask: Ask;
  /** Aborted when the program is to leave: every command returns soon after. */
  readonly signal: AbortSignal;
  /** A person is there: asked again after a wrong answer, and a download waits for sources that are gone until it is cancelled. */
  readonly isInteractive?: boolean;
  /** Whether a download may take the place of a file of ours that is another one; on a pipe it may, unless forbidden. */
  readonly overwrite?: Options['overwrite'];
  /** The download under way, which can be cancelled alone. */
  download?: AbortController | undefined;
  /** The last search: its numbers stay what they were. */
  found?: Pick<FoundHere, 'files'> | undefined;
  /** Bytes; changed by menu 6. */
  chunkSize: number;
}

/** The files of a search, in the order of their numbers, and what we have of them. */
export interface FoundHere {
  readonly files: readonly FoundFile<Address>[];
  readonly own: ReadonlyMap<FoundFile<Address>, OwnFile>;
}

/** Whether an error is the other side's doing; Peer has reported it and noted the neighbour. */
function isTheirs(error: unknown): boolean {
  return error instanceof RemoteError;
}

/** Menu 1: the neighbours, and HELLO to one of them; `wanted`: its number, where it was typed along. */
export async function listPeers(context: Context, wanted?: string): Promise<void> {
  const peers = context.neighbours.list();
  let typed = wanted;
  let show: Question['show'];
  for (;;) {
    const input = typed ?? (await context.ask({ ask: 'peer', peers, show }));
    if (input === undefined || parseNumber(input) === 0) return;
    const chosen = peers[(parseNumber(input) ?? 0) - 1];
    if (chosen !== undefined) return context.peer.hello(chosen.address, context.signal);
    const again = showsAfter(input);
    if (context.isInteractive !== true || again === 'prompt')
      context.reporter.report({ event: 'choice-rejected', input, among: 'peers' });
    if (context.isInteractive !== true) return;
    // Of what was typed along no list was seen yet.
    show = again === 'all' || typed !== undefined ? undefined : again;
    typed = undefined;
  }
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

/** Menu 3: what we share ourselves, and what an earlier run has left unfinished. */
export async function listLocalFiles({ folder, reporter }: Context): Promise<void> {
  try {
    reporter.report({ event: 'local-files-listed', files: await folder.list() });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    reporter.report({ event: 'local-files-not-read', code: error.code, path: error.path });
    return;
  }
  const downloads = await folder.interrupted();
  if (downloads.length > 0) reporter.report({ event: 'interrupted-downloads-found', downloads });
}

/**
 * Menu 4: searches the files of all ONLINE neighbours and downloads some.
 * @param wanted what was typed along: a name, a pattern, or numbers of the last search
 */
export async function searchFiles(context: Context, wanted = ''): Promise<void> {
  const { files } = (isSelection(wanted) ? context.found : undefined) ?? (await search(context));
  if (files.length === 0) return;
  // What we have may have changed since.
  const found = { files, own: await findOwn(files, context.folder, context.signal) };
  const chosen = await chooseWanted(context, found, wanted);
  await fetchAll(context, chosen);
}

async function search(context: Context): Promise<Pick<FoundHere, 'files'>> {
  const { downloads, reporter, signal } = context;
  const { asked, files } = await downloads.search(signal);
  reporter.report({ event: 'search-finished', asked, found: viewsOf({ files, own: new Map() }) });
  context.found = { files };
  return context.found;
}

/** One after the other; Ctrl-C cancels the one under way and those after it. */
async function fetchAll(context: Context, { jobs, isQueue, skipped, unclear }: Chosen): Promise<void> {
  const failures: string[] = [];
  let bytes = 0;
  await cancellable(context, async (end) => {
    for (const job of jobs) {
      if (end.aborted || !(await fetchOne(context, job, end, isQueue))) failures.push(job.file.name);
      else bytes += job.file.size;
    }
  });
  if (!isQueue) return;
  const fetched = jobs.length - failures.length;
  const missed = [...unclear, ...failures];
  context.reporter.report({ event: 'queue-finished', fetched, bytes, failed: missed, skipped });
}

async function fetchOne(
  { downloads, statistics, reporter, isInteractive = false, chunkSize }: Context,
  { file, existing }: Job,
  end: AbortSignal,
  isQueue: boolean,
): Promise<boolean> {
  const { name } = file;
  reporter.report({ event: 'file-chosen', name });
  // Those that wait behind it are not to wait for ever.
  const isPatient = isInteractive && !isQueue;
  const fetched = await downloads.fetch(file, chunkSize, end, isPatient, existing);
  if (fetched === undefined) return false;
  const { seconds, sources, resumed } = fetched;
  // The time of a part says nothing about the times of the whole.
  if (resumed === 0) statistics.add({ chunkSize, fileSize: file.size, seconds, sources });
  return true;
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

/** Menu 6: the chunk size of the downloads from now on; `wanted`: where it was typed along. */
export async function changeChunkSize(context: Context, wanted?: string): Promise<void> {
  const { chunkSize: now, isInteractive = false, reporter } = context;
  let typed = wanted;
  let show: Question['show'];
  for (;;) {
    const input = typed ?? (await context.ask({ ask: 'chunk-size', bytes: now, show }));
    typed = undefined;
    if (input === undefined || (isInteractive && input.trim() === '')) return;
    const bytes = parseSize(input);
    if (bytes !== undefined && bytes >= 1 && bytes <= MAX_CHUNK_BYTES) {
      context.chunkSize = bytes;
      reporter.report({ event: 'chunk-size-changed', bytes });
      return;
    }
    const again = isInteractive ? showsAfter(input) : 'prompt';
    if (again === 'prompt')
      reporter.report({ event: 'chunk-size-rejected', input, largest: MAX_CHUNK_BYTES, bytes: now });
    if (!isInteractive) return;
    show = again === 'help' ? again : undefined;
  }
}

/** `+ host:porta`: one more neighbour, in the file as well. */
export function addNeighbour({ peer, neighbours, reporter }: Context, input: string): void {
  const address = parseAddress(input);
  const reject = (why: 'no-address' | 'own' | 'known') =>
    reporter.report({ event: 'neighbour-rejected', input, why });
  if (address === undefined) return reject('no-address');
  if (address === peer.address) return reject('own');
  if (neighbours.get(address) !== undefined) return reject('known');
  peer.know(address);
}

/** `- host:porta`: a neighbour less, in the file as well. */
export function forgetNeighbour({ neighbours, reporter }: Context, input: string): void {
  const address = parseAddress(input);
  if (address === undefined)
    return reporter.report({ event: 'neighbour-rejected', input, why: 'no-address' });
  if (neighbours.forget(address)) reporter.report({ event: 'neighbour-forgotten', neighbour: address });
  else reporter.report({ event: 'neighbour-rejected', input, why: 'unknown' });
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
