import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DownloadingPeer, type MadeFile } from './downloading-peer.ts';
import type { Measurement } from './measurements.ts';
import { seededRandom, type Block, type PlannedDownload, type ProgramName } from './plan.ts';
import type { Settings } from './settings.ts';
import { SourceFailure, Sources } from './sources.ts';
import type { Files } from './serving-peer.ts';

/** Where an experiment stands. */
export interface Standing {
  readonly program: ProgramName;
  readonly next: PlannedDownload;
  /** Downloads that are done; the last of them, and the seconds that it took in all. */
  readonly done: number;
  readonly last: (PlannedDownload & { readonly program: ProgramName; readonly seconds: number }) | undefined;
}

export interface Outcome {
  readonly measurements: readonly Measurement[];
  /** Downloads that failed and do not count, each as a line in Portuguese. */
  readonly failures: readonly string[];
  /** Why it has ended before its end, a line in Portuguese; a signal is none. */
  readonly problem: string | undefined;
}

/** So many failures one after the other are no accident. */
const MAX_FAILURES_IN_A_ROW = 3;

/** A download may take so long, and three times what its link needs. */
const LONGEST_DOWNLOAD_MS = 300_000;
const BASE64_BITS_PER_BYTE = (8 * 4) / 3;

/** Bytes that no program can guess or compress, the same for the same seed. */
export function makeFiles(sizes: readonly number[], seed: number): { files: Files; made: MadeFile[] } {
  const files = new Map<string, Buffer>();
  const made: MadeFile[] = [];
  for (const size of sizes) {
    const random = seededRandom(seed + size);
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at += 1) bytes[at] = Math.floor(random() * 256);
    const name = `experimento-${size}.bin`;
    files.set(name, bytes);
    made.push({ name, size, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return { files, made };
}

/**
 * Does the downloads of a plan. Whatever happens, the processes have ended and the temporary folder is gone when it returns,
 * or when this process ends.
 * @throws FileError, or the error of the system, where the temporary folder cannot be written
 */
export class Experiment {
  readonly #settings: Settings;
  readonly #signal: AbortSignal;
  readonly #onStanding: (standing: Standing) => void;
  readonly #measurements: Measurement[] = [];
  readonly #failures: string[] = [];
  #done = 0;
  #inARow = 0;
  #last: Standing['last'];

  constructor(settings: Settings, signal: AbortSignal, onStanding: (standing: Standing) => void) {
    this.#settings = settings;
    this.#signal = signal;
    this.#onStanding = onStanding;
  }

  async run(blocks: readonly Block[], seed: number): Promise<Outcome> {
    const home = await mkdtemp(join(tmpdir(), 'eachare-experimento-'));
    const onExit = () => rmSync(home, { recursive: true, force: true });
    process.on('exit', onExit);
    let problem: string | undefined;
    try {
      const offered = makeFiles(this.#settings.fileSizes, seed);
      for (const [number, block] of blocks.entries()) {
        if (this.#signal.aborted) break;
        await this.#runBlock(block, join(home, String(number)), offered);
      }
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error;
      problem = error.message;
    } finally {
      // A program that is just going may still write into it.
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
      process.off('exit', onExit);
    }
    return { measurements: this.#measurements, failures: this.#failures, problem };
  }

  async #runBlock(
    block: Block,
    home: string,
    { files, made }: { readonly files: Files; readonly made: readonly MadeFile[] },
  ): Promise<void> {
    const { delayMs, bitsPerSecond, program } = this.#settings;
    const downloader = new DownloadingPeer(delayMs);
    const sources = new Sources();
    const onExit = () => sources.kill();
    process.on('exit', onExit);
    try {
      await downloader.listen();
      await mkdir(home);
      const isLinked = delayMs > 0 || bitsPerSecond < Infinity;
      const options = {
        home,
        count: block.peers,
        program: block.program === 'eachare' ? undefined : program,
        files,
        made,
        downloader,
        link: isLinked ? { delayMs, bitsPerSecond } : undefined,
      };
      await sources.start(options, this.#signal);
      for (const planned of block.downloads) {
        if (this.#signal.aborted) break;
        this.#onStanding({ program: block.program, next: planned, done: this.#done, last: this.#last });
        const file = made.find(({ size }) => size === planned.fileSize)!;
        await this.#download(block.program, planned, file, downloader, sources);
      }
    } finally {
      await sources.stop();
      await downloader.close();
      process.off('exit', onExit);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #download(
    program: ProgramName,
    planned: PlannedDownload,
    file: MadeFile,
    downloader: DownloadingPeer,
    sources: Sources,
  ): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#longest(file.size));
    const began = performance.now();
    const signal = AbortSignal.any([this.#signal, sources.signal, late.signal]);
    const taken = await downloader.download(file, sources.of(file), planned.chunkSize, signal);
    clearTimeout(timer);
    if (this.#signal.aborted) return;
    this.#done += 1;
    this.#last = { ...planned, program, seconds: (performance.now() - began) / 1000 };
    if (sources.failure !== undefined) throw sources.failure;
    if (typeof taken === 'string')
      return this.#fail(program, planned, late.signal.aborted ? 'demorou demais' : taken);
    this.#inARow = 0;
    if (planned.repetition === 0) return;
    this.#measurements.push({ ...planned, ...taken, program, order: this.#done, bytes: file.size });
  }

  #longest(bytes: number): number {
    const { bitsPerSecond } = this.#settings;
    return LONGEST_DOWNLOAD_MS + (3 * 1000 * bytes * BASE64_BITS_PER_BYTE) / bitsPerSecond;
  }

  #fail(program: ProgramName, { chunkSize, peers, fileSize }: PlannedDownload, why: string): void {
    const what = `chunk de ${chunkSize} bytes, peers: ${peers}, arquivo de ${fileSize} bytes (${program})`;
    this.#failures.push(`${what}: ${why}`);
    this.#inARow += 1;
    if (this.#inARow === MAX_FAILURES_IN_A_ROW)
      throw new SourceFailure(
        `${MAX_FAILURES_IN_A_ROW} downloads seguidos falharam; o último, ${what}: ${why}`,
      );
  }
}
