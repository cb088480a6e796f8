import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished, vi } from 'vitest';
import { Emulator } from './emulator.ts';
import { patience } from './until.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const USUAL: Size = { columns: 80, rows: 24 };

/** A command on a pseudo-terminal of its own (util-linux's `script`), and the screen that a person would see. */
export class PseudoTerminal {
  readonly screen: Emulator;
  /** Exit code of the command. */
  readonly ended: Promise<number | null>;
  readonly #stdin: NodeJS.WritableStream;
  readonly #stdout: NodeJS.ReadableStream;

  /** @param command words for the shell; those with spaces in quotes */
  constructor(command: string, env: Readonly<Record<string, string>> = {}, { columns, rows } = USUAL) {
    this.screen = new Emulator(columns, rows);
    const line = `stty cols ${columns} rows ${rows}; exec ${command}`;
    const child = spawn('script', ['-qfec', line, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout.pipe(this.screen);
    this.#stdin = child.stdin;
    this.#stdout = child.stdout;
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
  }

  type(keys: string): void {
    this.#stdin.write(keys);
  }

  /** From now on nobody reads the screen, as after Ctrl-S. */
  stall(): void {
    this.#stdout.unpipe(this.screen);
    this.#stdout.pause();
  }

  /** Waits until the rows on the screen, those scrolled away included, are as asked. */
  async until(condition: (rows: string[]) => boolean, ms?: number): Promise<void> {
    try {
      await vi.waitUntil(async () => condition(await this.screen.seen()), {
        timeout: patience(ms),
        interval: 5,
      });
    } catch (cause) {
      throw new Error(`not on the screen:\n${(await this.screen.seen()).join('\n')}`, { cause });
    }
  }
}
