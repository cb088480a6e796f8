import type { Readable, Writable } from 'node:stream';

export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface StreamOptions {
  readonly input?: Input;
  readonly output?: Output;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** No colour, whatever the streams are. */
  readonly noColor?: boolean;
  /** False leaves the input alone: nobody will ask. */
  readonly readInput?: boolean;
}

/** The streams, and what follows from what they are; found out once. */
export interface Streams {
  readonly input: Input;
  readonly output: Output;
  readonly readInput: boolean;
  /** The output is a screen, whose last line can change. */
  readonly isLive: boolean;
  /** And a person types below it. */
  readonly isInteractive: boolean;
  /** For chalk. NO_COLOR counts if it is not empty (no-color.org). */
  readonly colorLevel: 0 | 1;
}

export function inspectStreams(options: StreamOptions): Streams {
  const { input = process.stdin, output = process.stdout, env = process.env, readInput = true } = options;
  const isLive = output.isTTY === true && env['TERM'] !== 'dumb';
  const isInteractive = isLive && input.isTTY === true && readInput;
  const colorLevel = isLive && options.noColor !== true && (env['NO_COLOR'] ?? '') === '' ? 1 : 0;
  return { input, output, readInput, isLive, isInteractive, colorLevel };
}
