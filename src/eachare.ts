#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { Clock } from './clock.ts';
import * as commands from './commands.ts';
import { LogFile } from './log/log-file.ts';
import { readKey } from './disk/key-file.ts';
import { NeighboursFile, NeighboursKeeper } from './disk/neighbours-file.ts';
import { SharedFolder } from './disk/share/shared-folder.ts';
import { Downloads } from './download/downloads.ts';
import { Statistics } from './download/statistics.ts';
import type { Surroundings } from './diagram/command-line.ts';
import { FileError, StartError, UsageError } from './errors.ts';
import type { Ask, AppEvent, Reporter } from './events.ts';
import { Neighbours } from './neighbours.ts';
import { parseOptions, type Options } from './options.ts';
import { Peer } from './peer.ts';
import { parseAddress } from './protocol/address.ts';
import { EventLog } from './log/event-log.ts';
import { RepetitionFilter } from './log/repetition-filter.ts';
import { reason } from './terminal/reasons.ts';
import { Screen } from './terminal/screen.ts';
import { Terminal } from './terminal/terminal.ts';

/**
 * The front door: command line → objects → menu loop → exit code. Nobody imports this file, and only this file knows
 * all the rooms.
 */

/** Documented in the help and in the README. */
const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** If something still keeps the process alive this long after its last word, it ends anyway. */
const LAST_RESORT_MS = 1_000;

/** Why a run cannot begin, in one line for the person. */
class StartupFailure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, cause: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
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

/** Everything that a run is made of, from the command line to the menu. */
async function run(options: Options): Promise<void> {
  const { neighboursPath, folderPath, eventsPath, eventsMaxBytes, keyPath } = options;
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
  const key =
    keyPath === undefined
      ? undefined
      : await openArgument('--chave', keyPath, () => readKey(keyPath), `eachare chave "${keyPath}"`);
  const lines = (await file.read()).map((line) => ({ ...line, address: parseAddress(line.text) }));
  const inFile = lines.flatMap(({ address }) => address ?? []);

  const neighbours: Neighbours = new Neighbours(() => peer.address);
  const peer = new Peer({
    address: options.address,
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

  const terminal = new Terminal({ noColor: !options.color, readInput: options.menu });
  const screen = new Screen({ terminal, address: () => peer.address, messages: options.messages });
  reporters.push(screen);
  const keeper = new NeighboursKeeper(file, inFile, reporter);
  reporters.push(keeper);
  if (eventsPath !== undefined) {
    const onError = ({ path, code }: FileError) =>
      reporter.report({ event: 'event-log-not-written', path, code });
    const log = await openArgument('--eventos', eventsPath, () =>
      LogFile.open(eventsPath, onError, eventsMaxBytes),
    );
    // First in line: what the log tells stands in it before anybody acts on it. Flushed whatever ends the process.
    const events = new RepetitionFilter(
      new EventLog({ write: (line) => log.write(line), run: randomUUID(), peer: () => peer.address }),
    );
    reporters.unshift(events);
    process.on('exit', () => {
      events.flush();
      log.close();
    });
  }

  const stop = new AbortController();
  // Every request under way listens to it: many listeners are no leak.
  setMaxListeners(0, stop.signal);
  const onSignal = () => {
    // Whoever asks twice does not want to wait for the BYEs.
    if (stop.signal.aborted) process.exit(EXIT.ok);
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  terminal.onInterrupt(onSignal);
  terminal.onOutputClosed(() => stop.abort());

  try {
    await peer.listen();
  } catch (error) {
    terminal.close();
    if (!(error instanceof StartError)) throw error;
    throw new StartupFailure(
      `<endereço:porta>: "${options.address}" ${reason(error.code)}`,
      EXIT.failure,
      error,
    );
  }
  const stale = await folder.removeStale();
  if (stale > 0) reporter.report({ event: 'stale-files-removed', count: stale });
  for (const { line, text, address } of lines) {
    if (address === undefined) reporter.report({ event: 'neighbours-file-line-ignored', line, text });
    else peer.know(address);
  }
  const ask = untilAborted(screen.ask, stop.signal);
  const statistics = new Statistics();
  const downloads = new Downloads({
    peer,
    neighbours,
    sinks: folder,
    reporter,
    timing: options.timing,
    isConfirmed: (address) => neighbours.isConfirmed(address),
  });
  const context = {
    peer,
    neighbours,
    folder,
    downloads,
    statistics,
    reporter,
    ask,
    signal: stop.signal,
    chunkSize: options.chunkSize,
  };
  const cause = options.menu ? await menuLoop(context) : await aborted(stop.signal);
  // The prompt is over; what is told from here on stands below it.
  terminal.close();
  await commands.leave(context, cause);
  await keeper.settled();
  await folder.close();
}

/** Asks and obeys until the person, a signal or the end of the input says that it is enough. */
async function menuLoop(context: commands.Context): Promise<commands.LeaveCause> {
  for (;;) {
    const input = await context.ask({ ask: 'menu' });
    if (context.signal.aborted) return 'signal';
    if (input === undefined) return 'end-of-input';
    switch (input.trim()) {
      case '1':
        await commands.listPeers(context);
        break;
      case '2':
        await commands.obtainPeers(context);
        break;
      case '3':
        await commands.listLocalFiles(context);
        break;
      case '4':
        await commands.searchFiles(context);
        break;
      case '5':
        commands.showStatistics(context);
        break;
      case '6':
        await commands.changeChunkSize(context);
        break;
      case '9':
        return 'menu';
      case '':
        break;
      default:
        context.reporter.report({ event: 'choice-rejected', input, among: 'menu' });
    }
  }
}

function aborted(signal: AbortSignal): Promise<'signal'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('signal');
    signal.addEventListener('abort', () => resolve('signal'));
  });
}

