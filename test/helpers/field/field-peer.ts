import { CallbackProgram } from './callback.ts';
import type { FieldOptions, FieldProgram } from './field-program.ts';
import { LineProgram } from './line.ts';
import { MultilineProgram } from './multiline.ts';
import { OutboxProgram } from './outbox.ts';
import { PersistentProgram } from './persistent.ts';
import { PrefixedProgram } from './prefixed.ts';
import { RawProgram } from './raw.ts';
import type { Quirks } from './quirks.ts';

const PROGRAMS = {
  line: LineProgram,
  prefixed: PrefixedProgram,
  raw: RawProgram,
  callback: CallbackProgram,
  persistent: PersistentProgram,
  outbox: OutboxProgram,
  multiline: MultilineProgram,
};

export type FieldDialect = keyof typeof PROGRAMS;

/** A running program of the field. */
export type FieldPeer = FieldProgram;

export const FieldPeer = {
  /** Starts one on a free port and waits until it listens. */
  async start(dialect: FieldDialect, options: FieldOptions = {}): Promise<FieldPeer> {
    const program = new PROGRAMS[dialect](options);
    await program.listen(options.port);
    return program;
  },
};

/** The dialects of the table in section 7 with the variants that it tells. */
export const VARIANTS: readonly (readonly [what: string, dialect: FieldDialect, quirks: Quirks])[] = [
  ['line', 'line', {}],
  ['line without its newline', 'line', { ending: 'none' }],
  ['line with a NUL', 'line', { ending: 'nul' }],
  ['line that forgets to close', 'line', { forgetsToClose: true }],
  ['line that reads to the end', 'line', { reads: 'to-end' }],
  ['line that reads once', 'line', { reads: 'once', singleRead: true }],
  ['line that answers HELLO', 'line', { answersHello: true }],
  ['prefixed', 'prefixed', {}],
  ['raw', 'raw', {}],
  ['callback', 'callback', {}],
  ['callback without newline', 'callback', { ending: 'none' }],
  ['callback whose FIN comes a little later', 'callback', { finDelayMs: 2 }],
  ['persistent', 'persistent', {}],
  ['multiline', 'multiline', {}],
];

/** Several that live and end together. */
export class FieldPeers implements AsyncDisposable {
  readonly all: FieldPeer[] = [];

  async start(dialect: FieldDialect, options: FieldOptions): Promise<void> {
    this.all.push(await FieldPeer.start(dialect, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((peer) => peer[Symbol.asyncDispose]()));
  }
}
