import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { FileError } from '../../errors.ts';
import { MAX_KNOWN_DIGESTS, MAX_WAITING_DIGESTS } from '../../limits.ts';
import { fileError, passFileError } from '../file-error.ts';
import { identityOf, readFully, type Folder, type ListedFile } from '../folder.ts';

export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A file is hashed in pieces of this size, each less than a millisecond of the event loop. */
export const HASH_PIECE_BYTES = 256 * 1024;

/** After so much of a file its turn is over: the file with least left goes on, after a rest as long as the turn was. */
const TURN_BYTES = 64 * HASH_PIECE_BYTES;

/**
 * The times of a file move in steps of up to 10 ms (the tick of a Linux kernel, exFAT): what was written more recently may
 * change without a trace, and its digest is not remembered.
 */
const FILE_CLOCK_TICK_MS = 20;

/** A digest is given up when its last asker has gone and none has come for so long; one that got `busy` asks again each second. */
const ABANDONED_AFTER_MS = 5_000;

/** A name whose digest was asked for. */
interface Wanted {
  readonly digest: Promise<FileDigest>;
  /** Those who wait for it now. */
  askers: number;
  readonly stop: AbortController;
  /** Runs while no asker waits for it. */
  timer: NodeJS.Timeout | undefined;
}

/** A file in the queue. */
interface Job {
  readonly name: string;
  readonly signal: AbortSignal;
  file: ListedFile;
  readonly hash: ReturnType<typeof createHash>;
  /** Bytes hashed; undefined before the first turn. */
  position: number | undefined;
  /** Whether the file has not been written to just before it was read. */
  isSettled: boolean;
  readonly resolve: (digest: FileDigest) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The digests of the files that we share. What is known of a file that did not change since costs one look at it;
 * MAX_KNOWN_DIGESTS are remembered, the least recently asked for goes.
 *
 * Hashing must not cost the others much, whatever is asked for: one file is hashed at a time, for all who ask for it, the one
 * with least left first, so that a huge one does not hold up the small ones; after each turn it rests as long as it has
 * worked; and a digest without askers is given up.
 */
export class Digests {
  readonly #folder: Folder;
  readonly #find: (name: string) => Promise<ListedFile>;
  /** By the identity of the file: a file that got another name, or has two, is the same file. */
  readonly #known = new LRUCache<string, string>({ max: MAX_KNOWN_DIGESTS });
  readonly #wanted = new Map<string, Wanted>();
  readonly #queue = new Set<Job>();
  readonly #leaving = new AbortController();
  #running: Promise<void> | undefined;

  /** @param find looks at a name in the folder, and throws FileError `not-found` for what is not listed */
  constructor(folder: Folder, find: (name: string) => Promise<ListedFile>) {
    this.#folder = folder;
    this.#find = find;
  }

  /**
   * @param signal aborted when its asker does not wait any longer; the digest goes on for ABANDONED_AFTER_MS
   * @throws FileError whatever `find` throws, `busy` where MAX_WAITING_DIGESTS files wait already or all askers of this
   *   one have gone, `changed` where the file changed while it was read, `io`, which is also the answer after `close`
   */
  get(name: string, signal?: AbortSignal): Promise<FileDigest> {
    const wanted = this.#wanted.get(name) ?? this.#want(name);
    wanted.askers += 1;
    clearTimeout(wanted.timer);
    const onGone = () => {
      wanted.askers -= 1;
      if (wanted.askers > 0 || this.#wanted.get(name) !== wanted) return;
      wanted.timer = setTimeout(() => wanted.stop.abort(), ABANDONED_AFTER_MS).unref();
    };
    signal?.addEventListener('abort', onGone, { once: true });
    if (signal?.aborted === true) onGone();
    return wanted.digest;
  }

  /** Remembers a digest that is known without reading the file again; a file that cannot be found is left alone. */
  async note(name: string, sha256: string): Promise<void> {
    try {
      this.#known.set(identityOf((await this.#find(name)).stats), sha256);
    } catch (error) {
      // It has gone or was replaced by something that we do not share: there is nothing to remember.
      passFileError(error);
    }
  }

  /** Stops the hashing at its next piece; all who wait get FileError `io`. Done once no file is open. */
  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#running;
  }