/** A question ends with undefined when the program is told to leave. */
function untilAborted(ask: Ask, signal: AbortSignal): Ask {
  const end = aborted(signal).then(() => undefined);
  return (question) => (signal.aborted ? end : Promise.race([ask(question), end]));
}

/** What stands beside the three-argument command: each is loaded only when it is called, and returns its exit code. */
const SUBCOMMANDS: Readonly<
  Record<string, (args: readonly string[], around: Surroundings) => Promise<number>>
> = {
  diagrama: async (args, around) => (await import('./diagram/diagrama.ts')).diagrama(args, around),
  chave: async (args, around) => (await import('./chave.ts')).chave(args, around),
  conferir: async (args, around) => (await import('./diagram/conferir.ts')).conferir(args, around),
};

/** What a subcommand gets of the outside. */
function surroundings(): Surroundings {
  const { stdin, stdout, stderr } = process;
  // A reader such as `head` has seen enough.
  stdout.on('error', () => process.exit(EXIT.ok));
  const signal = () => {
    const stop = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
    return stop.signal;
  };
  return { stdin, stdout, stderr, signal };
}

async function main(argv: readonly string[]): Promise<number> {
  const [word = '', ...rest] = argv;
  const subcommand = Object.hasOwn(SUBCOMMANDS, word) ? SUBCOMMANDS[word] : undefined;
  if (subcommand !== undefined) {
    const code = await subcommand(rest, surroundings());
    // A slow reader gets all of it.
    await new Promise((resolve) => process.stdout.write('', resolve));
    return code;
  }
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  try {
    const invocation = parseOptions(argv, version);
    if ('show' in invocation) process.stdout.write(invocation.show);
    else await run(invocation.run);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof StartupFailure || error instanceof UsageError)) throw error;
    const hint = error instanceof UsageError ? ' (veja eachare --ajuda)' : '';
    process.stderr.write(`eachare: ${error.message}${hint}\n`);
    return error instanceof UsageError ? EXIT.usage : error.exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), LAST_RESORT_MS).unref();
