import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../src/protocol/address.ts';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { clock } from './measure.ts';

const PATIENCE_MS = 10_000;

export interface ScreenPeerOptions {
  readonly neighbours?: readonly string[];
  readonly args?: readonly string[];
  /** Another build than that of this repository. */
  readonly program?: string;
  /** A shell command that bounds what the process may use, run in front of it. */
  readonly limit?: string;
}

/** What one download has taken, in seconds. */
export interface Taken {
  /** From the choice to the line that tells its end: with disk, check and rename. */
  readonly wall: number;
  /** What that line says: from the first request to the last chunk. */
  readonly told: number;
}

/**
 * The built program as its user runs it, without an event log, which has its own cost: a process in a temporary folder,
 * driven by its menu and watched on its screen.
 */
export class ScreenPeer implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly home: string;
  readonly folder: string;
  readonly #exited: Promise<unknown>;
  readonly #watchers = new Set<() => void>();
  #screen = '';

  private constructor(home: string, { args = [], program = PROGRAM, limit = ':' }: ScreenPeerOptions) {
    this.home = home;
    this.folder = join(home, 'shared');
    const positional = ['127.0.0.1:0', join(home, 'vizinhos.txt'), this.folder];
    // `exec`: signals are for the program, not for a shell around it.
    const shell = ['-c', `${limit} && exec "$0" "$@"`, process.execPath, program, ...args, ...positional];
    this.process = spawn('sh', shell, { cwd: home });
    const take = (text: string) => {
      this.#screen += text;
      for (const watch of this.#watchers) watch();
    };
    this.process.stdout.setEncoding('utf8').on('data', take);
    this.process.stderr.setEncoding('utf8').on('data', take);
    this.process.stdin.on('error', () => undefined);
    this.#exited = new Promise((resolve) => this.process.once('close', resolve));
  }

  static async start(options: ScreenPeerOptions = {}): Promise<ScreenPeer> {
    const home = await mkdtemp(join(tmpdir(), 'eachare-bench-'));
    await mkdir(join(home, 'shared'));
    const lines = (options.neighbours ?? []).map((line) => `${line}\n`);
    await writeFile(join(home, 'vizinhos.txt'), lines.join(''));
    const peer = new ScreenPeer(home, options);
    try {
      await peer.untilShown(/^Peer iniciado em \S+$/m);
      return peer;
    } catch (error) {
      await peer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A peer that only serves. */
  static serve(options: ScreenPeerOptions = {}): Promise<ScreenPeer> {
    return ScreenPeer.start({ ...options, args: ['--sem-menu', ...(options.args ?? [])] });
  }

  get address(): Address {
    return (/^Peer iniciado em (\S+)$/m.exec(this.#screen)?.[1] ?? '') as Address;
  }

  get port(): number {
    return Number(this.address.slice(this.address.lastIndexOf(':') + 1));
  }

  /** What of the screen matches, past text included, from an offset on. */
  untilShown(pattern: RegExp, from = 0, ms = PATIENCE_MS): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const look = () => {
        const found = pattern.exec(this.#screen.slice(from));
        if (found === null) return;
        done();
        resolve(found);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not on the screen within ${ms} ms: ${pattern}\n${this.#screen.slice(-2000)}`));
      }, ms);
      this.#watchers.add(look);
      look();
    });
  }

  /** HELLO to the first so many neighbours of the list. */
  async greet(count = 1): Promise<void> {
    for (let number = 1; number <= count; number++) {
      const from = this.#screen.length;
      this.#type(1, number);
      await this.untilShown(/status ONLINE$/m, from);
    }
  }

  /** Searches and downloads the file of that number. Rejects where the download fails. */
  async download(
    number = 1,
    ms = 120_000,
    onChosen: () => Promise<unknown> | void = () => undefined,
  ): Promise<Taken> {
    const before = this.#screen.length;
    this.#type(4);
    await this.untilShown(/^Digite o numero do arquivo/m, before);
    await onChosen();
    const from = this.#screen.length;
    const start = clock();
    this.#type(number);
    const [end] = await this.untilShown(/^Download do arquivo .* (finalizado\.|falhou.*)$/m, from, ms);
    const wall = clock() - start;
    if (!end.endsWith('finalizado.')) throw new Error(end);
    const told = await this.untilShown(/finalizado\.[^]*?(?:(\d+) min )?(\d+)(?:,(\d+))? s\b/, from);
    const [, minutes = 0, seconds, decimals = 0] = told;
    return { wall, told: Number(minutes) * 60 + Number(`${seconds}.${decimals}`) };
  }

  get pid(): number {
    return this.process.pid ?? NaN;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }

  #type(...lines: readonly (string | number)[]): void {
    this.process.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }
}
