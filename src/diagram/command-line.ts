import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../errors.ts';

/** What a subcommand gets from the front door: the only ways to the outside that it has. */
export interface Surroundings {
  readonly stdin: AsyncIterable<unknown>;
  readonly stdout: { write(text: string): unknown; readonly columns?: number | undefined };
  readonly stderr: { write(text: string): unknown };
  /** Aborted when the program is to end (Ctrl-C, SIGTERM); until it is asked for, a signal ends the program at once. */
  readonly signal: () => AbortSignal;
}

/** Documented in the help of each subcommand. */
export const EXIT = { ok: 0, failure: 1, usage: 2, broken: 4 } as const;

type Flags = NonNullable<ParseArgsConfig['options']>;
type Parsed<F extends Flags> = ReturnType<typeof parseArgs<{ options: F; allowPositionals: true }>>;

const HELP = { ajuda: { type: 'boolean', short: 'h' }, help: { type: 'boolean' } } as const;

/**
 * Reads the arguments of a subcommand; undefined where its help is asked for.
 * @throws UsageError with one line in Portuguese
 */
export function parse<F extends Flags>(args: readonly string[], options: F): Parsed<F> | undefined {
  try {
    const parsed = parseArgs({ args: [...args], options: { ...options, ...HELP }, allowPositionals: true });
    const values = parsed.values as { ajuda?: boolean; help?: boolean };
    return values.ajuda === true || values.help === true ? undefined : parsed;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(inPortuguese(error), { cause: error });
  }
}

function inPortuguese(error: TypeError & { code?: string }): string {
  const [option = ''] = /--?[\w-]+(?=[' ])/.exec(error.message) ?? [];
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `opção desconhecida: ${option}`;
  return /does not take/.test(error.message)
    ? `a opção ${option} não aceita um valor`
    : `a opção ${option} precisa de um valor`;
}

/** Runs a subcommand; wrong usage is one line on stderr and exit code 2. */
export async function guarded(
  name: string,
  { stderr }: Surroundings,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`eachare ${name}: ${error.message} (veja eachare ${name} --ajuda)\n`);
    return EXIT.usage;
  }
}
