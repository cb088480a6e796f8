import { ConnectionError } from '../errors.ts';
import type { OpenFile } from '../handlers.ts';
import type { Connection } from './socket.ts';

/** Bytes that are read and written at once: as many as soon as the other side takes them quickly, fewer where it does not. */
const LARGEST_SLICE_BYTES = 256 * 1024;
const SMALLEST_SLICE_BYTES = 64 * 1024;
/** Milliseconds in which a slice is taken quickly; and in which it is not. */
const QUICK_MS = 100;
const SLOW_MS = 1_000;

/** Slices of one connection that are in memory: the disk is read while the network sends. A reader that stops holds 1 MiB. */
const SLICES_AHEAD = 4;
/** Slices of all connections together; every connection may have one beyond them. */
const MAX_SLICES = 128;
/** Buffers that are kept for the next slices. */
const MAX_SPARE = 16;

/** The buffers of all connections: no slice costs a new one while others are done with theirs. */
class Buffers {
  readonly #spare: Buffer[] = [];
  #used = 0;

  get areScarce(): boolean {
    return this.#used >= MAX_SLICES;
  }

  take(): Buffer {
    this.#used += 1;
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(LARGEST_SLICE_BYTES);
  }

  giveBack(buffer: Buffer): void {
    this.#used -= 1;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

const buffers = new Buffers();

interface Slice {
  readonly buffer: Buffer;
  readonly bytes: Buffer;
}

/** The bytes of one DATA, on their way from the disk. */
class Block {
  file: OpenFile | undefined;
  /** Where the next slice begins. */
  at: number;
  readonly end: number;
  /** Read, or being read, and not yet sent. */
  readonly slices: Promise<Slice>[] = [];
  #wake: (() => void) | undefined;

  constructor(offset: number, length: number) {
    this.at = offset;
    this.end = offset + length;
  }

  /** There is another slice, or there will be none. */
  changed(): void {
    this.#wake?.();
  }

  /** The next slice; undefined behind the last. */
  async next(): Promise<Slice | undefined> {
    while (this.slices.length === 0) {
      if (this.at >= this.end) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.slices.shift();
  }
}

/**
 * The blocks that one connection has asked for: read in the order of the requests, several slices ahead, into buffers that are used
 * again. What is read waits for its turn here, so a reader that stops holds its own slices and nobody else's.
 */
export class BlockSender {
  readonly #connection: Connection;
  /** Those with bytes that nobody has begun to read; and all that are not sent. */
  readonly #unread: Block[] = [];
  readonly #blocks = new Set<Block>();
  #slices = 0;
  #sliceBytes = SMALLEST_SLICE_BYTES;

  constructor(connection: Connection) {
    this.#connection = connection;
    void connection.closed.then(() => this.#blocks.forEach((block) => this.drop(block)));
  }

  /** Takes a place among the blocks of this connection, in the turn in which the request comes. */
  begin(offset: number, length: number): Block {
    const block = new Block(offset, length);
    this.#unread.push(block);
    this.#blocks.add(block);
    return block;
  }

  /**
   * Begins to read, and resolves when the first bytes are there.
   * @throws FileError they cannot be read
   */
  async open(block: Block, file: OpenFile): Promise<void> {
    block.file = file;
    this.#read();
    const first = await block.next();
    if (first === undefined) throw new ConnectionError('reset');
    block.slices.unshift(Promise.resolve(first));
  }

  /** Nothing of it is to be sent (any more). */
  drop(block: Block): void {
    this.#blocks.delete(block);
    const at = this.#unread.indexOf(block);
    if (at !== -1) this.#unread.splice(at, 1);
    block.at = block.end;
    for (const slice of block.slices.splice(0)) {
      slice.then(
        ({ buffer }) => this.#release(buffer),
        () => undefined,
      );
    }
    block.changed();
    this.#read();
  }

  /**
   * Hands all bytes of a block to the socket, right behind its head.
   * @throws FileError a part of them cannot be read
   */
  async send(block: Block): Promise<void> {
    try {
      for (let slice = await block.next(); slice !== undefined; slice = await block.next()) {
        const { buffer, bytes } = slice;
        const since = performance.now();
        this.#connection.writeRaw(bytes, () => {
          this.#adapt(performance.now() - since);
          this.#release(buffer);
        });
      }
    } catch (error) {
      this.drop(block);
      throw error;
    }
    this.#blocks.delete(block);
    if (this.#connection.isClosing) throw new ConnectionError('reset');
  }

  /** A write counts as a sign of life of the other side once all of it is taken: on a slow link it must not be a long one. */
  #adapt(milliseconds: number): void {
    if (milliseconds <= QUICK_MS) this.#sliceBytes = Math.min(this.#sliceBytes * 2, LARGEST_SLICE_BYTES);
    else if (milliseconds >= SLOW_MS) this.#sliceBytes = SMALLEST_SLICE_BYTES;
  }

  #release(buffer: Buffer): void {
    this.#slices -= 1;
    buffers.giveBack(buffer);
    this.#read();
  }

  #read(): void {
    for (;;) {
      const [block] = this.#unread;
      if (block?.file === undefined || this.#connection.isClosing) return;
      if (this.#slices >= SLICES_AHEAD || (this.#slices > 0 && buffers.areScarce)) return;
      const offset = block.at;
      const length = Math.min(this.#sliceBytes, block.end - offset);
      block.at += length;
      if (block.at === block.end) this.#unread.shift();
      const slice = this.#readSlice(block.file, offset, length);
      slice.catch(() => undefined);
      block.slices.push(slice);
      block.changed();
    }
  }

  async #readSlice(file: OpenFile, offset: number, length: number): Promise<Slice> {
    const buffer = buffers.take();
    this.#slices += 1;
    const bytes = buffer.subarray(0, length);
    try {
      await file.readInto(bytes, offset);
      return { buffer, bytes };
    } catch (error) {
      this.#release(buffer);
      throw error;
    }
  }
}
