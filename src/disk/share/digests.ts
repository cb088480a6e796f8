import { FileError } from '../../errors.ts';
import { FILE_CLOCK_TICK_MS, MAX_KNOWN_DIGESTS, MAX_WAITING_DIGESTS } from '../../limits.ts';
import { fileError } from '../file-error.ts';
import { hashFile } from './file-hash.ts';
import { identityOf, type ListedFile } from './listed-file.ts';

export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal digits. */
  readonly sha256: string;
}

/**
 * The digests of the files that we share. One file is hashed at a time, for all who ask for it meanwhile; what is known
 * of a file that did not change since costs one look at it. MAX_KNOWN_DIGESTS are remembered, the least recently asked
 * for goes.
 */
export class Digests {
  readonly #find: (name: string) => Promise<ListedFile>;
  /** By the identity of the file: a file that got another name, or has two, is the same file. */
  readonly #known = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<FileDigest>>();
  readonly #leaving = new AbortController();
  #lastTurn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param find looks at a name in the folder, and throws FileError `not-found` for what is not listed */
  constructor(find: (name: string) => Promise<ListedFile>) {
    this.#find = find;
  }

  /**
   * @throws FileError whatever `find` throws, `busy` where MAX_WAITING_DIGESTS files wait already, `changed` where the
   *   file changed while it was read, `io`, which is also the answer after `close`
   */
  get(name: string): Promise<FileDigest> {
    let digest = this.#underWay.get(name);
    if (digest === undefined) {
      digest = this.#digest(name);
      this.#underWay.set(name, digest);
    }
    return digest;
  }

  /** Remembers a digest that is known without reading the file again; a file that cannot be found is left alone. */
  async note(name: string, sha256: string): Promise<void> {
    try {
      this.#remember(await this.#find(name), sha256);
    } catch (error) {
      // It has gone or was replaced by something that we do not share: there is nothing to remember.
      fileError(error, name);
    }
  }

  /** Stops the hashing at its next piece; all who wait get FileError `io`. Done once no file is open. */
  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#lastTurn;
  }

  async #digest(name: string): Promise<FileDigest> {
    try {
      const file = await this.#find(name);
      this.#checkOpen(file);
      return this.#recall(file) ?? (await this.#hashInTurn(name, file));
    } finally {
      this.#underWay.delete(name);
    }
  }

  #hashInTurn(name: string, { shown }: ListedFile): Promise<FileDigest> {
    if (this.#waiting >= MAX_WAITING_DIGESTS) throw new FileError('busy', shown);
    this.#waiting += 1;
    const turn = this.#lastTurn.then(() => {
      this.#waiting -= 1;
      return this.#hash(name);
    });
    // Whoever asked gets the error; the next one only waits for the end.
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  async #hash(name: string): Promise<FileDigest> {
    // Looked at anew: it may have changed in the queue, or been hashed under its other name.
    const file = await this.#find(name);
    this.#checkOpen(file);
    const known = this.#recall(file);
    if (known !== undefined) return known;
    const isSettled = Math.abs(Date.now() - Number(file.stats.mtimeMs)) > FILE_CLOCK_TICK_MS;
    const sha256 = await hashFile(file, this.#leaving.signal);
    const after = await this.#find(name);
    if (identityOf(after.stats) !== identityOf(file.stats)) throw new FileError('changed', file.shown);
    // Two writes within one tick leave the same time behind: the second one would not show.
    if (isSettled) this.#remember(file, sha256);
    return { size: Number(file.stats.size), sha256 };
  }

  #checkOpen({ shown }: ListedFile): void {
    if (this.#leaving.signal.aborted) throw new FileError('io', shown);
  }

  #recall({ stats }: ListedFile): FileDigest | undefined {
    const identity = identityOf(stats);
    const sha256 = this.#known.get(identity);
    if (sha256 === undefined) return undefined;
    // Last in the Map, last to go.
    this.#known.delete(identity);
    this.#known.set(identity, sha256);
    return { size: Number(stats.size), sha256 };
  }

  #remember({ stats }: ListedFile, sha256: string): void {
    this.#known.set(identityOf(stats), sha256);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN_DIGESTS) break;
      this.#known.delete(oldest);
    }
  }
}
