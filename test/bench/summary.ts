import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFile, MIB } from './bytes-file.ts';
import { clock, median, type Row } from './measure.ts';
import { cpuSecondsOf } from './process-figures.ts';
import { ScreenPeer, type ScreenPeerOptions } from './screen-peer.ts';
import { SilentBuild } from './silent-build.ts';

const NAME = 'dados.bin';
const BYTES = 16 * MIB;
/** Downloads of one pair of processes; each pair turns out a little faster or slower than the one before. */
const ROUNDS = 3;
/** The difference that is looked for is small: as many pairs as this time allows. */
const WORTH_SECONDS = 45;

/** A server and a client of the same build. */
class Pair implements AsyncDisposable {
  /** Of all downloads but the first, which is the warm-up: by the wall, and of the processor on both sides. */
  seconds = 0;
  cpuSeconds = 0;
  readonly #server: ScreenPeer;
  readonly #client: ScreenPeer;

  private constructor(server: ScreenPeer, client: ScreenPeer) {
    this.#server = server;
    this.#client = client;
  }

  static async start(build: ScreenPeerOptions = {}): Promise<Pair> {
    const server = await ScreenPeer.serve(build);
    await makeFile(join(server.folder, NAME), BYTES);
    const args = ['--mensagens', 'resumo'];
    const client = await ScreenPeer.start({ ...build, neighbours: [server.address], args });
    return new Pair(server, client);
  }

  async warmUp(): Promise<void> {
    await this.#client.greet();
    await this.run();
    this.seconds = this.cpuSeconds = 0;
  }

  async run(): Promise<void> {
    const before = await this.#cpu();
    this.seconds += (await this.#client.download()).wall;
    this.cpuSeconds += (await this.#cpu()) - before;
    await rm(join(this.#client.folder, NAME));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client[Symbol.asyncDispose](), this.#server[Symbol.asyncDispose]()]);
  }

  async #cpu(): Promise<number> {
    return (await cpuSecondsOf(this.#client.pid)) + (await cpuSecondsOf(this.#server.pid));
  }
}

/** What the screen costs while it sums messages up, against a build that shows none, on both sides together. */
export async function benchSummary(): Promise<Row> {
  await using build = await SilentBuild.make();
  const cpu: number[] = [];
  const wall: number[] = [];
  const start = clock();
  do {
    await using summed = await Pair.start();
    await using silent = await Pair.start({ program: build.program });
    for (const pair of [summed, silent]) await pair.warmUp();
    for (let round = 0; round < ROUNDS; round++) {
      for (const pair of round % 2 === 0 ? [summed, silent] : [silent, summed]) await pair.run();
    }
    cpu.push(silent.cpuSeconds / summed.cpuSeconds);
    wall.push(silent.seconds / summed.seconds);
  } while (clock() - start < WORTH_SECONDS);
  return {
    what: 'messages summed up at chunk 256, against none, processor time',
    figure: `by the wall ${median(wall).toFixed(3)}, ${cpu.length} pairs of ${ROUNDS} downloads`,
    ratio: median(cpu),
    atLeast: 0.95,
  };
}
