import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileError } from '../disk/file-error.ts';
import { visible } from '../diagram/words.ts';
import { formatAddress, type Address } from '../protocol/address.ts';

/** The files that a source offers, by name. */
export type Files = ReadonlyMap<string, Buffer>;

export interface ServingPeerOptions {
  /** A folder of its own, which does not exist yet. */
  readonly home: string;
  readonly files: Files;
  /** Whom it knows. */
  readonly neighbour: Address;
  /** How another program is started, with places to fill in; undefined for this build. */
  readonly program: string | undefined;
}

/** From SIGTERM to SIGKILL: a BYE takes less. */
const GRACE_MS = 1_000;
/** The end of what a program has written to stderr is where the reason stands. */
const STDERR_CHARACTERS = 4_000;
const REASON_CHARACTERS = 200;

/** This build, compiled or not. */
const EACHARE = fileURLToPath(new URL(`../eachare${extname(import.meta.url)}`, import.meta.url));

/**
 * A program that serves files, as a process group of its own: whatever it starts itself ends with it, and a Ctrl-C in the
 * terminal does not reach it before us.
 */
export class ServingPeer {
  readonly address: Address;
  /** Resolves with the reason, in Portuguese, when it ends; by itself or not. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  #errors = '';
  #hasEnded = false;

  private constructor(address: Address, child: ChildProcess) {
    this.address = address;
    this.#process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-STDERR_CHARACTERS);
    });
    // A program that does not read its menu is none the worse for it.
    child.stdin?.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => this.#end(resolve, `não pôde ser iniciado (${error.message})`));
      child.on('exit', (code, signal) => {
        // What it has started may hold its stderr open: that is not waited for.
        setImmediate(() =>
          this.#end(
            resolve,
            signal === null ? `terminou com o código ${code ?? '?'}` : `terminou por ${signal}`,
          ),
        );
      });
    });
  }

  /** Starts it; it need not listen yet. @throws FileError where its folder cannot be written */
  static async start({ home, files, neighbour, program }: ServingPeerOptions): Promise<ServingPeer> {
    const folder = join(home, 'pasta');
    const neighbours = join(home, 'vizinhos.txt');
    await mkdir(folder, { recursive: true });
    await write(neighbours, `${neighbour}\n`);
    for (const [name, bytes] of files) await write(join(folder, name), bytes);
    const address = formatAddress({ host: '127.0.0.1', port: await freePort() });
    const options: SpawnOptions = { detached: true, stdio: ['pipe', 'ignore', 'pipe'] };
    if (program === undefined) {
      const args = [EACHARE, '--sem-menu', '--puro', '--sem-cor', address, neighbours, folder];
      return new ServingPeer(address, spawn(process.execPath, [...process.execArgv, ...args], options));
    }
    const command = filledIn(program, { endereco: address, vizinhos: neighbours, pasta: folder });
    return new ServingPeer(address, spawn(command, { ...options, shell: true }));
  }

  /** Ends it and all that it has started, kindly at first. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const patience = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(patience);
    this.kill();
  }

  /** Ends it and all that it has started at once. */
  kill(): void {
    this.#signal('SIGKILL');
    this.#process.stdin?.destroy();
    this.#process.stderr?.destroy();
  }

  #end(resolve: (reason: string) => void, reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const last = this.#errors.trimEnd().split('\n').at(-1) ?? '';
    resolve(last === '' ? reason : `${reason}: ${visible(last.trim().slice(0, REASON_CHARACTERS))}`);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // All of it has gone.
    }
  }
}

/** The places of a command line filled in, each as one word of the shell. */
export function filledIn(command: string, places: Readonly<Record<string, string>>): string {
  return command.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = places[name];
    return value === undefined ? whole : `'${value.replaceAll("'", "'\\''")}'`;
  });
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, content).catch((error: unknown) => {
    throw fileError(error, path);
  });
}

/** A port that nobody listens on at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
