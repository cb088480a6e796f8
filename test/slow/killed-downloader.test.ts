import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askedBytes } from '../helpers/asked-bytes.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers } from '../helpers/leftovers.ts';
import { sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers, seedOfRun } from '../helpers/random-numbers.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

/**
 * Downloads whose process is killed again and again, 52 times in all. A life loses what it has asked for and not noted: its
 * window, and what came in its last second. The file is so large and its line so slow that this is a small part of it.
 */
const CHAINS = 4;
const LIVES = 13;
const SIZE = 11_000_000;
const SLOW_LINE = { toClient: { bytesPerSecond: 800_000 } };
/** Bytes on the line before a life ends: up to two seconds, in which two notes are written. */
const LONGEST_LIFE_BYTES = 1_600_000;
const CHUNK_SIZES = [256, 777, 1000, 4096, 16_384, 65_536] as const;
const PATIENCE_MS = 30_000;

const seed = seedOfRun();
const data = randomBytes(SIZE);
const RIGHT = { event: 'download-finished', sha256: sha256Of(data), isProven: true };

/** One file that is downloaded in many lives, all but the last of them killed. */
class Chain implements AsyncDisposable {
  readonly source: TestPeer;
  readonly folder: string;
  readonly #numbers: RandomNumbers;
  readonly #line: FaultProxy;
  #isSlow = true;

  private constructor(source: TestPeer, folder: string, line: FaultProxy, numbers: RandomNumbers) {
    this.source = source;
    this.folder = folder;
    this.#line = line;
    this.#numbers = numbers;
  }

  static async start(numbers: RandomNumbers): Promise<Chain> {
    const source = await TestPeer.start({ files: { x: data } });
    const folder = await mkdtemp(join(tmpdir(), 'eachare-'));
    const line = await FaultProxy.start(source.port, () => (chain.#isSlow ? SLOW_LINE : {}));
    const chain = new Chain(source, folder, line, numbers);
    return chain;
  }

  /** Kills all lives but the last one, each at a moment of its own; resolves with the last one's final event. */
  async run(): Promise<unknown> {
    let next = this.#spawn();
    for (let life = 0; life < LIVES; life++) {
      await using peer = await next;
      // The next one starts meanwhile, and waits at its menu.
      next = this.#spawn();
      await this.#live(peer);
    }
    await using last = await next;
    this.#isSlow = false;
    last.type(1, 1, 4, 1);
    const end = await last.until(({ event }) => /^download-f/.test(event), PATIENCE_MS);
    last.type(9);
    expect(await last.exit).toEqual({ code: 0, signal: null });
    expect((await last.file('x')).equals(data)).toBe(true);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line.close();
    await this.source.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(): Promise<SpawnedPeer> {
    return SpawnedPeer.start({
      neighbours: [this.#line.address],
      args: ['--chunk', String(this.#numbers.pick(CHUNK_SIZES))],
      folderPath: this.folder,
    });
  }

  async #live(peer: SpawnedPeer): Promise<void> {
    const end = this.#line.bytesToClient + this.#numbers.below(LONGEST_LIFE_BYTES);
    peer.type(1, 1, 4, 1);
    const what = () => `byte ${end}\n${peer.screen}\n${peer.errors}`;
    await until(() => this.#line.bytesToClient >= end, PATIENCE_MS, what);
    peer.process.kill('SIGKILL');
    expect(await peer.exit).toEqual({ code: null, signal: 'SIGKILL' });
    // Nothing under its name before it is whole.
    expect((await readdir(this.folder)).filter((name) => !name.startsWith('.'))).toEqual([]);
  }
}

describe.concurrent(`a download whose process is killed ${LIVES} times (seed ${seed})`, () => {
  it.for(Array.from({ length: CHAINS }, (_, at) => at))(
    'is right in the end, and asks for less than twice its bytes: %i',
    { timeout: 120_000 },
    async (number) => {
      await using chain = await Chain.start(new RandomNumbers(seed + number));
      const end = await chain.run();
      expect(end).toMatchObject(RIGHT);
      expect(end).not.toMatchObject({ resumed: 0 });
      expect(askedBytes(chain.source.reporter.events, SIZE)).toBeLessThan(2 * SIZE);
      expect(await leftovers(chain.folder)).toEqual([]);
    },
  );
});
