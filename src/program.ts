import { randomUUID } from 'node:crypto';
import { Clock } from './clock.ts';
import * as commands from './commands.ts';
import { readKey } from './disk/key-file.ts';
import { LogFile } from './log/log-file.ts';
import { NeighboursFile, NeighboursKeeper } from './disk/neighbours-file.ts';
import { SharedFolder } from './disk/share/shared-folder.ts';
import { Downloads } from './download/downloads.ts';
import { FileError, StartError } from './errors.ts';
import type { AppEvent, Reporter } from './events.ts';
import { Neighbours } from './neighbours.ts';
import type { Options } from './options.ts';
import { Peer } from './peer.ts';
import { parseAddress } from './protocol/address.ts';
import { EventLog } from './log/event-log.ts';
import { RepetitionFilter } from './log/repetition-filter.ts';
import { reason } from './terminal/reasons.ts';

/** Documented in the help and in the README. */
export const EXIT = { ok: 0, failure: 1, usage: 2, notFetched: 3, differ: 5 } as const;

/** Why a run cannot begin, in one line for the person. */
export class StartupFailure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, cause: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The objects of one run, for the menu and for the subcommands that start a peer. */
export interface Program {
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly folder: SharedFolder;
  readonly downloads: Downloads;
  readonly reporter: Reporter;
  /** From now on it gets all events, after the event log. */
  readonly addReporter: (reporter: Reporter) => void;
  /**
   * Listens, and knows the neighbours of the file.
   * @throws StartupFailure
   */
  readonly start: () => Promise<void>;
  /** BYE to everybody; all is written and closed after it. */
  readonly leave: (cause: commands.LeaveCause) => Promise<void>;
}

const USAGE_CODES: readonly string[] = [
  'not-found',
  'not-a-folder',
  'not-a-file',
  'not-text',
  'not-private',
  'not-a-key',
];

/** Opens what an argument names. An argument that names nothing usable is wrong usage, the rest a failure. */
async function openArgument<T>(
  argument: string,
  path: string,
  open: () => T | Promise<T>,
  create = '',
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const hint = error.code === 'not-found' && create !== '' ? ` (crie com: ${create})` : '';
    const isUsage = USAGE_CODES.includes(error.code);
    const text = `${argument}: "${path}" ${reason(error.code)}${hint}`;
    throw new StartupFailure(text, isUsage ? EXIT.usage : EXIT.failure, error);
  }
}

/**
 * The key of a private network; undefined where none is named.
 * @throws StartupFailure
 */
export async function openKey(
  path: string | undefined,
): Promise<Awaited<ReturnType<typeof readKey>> | undefined> {
  if (path === undefined) return undefined;
  return openArgument('--chave', path, () => readKey(path), `eachare chave "${path}"`);
}

/** First in line: what the log tells stands in it before anybody acts on it. Flushed whatever ends the process. */
async function openEventLog(
  path: string,
  { eventsMaxBytes }: Pick<Options, 'eventsMaxBytes'>,
  reporter: Reporter,
  peer: Peer,
): Promise<Reporter> {
  const onError = ({ path, code }: FileError) =>
    reporter.report({ event: 'event-log-not-written', path, code });
  const log = await openArgument('--eventos', path, () => LogFile.open(path, onError, eventsMaxBytes));
  const events = new RepetitionFilter(
    new EventLog({ write: (line) => log.write(line), run: randomUUID(), peer: () => peer.address }),
  );
  process.on('exit', () => {
    events.flush();
    log.close();
  });
  return events;
}

/**
 * Opens what the command line names, and builds the objects around it; nothing is on the network yet.
 * @throws StartupFailure
 */
export async function build(options: Options): Promise<Program> {
  const { neighboursPath, folderPath, eventsPath, keyPath } = options;
  const reporters: Reporter[] = [];
  const reporter: Reporter = {
    report: (event: AppEvent) => {
      for (const each of reporters) each.report(event);
    },
  };
  const file = await openArgument(
    '<vizinhos.txt>',
    neighboursPath,
    () => NeighboursFile.open(neighboursPath),
    `touch "${neighboursPath}"`,
  );
  const folder = await openArgument(
    '<diretório_compartilhado>',
    folderPath,
    () => SharedFolder.open(folderPath, { reporter }),
    `mkdir "${folderPath}"`,
  );
  const key = await openKey(keyPath);
  const lines = (await file.read()).map((line) => ({ ...line, address: parseAddress(line.text) }));
  const inFile = lines.flatMap(({ address }) => address ?? []);

  const neighbours: Neighbours = new Neighbours(() => peer.address);
  const peer = new Peer({
    address: options.address,
    listenHost: options.listenHost,
    clock: new Clock(),
    neighbours,
    share: folder,
    reporter,
    dialects: options.dialects,
    timing: options.timing,
    pure: options.pure,
    delayMs: options.delayMs,
    key,
  });
  if (eventsPath !== undefined) reporters.push(await openEventLog(eventsPath, options, reporter, peer));
  const keeper = new NeighboursKeeper(file, inFile, reporter);
  reporters.push(keeper);
  const downloads = new Downloads({
    peer,
    neighbours,
    sinks: folder,
    reporter,
    existing: options.overwrite === 'no' ? 'rename' : 'replace',
    timing: options.timing,
    isConfirmed: (address) => neighbours.isConfirmed(address),
  });

  let aroundGoodbyes = (goodbyes: () => Promise<void>) => goodbyes();
  const discover = async () => {
    const [{ Discovery }, { joinLocalNetwork: join }] = await Promise.all([
      import('./discovery/discovery.ts'),
      import('./discovery/dns-sd.ts'),
    ]);
    const { listenHost } = options;
    const discovery = new Discovery({ peer, neighbours, reporter, listenHost, key, join });
    discovery.start();
    aroundGoodbyes = (goodbyes) => discovery.close(goodbyes);
  };
  const start = async () => {
    try {
      await peer.listen();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const text = `<endereço:porta>: "${options.address}" ${reason(error.code)}`;
      throw new StartupFailure(text, EXIT.failure, error);
    }
    const stale = await folder.removeStale();
    if (stale > 0) reporter.report({ event: 'stale-files-removed', count: stale });
    const downloads = await folder.interrupted();
    if (downloads.length > 0) reporter.report({ event: 'interrupted-downloads-found', downloads });
    for (const { line, text, address } of lines) {
      if (address === undefined) reporter.report({ event: 'neighbours-file-line-ignored', line, text });
      else peer.know(address);
    }
    if (options.discover) await discover();
  };
  const leave = async (cause: commands.LeaveCause) => {
    await aroundGoodbyes(() => commands.leave({ peer, neighbours, reporter }, cause));
    await keeper.settled();
    await folder.close();
  };
  const addReporter = (added: Reporter) => void reporters.push(added);
  return { peer, neighbours, folder, downloads, reporter, addReporter, start, leave };
}
