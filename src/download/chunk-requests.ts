import { setMaxListeners } from 'node:events';
import type { Chunk, Source } from './engine/chunks.ts';
import type { Outcome } from './engine/download-options.ts';
import { ProtocolError } from '../errors.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import type { Message } from '../protocol/message.ts';
import { isSameName } from '../protocol/names.ts';

/** What some programs write where base64 should be; both happen to be base64 of three bytes. */
const ERROR_WORDS: readonly string[] = ['None', 'ERRO'];

export interface WantedChunks {
  readonly peer: Peer;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes. */
  readonly chunkSize: number;
  readonly chunks: number;
}

/** Asks the sources of one download for chunks, and takes from their replies what was asked for. */
export class ChunkRequests {
  readonly #wanted: WantedChunks;
  readonly #streams = new Map<Source<Address>, ReturnType<Peer['chunksFrom']>>();
  #signal: AbortSignal | undefined;

  constructor(wanted: WantedChunks) {
    this.#wanted = wanted;
  }

  ask(source: Source<Address>, chunk: Chunk, signal: AbortSignal, settle: (outcome: Outcome) => void): void {
    // Outside of sessions every request under way listens to it.
    if (signal !== this.#signal) setMaxListeners(0, (this.#signal = signal));
    this.#stream(source).ask(chunk.index, signal, (reply) =>
      settle(reply instanceof Error ? reply : chunkOf(reply, source.token, chunk, this.#wanted.size)),
    );
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

/**
 * The bytes of the chunk that was asked for, out of the reply; a ProtocolError `wrong-chunk` where they are not there. The
 * length is known beforehand; the size that the reply tells is not to be trusted, some programs echo ours. Some answer with
 * the whole file (protocol, section 7).
 * @param token under which the source has listed the file
 * @param size bytes of the whole file
 */
export function chunkOf(
  reply: Message,
  token: string,
  { index, offset, length }: Chunk,
  size: number,
): Outcome {
  if (reply.type !== 'FILE') return new ProtocolError('unexpected-type', reply.type);
  const { data } = reply;
  const isNamed = isSameName(reply.token, token);
  const isError = data.length === 3 && reply.size !== 3 && ERROR_WORDS.includes(data.toString('base64'));
  if (isNamed && reply.index === index && data.length === length && !isError) return data;
  const isWhole = isNamed && reply.index === 0 && reply.size === 0 && data.length === size;
  if (isWhole) return data.subarray(offset, offset + length);
  return new ProtocolError('wrong-chunk');
}
