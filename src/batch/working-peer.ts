import { setTimeout as sleep } from 'node:timers/promises';
import { constants } from 'node:os';
import { UsageError, RemoteError } from '../errors.ts';
import { inTurn } from '../network/in-turn.ts';
import { build, EXIT, StartupFailure, type Program } from '../program.ts';
import type { Address } from '../protocol/address.ts';
import { Progress } from '../terminal/progress.ts';
import { parse, type BatchOptions, type Summary } from './command-line.ts';

/** What a shell adds to the number of a signal. */
const SIGNAL_EXIT = 128;

/** Between two looks at a network that lacks something. */
const LOOK_AGAIN_MS = 1_000;

/** What a subcommand gets from the front door. */
export interface Around {
  readonly stdout: {
    write(text: string): unknown;
    readonly columns?: number | undefined;
    readonly isTTY?: boolean;
  };
  readonly stderr: { write(text: string): unknown };
  /** Aborted, with the name of the signal, when the program is to end. */
  readonly signal: () => AbortSignal;
}

/** What a subcommand does between HELLO and BYE. */
export interface Work {
  readonly program: Program;
  readonly options: BatchOptions;
  readonly signal: AbortSignal;
  /** Columns; Infinity where nobody looks. */
  readonly width: number;
  readonly print: (lines: readonly string[]) => void;
  /** One line on stderr, where it may be seen. */
  readonly say: (text: string) => void;
}

/** One line on stderr for what cannot begin; the text of a help on stdout. */
export async function guarded(
  name: string,
  { stderr }: Around,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof StartupFailure)) throw error;
    const hint = error instanceof UsageError ? ` (veja eachare ${name} --ajuda)` : '';
    stderr.write(`eachare ${name}: ${error.message}${hint}\n`);
    return error instanceof UsageError ? EXIT.usage : error.exitCode;
  }
}

/** The exit code of what a signal has ended. */
export function signalExit(signal: AbortSignal): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return SIGNAL_EXIT + (numbers[String(signal.reason)] ?? constants.signals.SIGINT);
}

/** Starts a peer, lets it work, says BYE, and returns the exit code. */
export function withPeer(
  args: readonly string[],
  around: Around,
  summary: Summary,
  work: (tools: Work) => Promise<number>,
): Promise<number> {
  return guarded(summary.name, around, async () => {
    const options = parse(args, summary);
    if (typeof options === 'string') {
      around.stdout.write(options);
      return EXIT.ok;
    }
    const { stdout, stderr } = around;
    const program = await build(options);
    const progress = new Progress({ isShown: options.output !== 'silent', noColor: !options.color });
    program.addReporter(progress);
    const signal = around.signal();
    try {
      await program.start();
    } catch (error) {
      progress.close();
      throw error;
    }
    const width = stdout.isTTY === true ? (stdout.columns ?? Infinity) : Infinity;
    const print = (lines: readonly string[]) => {
      progress.clear();
      if (options.output !== 'silent' && lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
    };
    const say = (text: string) => {
      progress.clear();
      if (options.output !== 'silent') stderr.write(`eachare ${summary.name}: ${text}\n`);
    };
    const code = await work({ program, options, signal, width, print, say });
    progress.close();
    await program.leave(signal.aborted ? 'signal' : 'end-of-input');
    return signal.aborted ? signalExit(signal) : code;
  });
}

/** HELLO to everybody, and GET_PEERS to those who are there, until nobody new comes or the reach is used up. */
export async function greetAll({ program, options, signal }: Work): Promise<void> {
  const { peer, neighbours } = program;
  const greeted = new Set<Address>();
  const ask = async (address: Address, isLast: boolean) => {
    await peer.hello(address, signal);
    if (isLast || signal.aborted || neighbours.get(address)?.status !== 'ONLINE') return;
    try {
      await peer.request(address, { type: 'GET_PEERS' }, { signal });
    } catch (error) {
      // Peer has reported what is wrong with it.
      if (!(error instanceof RemoteError)) throw error;
    }
  };
  for (let step = 0; step <= options.reach && !signal.aborted; step += 1) {
    const fresh = neighbours
      .listKnown()
      .map(({ address }) => address)
      .filter((address) => !greeted.has(address));
    if (fresh.length === 0) return;
    fresh.forEach((address) => greeted.add(address));
    await inTurn(fresh, (address) => ask(address, step === options.reach), signal);
  }
}

/** Looks until it is enough, the time of `--espera` is over, or a signal comes; returns what was seen last. */
export async function lookUntil<T>(
  { options, signal }: Work,
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
): Promise<T> {
  const until = performance.now() + options.waitMs;
  for (;;) {
    const seen = await look();
    if (isEnough(seen) || signal.aborted) return seen;
    const left = until - performance.now();
    if (left <= 0) return seen;
    await sleep(Math.min(LOOK_AGAIN_MS, left), undefined, { signal }).catch(() => undefined);
  }
}
