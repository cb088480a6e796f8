#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import * as commands from './commands.ts';
import { Statistics } from './download/statistics.ts';
import type { Surroundings } from './diagram/command-line.ts';
import { FileError, UsageError } from './errors.ts';
import type { Ask, AppEvent, Question, Reporter } from './events.ts';
import { parseOptions, type Options } from './options.ts';
import { build, EXIT, StartupFailure } from './program.ts';
import { escape } from './terminal/escape.ts';
import { reason } from './terminal/reasons.ts';
import { Screen } from './terminal/screen.ts';
import { Terminal } from './terminal/terminal.ts';
import { isYes, parseCommand, type TypedCommand } from './terminal/typed.ts';
import { Uploads } from './uploads.ts';

/**
 * The front door: command line → objects → menu loop → exit code. Nobody imports this file, and only this file and
 * `program.ts`, which builds the objects, know all the rooms.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What ends by a signal has this plus its number, as a shell tells it: 130 by Ctrl-C. */
const SIGNAL_EXIT = 128;
const INTERRUPTED = SIGNAL_EXIT + constants.signals.SIGINT;

/** If something still keeps the process alive this long after its last word, it ends anyway. */
const LAST_RESORT_MS = 1_000;

/** A run with the menu, from the command line to its exit code. */
async function run(options: Options): Promise<number> {
  const { statisticsPath } = options;
  const table =
    statisticsPath === undefined
      ? undefined
      : await (await import('./experiment/statistics-file.ts')).StatisticsFile.at(statisticsPath);
  const program = await build(options);
  const { peer, neighbours, folder, downloads, reporter } = program;
  const terminal = new Terminal({ noColor: !options.color, readInput: options.menu });
  const screen = new Screen({
    terminal,
    address: () => peer.address,
    messages: options.messages,
    online: options.bar ? () => neighbours.list().filter(({ status }) => status === 'ONLINE') : undefined,
    waiting: () => peer.waiting,
  });
  program.addReporter(screen);

  const stop = new AbortController();
  // Every request under way listens to it: many listeners are no leak.
  setMaxListeners(0, stop.signal);
  // A person knows of the Ctrl-C; whoever waits for a script is told.
  let end: number = EXIT.ok;
  const onSignal = (name?: string) => {
    if (name === 'SIGINT' && options.menu && !terminal.isInteractive) end = INTERRUPTED;
    // Whoever asks twice does not want to wait for the BYEs.
    if (stop.signal.aborted) process.exit(end);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  terminal.onInterrupt(() => onSignal());
  terminal.onOutputClosed(() => stop.abort());

  try {
    await program.start();
  } catch (error) {
    terminal.close();
    throw error;
  }
  const failures = new FailedDownloads();
  program.addReporter(failures);
  const uploads = new Uploads();
  program.addReporter(uploads);
  const ask = untilAborted(screen.ask, stop.signal);
  const statistics = new Statistics();
  const context: commands.Context = {
    peer,
    neighbours,
    folder,
    downloads,
    statistics,
    reporter,
    ask,
    signal: stop.signal,
    isInteractive: terminal.isInteractive,
    overwrite: options.overwrite,
    chunkSize: options.chunkSize,
  };
  let isWarned = false;
  terminal.onInterrupt(() => {
    // The second Ctrl-C is meant for the program.
    if (context.download?.signal.aborted === false) return context.download.abort();
    const underWay = uploads.underWay();
    if (isWarned || stop.signal.aborted || underWay.length === 0) return onSignal();
    isWarned = true;
    reporter.report({ event: 'uploads-under-way', uploads: underWay, isPostponed: true });
  });
  const cause = options.menu ? await menuLoop(context, uploads) : await aborted(stop.signal);
  const cut = terminal.isInteractive ? [] : uploads.underWay();
  if (cut.length > 0) reporter.report({ event: 'uploads-under-way', uploads: cut, isPostponed: false });
  // The prompt is over; what is told from here on stands below it.
  terminal.close();
  await program.leave(cause);
  const isWritten = await written(table?.write(statistics.summary()));
  if (end !== EXIT.ok) return end;
  // A person has seen what failed; a script is told.
  if (failures.any && !terminal.isInteractive) return failures.areUndecided ? EXIT.differ : EXIT.notFetched;
  return isWritten ? EXIT.ok : EXIT.failure;
}

/** Whether a last file could be written; says so where not. */
async function written(writing: Promise<void> | undefined): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    process.stderr.write(`eachare: "${escape(error.path)}" ${reason(error.code)}\n`);
    return false;
  }
}

/** Whether a download has failed by itself: one that was cancelled has not. */
class FailedDownloads implements Reporter {
  any = false;
  /** Nothing but that: there were several contents, and none was chosen. */
  areUndecided = true;

