import { LRUCache } from 'lru-cache';
import { FileError } from './errors.ts';
import { MAX_CHUNK_BYTES } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import type { Draft, FileDraft, FileEntry, Message, MessageOf } from './protocol/message.ts';
import { candidateNames, encodeName, type NameCandidate } from './protocol/names.ts';

/** A DIGEST that is not known yet is answered `busy` after this long, so that it does not hold up the requests after it. */
const DIGEST_WAIT_MS = 50;

/** A reply up to this size is one write (some programs read once); larger chunks go out in slices of it. Multiple of 3. */
export const FILE_SLICE_BYTES = 66 * 1024;

/** Tokens whose meaning is remembered: as many as files are served at the same time. */
const MAX_REMEMBERED_TOKENS = 64;

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
  /**
   * Fills a buffer with the bytes from there on.
   * @throws FileError as `read`
   */
  readInto(bytes: Buffer, offset: number): Promise<void>;
  /** The same where they are in memory; undefined where the disk has to be asked. */
  readNow(offset: number, length: number): Buffer | undefined;
}

/** The shared folder, as far as others may look into it. */
export interface Share {
  /**
   * The same array again where nothing has changed.
   * @throws FileError where the folder cannot be read
   */
  list(): Promise<readonly SharedFile[]>;
  /** @throws FileError `not-found` for whatever `list` does not list */
  open(name: string): Promise<OpenFile>;
  /** As `open`, where that needs no look at the disk. */
  openNow(name: string): OpenFile | undefined;
  /**
   * Size and hexadecimal SHA-256 of a file. Takes as long as reading it, but for one that is known already.
   * @param signal aborted when its asker waits no longer
   * @throws FileError as `open`, `changed`, `busy`
   */
  digest(name: string, signal?: AbortSignal): Promise<{ readonly size: number; readonly sha256: string }>;
  /** Size in bytes of a file listed or opened before, without a look at the disk. */
  sizeOf(name: string): number | undefined;
}

export class Handlers {
  readonly #neighbours: Neighbours;
  readonly #share: Share;
  /** The files that were listed last, and as they travel: while nothing changes, one array serves every LS. */
  #listed: { files: readonly SharedFile[]; entries: readonly FileEntry[] } = { files: [], entries: [] };
  /** What tokens were found to mean lately. */
  readonly #resolved = new LRUCache<string, NameCandidate>({ max: MAX_REMEMBERED_TOKENS });

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
          peers: this.#neighbours.listKnown().filter(({ address }) => address !== request.origin),
        };
      case 'LS': {
        return { type: 'LS_LIST', files: this.#entriesOf(await this.#share.list()) };
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
      case 'GET':
      case 'DATA':
      case 'DIGEST_OF':
      case 'ERROR':
      case 'BYE':
        return undefined;
    }
  }

  #entriesOf(files: readonly SharedFile[]): readonly FileEntry[] {
    if (files !== this.#listed.files) {
      this.#listed = { files, entries: files.map(({ name, size }) => ({ token: encodeName(name), size })) };
    }
    return this.#listed.entries;
  }

  /** How many chunks the requested file has, where that is known without asking the disk. */
  chunksOf({ token, size }: MessageOf<'DL'>): number | undefined {
    if (size === 0) return undefined;
    const resolved = this.#resolved.get(token);
    const known = resolved && this.#share.sizeOf(resolved.name);
    if (known !== undefined) return Math.ceil(known / size);
    for (const { name } of candidateNames(token)) {
      const bytes = this.#share.sizeOf(name);
      if (bytes !== undefined) return Math.ceil(bytes / size);
    }
    return undefined;
  }

  /** The reply to a DL where all of it is in memory; undefined elsewhere. */
  chunkNow({ token, size, index }: MessageOf<'DL'>): FileDraft | undefined {
    const resolved = this.#resolved.get(token);
    const file = resolved === undefined || size === 0 ? undefined : this.#share.openNow(resolved.name);
    if (resolved === undefined || file === undefined) return undefined;
    const offset = index * size;
    if (offset >= file.size) return undefined;
    const data = file.readNow(offset, Math.min(size, file.size - offset));
    if (data === undefined) return undefined;
    return { type: 'FILE', token: resolved.replyToken, size: data.length, index, data };
  }

  /**
   * The file that a GET asks for a part of, and the token under which to answer. Its bytes are read as they are sent.
   * @throws FileError `not-found`, `out-of-range`, and whatever the disk says
   */
  async block({ token, offset, length }: MessageOf<'GET'>): Promise<{ file: OpenFile; replyToken: string }> {
    const { found: file, replyToken } = await this.#resolve(token, (name) => this.#share.open(name));
    if (offset + length > file.size) throw new FileError('out-of-range', token);
    return { file, replyToken };
  }

  /**
   * What is found under the first name that a token may mean, and the token under which to answer.
   * @throws FileError `not-found` where there is none
   */
  async #resolve<T>(
    token: string,
    look: (name: string) => Promise<T>,
  ): Promise<{ readonly found: T; readonly replyToken: string }> {
    for (const candidate of candidateNames(token)) {
      try {
        const found = await look(candidate.name);
        this.#resolved.set(token, candidate);
        return { found, replyToken: candidate.replyToken };
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== 'not-found') throw error;
      }
    }
    throw new FileError('not-found', token);
  }

  async #digest(token: string): Promise<{ readonly size: number; readonly sha256: string }> {
    const patience = new AbortController();
    const look = (name: string) => this.#share.digest(name, patience.signal);
    const digest = this.#resolve(token, look).then(({ found }) => found);
    // After `busy` its asker asks again; what has failed by then is told then.
    digest.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const wait = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        patience.abort();
        reject(new FileError('busy', token));
      }, DIGEST_WAIT_MS);
    });
    return Promise.race([digest, wait]).finally(() => clearTimeout(timer));
  }

  async #chunk({ token, size, index }: MessageOf<'DL'>): Promise<Draft> {
    const whole = size === 0;
    if (whole && index !== 0) throw new FileError('out-of-range', token);
    const { found: file, replyToken } = await this.#resolve(token, (name) => this.#share.open(name));
    const offset = index * size;
    // Chunk 0 of an empty file is asked for by programs that know no better, and is empty.
    if (offset > file.size || (offset === file.size && index > 0)) throw new FileError('out-of-range', token);
    const length = whole ? file.size : Math.min(size, file.size - offset);
    if (!whole && length > MAX_CHUNK_BYTES) throw new FileError('too-large', token);
    const first = Math.min(length, FILE_SLICE_BYTES);
    const data = await file.read(offset, first);
    const draft = { type: 'FILE', token: replyToken, size: whole ? 0 : length, index, data } as const;
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