  #want(name: string): Wanted {
    const stop = new AbortController();
    const digest = this.#digest(name, stop.signal).finally(() => {
      clearTimeout(wanted.timer);
      this.#wanted.delete(name);
    });
    const wanted: Wanted = { digest, askers: 0, stop, timer: undefined };
    this.#wanted.set(name, wanted);
    return wanted;
  }

  async #digest(name: string, signal: AbortSignal): Promise<FileDigest> {
    const file = await this.#find(name);
    this.#check(file, signal);
    const known = this.#recall(file);
    if (known !== undefined) return known;
    // One is at work, the others wait.
    if (this.#queue.size > MAX_WAITING_DIGESTS) throw new FileError('busy', file.shown);
    return new Promise((resolve, reject) => {
      const hash = createHash('sha256');
      this.#queue.add({ name, signal, file, hash, position: undefined, isSettled: false, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    for (let job = this.#shortest(); job !== undefined; job = this.#shortest()) {
      const begun = performance.now();
      let digest: FileDigest | undefined;
      try {
        digest = await this.#turn(job);
      } catch (error) {
        this.#queue.delete(job);
        job.reject(error);
        continue;
      }
      if (digest === undefined) await this.#rest(performance.now() - begun);
      else {
        this.#queue.delete(job);
        job.resolve(digest);
      }
    }
    // In the same turn as the last look at the queue: a later request begins anew.
    this.#running = undefined;
  }

  #shortest(): Job | undefined {
    const left = ({ file, position }: Job) => Number(file.stats.size) - (position ?? 0);
    let shortest: Job | undefined;
    for (const job of this.#queue) if (shortest === undefined || left(job) < left(shortest)) shortest = job;
    return shortest;
  }

  /** Hashes the next TURN_BYTES of a file, which is open only meanwhile; its digest once it is at its end. */
  async #turn(job: Job): Promise<FileDigest | undefined> {
    if (job.position === undefined) {
      // Looked at anew: it may have changed in the queue, or been hashed under its other name.
      job.file = await this.#find(job.name);
      this.#check(job.file, job.signal);
      const known = this.#recall(job.file);
      if (known !== undefined) return known;
      job.isSettled = Math.abs(Date.now() - Number(job.file.stats.mtimeMs)) > FILE_CLOCK_TICK_MS;
    }
    const { file, name } = job;
    const size = Number(file.stats.size);
    const identity = identityOf(file.stats);
    job.position = await this.#hash(job, job.position ?? 0, size, identity);
    if (job.position < size) return undefined;
    const after = await this.#find(name);
    if (identityOf(after.stats) !== identity) throw new FileError('changed', file.shown);
    const sha256 = job.hash.digest('hex');
    // Two writes within one tick leave the same time: the second one would not show.
    if (job.isSettled) this.#known.set(identity, sha256);
    return { size, sha256 };
  }

  async #hash(job: Job, from: number, size: number, identity: string): Promise<number> {
    const { file, hash, signal } = job;
    const end = Math.min(size, from + TURN_BYTES);
    try {
      const { handle } = await this.#folder.open(file, (stats) => identityOf(stats) === identity);
      try {
        const piece = Buffer.allocUnsafe(Math.min(HASH_PIECE_BYTES, end - from));
        for (let at = from; at < end; at += piece.length) {
          const bytes = piece.subarray(0, end - at);
          await readFully(handle, bytes, at, file.shown);
          this.#check(file, signal);
          hash.update(bytes);
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fileError(error, file.shown);
    }
    return end;
  }

  async #rest(milliseconds: number): Promise<void> {
    try {
      await delay(milliseconds, undefined, { ref: false, signal: this.#leaving.signal });
    } catch (error) {
      // We are leaving.
      if (!this.#leaving.signal.aborted) throw error;
    }
  }

  #check({ shown }: ListedFile, signal: AbortSignal): void {
    if (this.#leaving.signal.aborted) throw new FileError('io', shown);
    if (signal.aborted) throw new FileError('busy', shown);
  }

  #recall({ stats }: ListedFile): FileDigest | undefined {
    const sha256 = this.#known.get(identityOf(stats));
    return sha256 === undefined ? undefined : { size: Number(stats.size), sha256 };
  }
}
