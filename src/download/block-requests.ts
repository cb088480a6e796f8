import type { Source } from './engine/chunks.ts';
import type { ByteRange } from './engine/download-options.ts';
import { MAX_BLOCK_BYTES } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import type { WantedChunks } from './chunk-requests.ts';

/** A download of up to so many chunks is made of DL and FILE, so that people see each of them (protocol, section 6). */
const MOST_CHUNKS_SHOWN = 64;

/** Asks the sources of one download for blocks, those that have them. */
export class BlockRequests {
  readonly #wanted: WantedChunks;
  readonly #streams = new Map<Source<Address>, ReturnType<Peer['chunksFrom']>>();

  constructor(wanted: WantedChunks) {
    this.#wanted = wanted;
  }

  /** Whether this source is to be asked for blocks. */
  areFrom(source: Address): boolean {
    return this.#wanted.chunks > MOST_CHUNKS_SHOWN && this.#wanted.peer.hasBlocks(source);
  }

  /**
   * Asks for these bytes, in as many blocks as that takes.
   * @param take gets them in their order, and returns what the next ones are to wait for
   */
  ask(
    source: Source<Address>,
    [from, to]: ByteRange,
    take: (bytes: Buffer) => Promise<void> | undefined,
    settle: (error?: Error) => void,
  ): void {
    const stream = this.#stream(source);
    let isSettled = false;
    for (let offset = from; offset < to && !isSettled; offset += MAX_BLOCK_BYTES) {
      const length = Math.min(MAX_BLOCK_BYTES, to - offset);
      // Behind a block that broke off nothing fits any more.
      const takeNext = (bytes: Buffer) => (isSettled ? undefined : take(bytes));
      stream.askBlock({ offset, length }, takeNext, (outcome) => {
        const error = outcome instanceof Error ? outcome : undefined;
        if (isSettled || (error === undefined && offset + length < to)) return;
        isSettled = true;
        settle(error);
      });
    }
  }

  #stream(source: Source<Address>): ReturnType<Peer['chunksFrom']> {
    const known = this.#streams.get(source);
    if (known !== undefined) return known;
    const { chunkSize, chunks, peer } = this.#wanted;
    const stream = peer.chunksFrom(source.address, { token: source.token, size: chunkSize, chunks });
    this.#streams.set(source, stream);
    return stream;
  }
}