  report(event: AppEvent): void {
    if (event.event !== 'download-failed' || event.code === 'aborted') return;
    this.any = true;
    if (event.code !== 'sources-differ') this.areUndecided = false;
  }
}

/** Asks and obeys until the person, a signal or the end of the input says that it is enough. */
async function menuLoop(context: commands.Context, uploads: Uploads): Promise<commands.LeaveCause> {
  let show: Question['show'];
  for (;;) {
    const input = await context.ask({ ask: 'menu', ...completionsOf(context), show });
    if (context.signal.aborted) return 'signal';
    if (input === undefined) return 'end-of-input';
    show = undefined;
    const typed = parseCommand(input);
    if (typed?.command === 'help') show = 'help';
    else if (typed?.command === 'sair') {
      if (await mayLeave(context, uploads)) return 'menu';
    } else if (typed !== undefined) await obey(context, typed);
    else if (input.trim() !== '') {
      context.reporter.report({ event: 'choice-rejected', input, among: 'menu' });
      if (context.isInteractive === true) show = 'prompt';
    }
  }
}

async function obey(context: commands.Context, { command, rest }: TypedCommand): Promise<void> {
  const wanted = rest === '' ? undefined : rest;
  switch (command) {
    case 'peers':
      return commands.listPeers(context, wanted);
    case 'obter':
      return commands.obtainPeers(context);
    case 'arquivos':
      return commands.listLocalFiles(context);
    case 'buscar':
      return commands.searchFiles(context, wanted);
    case 'estatisticas':
      return commands.showStatistics(context);
    case 'chunk':
      return commands.changeChunkSize(context, wanted);
    case 'add':
      return commands.addNeighbour(context, rest);
    case 'forget':
      return commands.forgetNeighbour(context, rest);
    case 'help':
    case 'sair':
  }
}

/** What the Tab key may put behind a command. */
function completionsOf({ neighbours, found }: commands.Context) {
  const names = new Set(found?.files.map(({ name }) => name));
  return { known: neighbours.list().map(({ address }) => address), names: [...names] };
}

/** A person who leaves while others download from here is asked, once. */
async function mayLeave(context: commands.Context, uploads: Uploads): Promise<boolean> {
  const underWay = uploads.underWay();
  if (context.isInteractive !== true || underWay.length === 0) return true;
  const answer = await context.ask({ ask: 'leave', uploads: underWay });
  return answer === undefined || isYes(answer);
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
  baixar: async (args, around) => (await import('./batch/baixar.ts')).baixar(args, around),
  listar: async (args, around) => (await import('./batch/listar.ts')).listar(args, around),
  peers: async (args, around) => (await import('./batch/peers.ts')).peers(args, around),
  pronto: async (args, around) => (await import('./batch/pronto.ts')).pronto(args, around),
  diagrama: async (args, around) => (await import('./diagram/diagrama.ts')).diagrama(args, around),
  chave: async (args, around) => (await import('./chave.ts')).chave(args, around),
  avaliar: async (args, around) => (await import('./conformance/avaliar.ts')).avaliar(args, around),
  conferir: async (args, around) => (await import('./diagram/conferir.ts')).conferir(args, around),
  completar: async (args, around) =>
    (await import('./manual/completar.ts')).completar(args, around, {
      version: version(),
      all: () => allHelps(around),
    }),
  experimento: async (args, around) =>
    (await import('./experiment/experimento.ts')).experimento(args, around),
};

function version(): string {
  return (createRequire(import.meta.url)('../package.json') as { version: string }).version;
}

/** The helps of all commands, of which the man page and the completions are made: a new row above is in them by itself. */
async function allHelps(around: Surroundings): Promise<string[]> {
  const main = parseOptions(['--ajuda'], version());
  const helps = ['show' in main ? main.show : ''];
  for (const subcommand of Object.values(SUBCOMMANDS)) {
    let help = '';
    await subcommand(['--ajuda'], { ...around, stdout: { write: (text) => (help += text) } });
    helps.push(help);
  }
  return helps;
}

/** What a subcommand gets of the outside. */
function surroundings(): Surroundings {
  const { stdin, stdout, stderr } = process;
  // A reader such as `head` has seen enough.
  stdout.on('error', () => process.exit(EXIT.ok));
  const signal = () => {
    const stop = new AbortController();
    const onSignal = (name: (typeof SIGNALS)[number]) => {
      // Whoever asks twice does not want to wait.
      if (stop.signal.aborted) process.exit(SIGNAL_EXIT + constants.signals[name]);
      stop.abort(name);
    };
    for (const name of SIGNALS) process.on(name, onSignal);
    setMaxListeners(0, stop.signal);
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
  try {
    const invocation = parseOptions(argv, version());
    if ('show' in invocation) process.stdout.write(invocation.show);
    else return await run(invocation.run);
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
