import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { open, mkdtemp, mkdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppEvent } from '../../src/events.ts';
import type { Address } from '../../src/protocol/address.ts';
import { patience } from './until.ts';

/** The program as `npm ci` builds it. */
export const PROGRAM = join(import.meta.dirname, '../../dist/eachare.js');

const POLL_MS = 10;

/** One line of the event log. */
export type LoggedEvent = AppEvent & {
  readonly v: number;
  readonly run: string;
  readonly seq: number;
  readonly t: string;
  readonly peer: string;
};

export interface SpawnOptions {
  /** Content of the shared folder by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Lines of the neighbours file. */
  readonly neighbours?: readonly string[];
  /** Another neighbours file than the one in its own folder. */
  readonly neighboursPath?: string;
  /** Another shared folder than the one in its own folder. */
  readonly folderPath?: string;
  /** A shell command that bounds what the process may use, run in front of it. */
  readonly limit?: string;
  /** More options for the command line. */
  readonly args?: readonly string[];
  /** Own address; port 0 by default. */
  readonly address?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every piece of the screen as it comes. */
  readonly onScreen?: (text: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built program as a process of its own, in a temporary folder, driven by its stdin and watched by its event log. */
export class SpawnedPeer implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  /** Temporary folder that holds everything of this peer. */
  readonly home: string;
  readonly folder: string;
  readonly neighboursPath: string;
  /** Everything written to stdout and stderr so far. */
  screen = '';
  errors = '';
  readonly exit: Promise<Exit>;
  readonly events: LoggedEvent[] = [];
  #exited = false;
  #log: FileHandle | undefined;
  #partial = '';

  private constructor(home: string, options: SpawnOptions) {
    this.home = home;
    this.folder = options.folderPath ?? join(home, 'shared');
    this.neighboursPath = options.neighboursPath ?? join(home, 'vizinhos.txt');
    const positional = [options.address ?? '127.0.0.1:0', this.neighboursPath, this.folder];
    const args = [
      PROGRAM,
      '--eventos',
      this.#logPath,
      '--tempos',
      '{"probeInterval":1}',
      ...(options.args ?? []),
      ...positional,
    ];
    // `exec`: signals are for the program, not for a shell around it.
    const shell = ['-c', `${options.limit ?? ':'} && exec "$0" "$@"`, process.execPath, ...args];
    this.process = spawn('sh', shell, { cwd: home, env: { ...process.env, ...options.env } });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text;
      options.onScreen?.(text);
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    // A process that is gone does not take its input any more.
    this.process.stdin.on('error', () => undefined);
    this.exit = new Promise((resolve) => {
      this.process.on('close', (code, signal) => {
        this.#exited = true;
        resolve({ code, signal });
      });
    });
  }

  /** Starts a peer and waits until it listens. */
  static async start(options: SpawnOptions = {}): Promise<SpawnedPeer> {
    const home = await mkdtemp(join(tmpdir(), 'eachare-'));
    await mkdir(join(home, 'shared'));
    await writeFile(
      join(home, 'vizinhos.txt'),
      (options.neighbours ?? []).map((line) => `${line}\n`).join(''),
    );
    for (const [name, content] of Object.entries(options.files ?? {})) {
      await writeFile(join(options.folderPath ?? join(home, 'shared'), name), content);
    }
    const peer = new SpawnedPeer(home, options);
    await peer.until((event) => event.event === 'peer-started');
    return peer;
  }

  get #logPath(): string {
    return join(this.home, 'eventos.jsonl');
  }

  get address(): Address {
    const started = this.events.find((event) => event.event === 'peer-started');
    if (started === undefined) throw new Error('not started');
    return started.address;
  }

  get port(): number {
    return Number(this.address.slice(this.address.lastIndexOf(':') + 1));
  }

  /** Types lines into the menu. */
  type(...lines: readonly (string | number)[]): void {
    this.process.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Waits for an event, past ones included, from `since` on (an index into `events`). */
  async until(predicate: (event: LoggedEvent) => boolean, ms?: number, since = 0): Promise<LoggedEvent> {
    return this.#poll(
      () => this.events.slice(since).find(predicate),
      ms,
      () => `no such event; last: ${JSON.stringify(this.events.slice(-5), null, 1)}`,
    );
  }

  /** Waits until the screen holds that text behind the given offset, and returns the offset behind it. */
  async untilScreen(text: string, from = 0, ms?: number): Promise<number> {
    const at = await this.#poll(
      () => {
        const found = this.screen.indexOf(text, from);
        return found === -1 ? undefined : found;
      },
      ms,
      () => `"${text}" is not on the screen`,
    );
    return at + text.length;
  }

  async neighboursFile(): Promise<string> {
    return readFile(this.neighboursPath, 'utf8');
  }

  async file(name: string): Promise<Buffer> {
    return readFile(join(this.folder, name));
  }

  /** Reads the rest of the event log; for use after the exit. */
  /** The event log of this run. */
  get logPath(): string {
    return this.#logPath;
  }

  async readEvents(): Promise<readonly LoggedEvent[]> {
    await this.#readLog();
    return this.events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exit;
    await this.#log?.close();
    await rm(this.home, { recursive: true, force: true });
  }

  async #poll<T>(look: () => T | undefined, ms: number | undefined, describe: () => string): Promise<T> {
    const deadline = performance.now() + patience(ms);
    for (;;) {
      const exited = this.#exited;
      await this.#readLog();
      const found = look();
      if (found !== undefined) return found;
      if (exited || performance.now() > deadline) {
        const state = exited ? 'the peer has ended' : `not within ${patience(ms)} ms`;
        throw new Error(
          `${state}: ${describe()}\nscreen:\n${this.screen.slice(-2000)}\nerrors:\n${this.errors}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #readLog(): Promise<void> {
    try {
      this.#log ??= await open(this.#logPath);
    } catch {
      return; // not there yet
    }
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.#log.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      // The log is ASCII but for names; those are compared as text only in tests with small logs.
      this.#partial += buffer.toString('utf8', 0, bytesRead);
      const lines = this.#partial.split('\n');
      this.#partial = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line) as LoggedEvent);
    }
  }
}
