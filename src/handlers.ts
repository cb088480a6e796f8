import { FileError } from './errors.ts';
import { DIGEST_WAIT_MS, FILE_SLICE_BYTES, MAX_CHUNK_BYTES, MAX_OPEN_FILES } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import type { Draft, FileDraft, Message, MessageOf } from './protocol/message.ts';
import { encodeName, possibleNames } from './protocol/names.ts';

/**
 * What each request means: a message in, a draft of the reply out (protocol, section 3). Opens no socket and
 * stamps nothing. What every message has in common (clock, origin is ONLINE) is done by Peer before.
 */

export interface SharedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface OpenFile {
  readonly size: number;
  /**
   * Exactly these bytes.
   * @throws FileError `out-of-range`, `changed` where the file became another one, `io`
   */
  read(offset: number, length: number): Promise<Buffer>;
  /** The same where they are in memory; undefined where the disk has to be asked. */
  readNow(offset: number, length: number): Buffer | undefined;
}

/** The shared folder, as far as others may look into it. */
export interface Share {
  /** @throws FileError where the folder cannot be read */
  list(): Promise<readonly SharedFile[]>;
  /** @throws FileError `not-found` for whatever `list` does not list */
  open(name: string): Promise<OpenFile>;
  /** As `open`, where that needs no look at the disk. */
  openNow(name: string): OpenFile | undefined;
  /**
   * Size and hexadecimal SHA-256 of a file. Takes as long as reading it, but for one that is known already.
   * @throws FileError as `open`, `changed`, `busy`
   */
  digest(name: string): Promise<{ readonly size: number; readonly sha256: string }>;
  /** Size in bytes of a file listed or opened before, without a look at the disk. */
  sizeOf(name: string): number | undefined;
}

export class Handlers {
  readonly #neighbours: Neighbours;
  readonly #share: Share;
  /** The names that tokens were found to mean lately. */
  readonly #meant = new Map<string, string>();

  constructor(neighbours: Neighbours, share: Share) {
    this.#neighbours = neighbours;
    this.#share = share;
  }

  /**
   * The reply to a request, undefined where none is due.
   * @throws FileError where the request has no honest answer: the caller closes without one
   */
  async reply(request: Message): Promise<Draft | undefined> {
    switch (request.type) {
      case 'GET_PEERS':
        return {
          type: 'PEER_LIST',
          peers: this.#neighbours.list().filter(({ address }) => address !== request.origin),
        };
      case 'LS': {
        const files = await this.#share.list();
        return { type: 'LS_LIST', files: files.map(({ name, size }) => ({ token: encodeName(name), size })) };
      }
      case 'DL':
        return this.#chunk(request);
      case 'DIGEST':
        return { type: 'DIGEST_OF', token: request.token, ...(await this.#digest(request.token)) };
      case 'HELLO':
      case 'RETURN_HELLO':
      case 'PEER_LIST':
      case 'LS_LIST':
      case 'FILE':
      case 'DIGEST_OF':
      case 'ERROR':
      case 'BYE':
        return undefined;
    }
  }

  /** How many chunks the requested file has, where that is known without asking the disk. */
  chunksOf({ token, size }: MessageOf<'DL'>): number | undefined {
    if (size === 0) return undefined;
    for (const name of possibleNames(token)) {
      const bytes = this.#share.sizeOf(name);
      if (bytes !== undefined) return Math.ceil(bytes / size);
    }
    return undefined;
  }

  /** The reply to a DL, and how many chunks its file has, where all of it is in memory; undefined elsewhere. */
  chunkNow({ token, size, index }: MessageOf<'DL'>): { draft: FileDraft; chunks: number } | undefined {
    const name = this.#meant.get(token);
    const file = name === undefined || size === 0 ? undefined : this.#share.openNow(name);
    if (file === undefined) return undefined;
    const offset = index * size;
    if (offset >= file.size) return undefined;
    const data = file.readNow(offset, Math.min(size, file.size - offset));
    if (data === undefined) return undefined;
    const chunks = Math.ceil(file.size / size);
    return { draft: { type: 'FILE', token, size: data.length, index, data }, chunks };
  }

  /** What the token means, by trying; remembered, within a bound. */
  async #meaning<T>(token: string, look: (name: string) => Promise<T>): Promise<T> {
    for (const name of possibleNames(token)) {
      try {
        const found = await look(name);
        this.#meant.set(token, name);
        if (this.#meant.size > MAX_OPEN_FILES) {
          const [oldest = ''] = this.#meant.keys();
          this.#meant.delete(oldest);
        }
        return found;
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== 'not-found') throw error;
      }
    }
    throw new FileError('not-found', token);
  }

  async #digest(token: string): Promise<{ readonly size: number; readonly sha256: string }> {
    const digest = this.#meaning(token, (name) => this.#share.digest(name));
    let timer: NodeJS.Timeout | undefined;
    const wait = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new FileError('busy', token)), DIGEST_WAIT_MS);
    });
    // Whoever is told `busy` asks again; what has failed by then is told then.
    digest.catch(() => undefined);
    return Promise.race([digest, wait]).finally(() => clearTimeout(timer));
  }

  async #chunk({ token, size, index }: MessageOf<'DL'>): Promise<Draft> {
    const whole = size === 0;
    if (whole && index !== 0) throw new FileError('out-of-range', token);
    const file = await this.#meaning(token, (name) => this.#share.open(name));
    const offset = index * size;
    // Chunk 0 of an empty file is asked for by programs that know no better, and is empty.
    if (offset > file.size || (offset === file.size && index > 0)) throw new FileError('out-of-range', token);
    const length = whole ? file.size : Math.min(size, file.size - offset);
    if (!whole && length > MAX_CHUNK_BYTES) throw new FileError('too-large', token);
    const first = Math.min(length, FILE_SLICE_BYTES);
    const data = await file.read(offset, first);
    const draft = { type: 'FILE', token, size: whole ? 0 : length, index, data } as const;
    if (first === length) return draft;
    return {
      ...draft,
      rest: { bytes: length - first, slices: slices(file, offset + first, offset + length) },
    };
  }
}

async function* slices(file: OpenFile, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += FILE_SLICE_BYTES)
    yield await file.read(at, Math.min(FILE_SLICE_BYTES, to - at));
}
