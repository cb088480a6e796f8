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
  /** What came from sources that answer the request for a chunk with the whole file: they are asked for it once. */
  readonly #wholes = new Map<Source<Address>, Buffer>();
  #signal: AbortSignal | undefined;

  constructor(wanted: WantedChunks) {
    this.#wanted = wanted;
  }

  ask(source: Source<Address>, chunk: Chunk, signal: AbortSignal, settle: (outcome: Outcome) => void): void {
    const whole = this.#wholes.get(source);
    // Never before this returns: whoever asks would go deeper with each chunk.
    if (whole !== undefined) return queueMicrotask(() => settle(part(whole, chunk)));
    // Outside of sessions every request under way listens to it.
    if (signal !== this.#signal) setMaxListeners(0, (this.#signal = signal));
    this.#stream(source).ask(chunk.index, signal, (reply) => settle(this.#outcome(reply, source, chunk)));
  }

  #outcome(reply: Message | Error, source: Source<Address>, chunk: Chunk): Outcome {
    if (reply instanceof Error) return reply;
    const whole = wholeOf(reply, source.token, this.#wanted.size);
    if (whole === undefined) return chunkOf(reply, source.token, chunk);
    if (this.#wanted.chunks > 1) this.#wholes.set(source, whole);
    return part(whole, chunk);
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

function part(whole: Buffer, { offset, length }: Chunk): Buffer {
  return whole.subarray(offset, offset + length);
}

/** The bytes of the whole file, where that is what the reply to the request for a chunk holds (protocol, section 7). */
function wholeOf(reply: Message, token: string, size: number): Buffer | undefined {
  const isWhole =
    reply.type === 'FILE' &&
    isSameName(reply.token, token) &&
    reply.index === 0 &&
    reply.size === 0 &&
    reply.data.length === size;
  return isWhole ? reply.data : undefined;
}

/**
 * The bytes of the chunk that was asked for, out of the reply; a ProtocolError `wrong-chunk` where they are not there. The
 * length is known beforehand; the size that the reply tells is not to be trusted, some programs echo ours.
 * @param token under which the source has listed the file
 */
function chunkOf(reply: Message, token: string, { index, length }: Chunk): Outcome {
  if (reply.type !== 'FILE') return new ProtocolError('unexpected-type', reply.type);
  const { data } = reply;
  const isError = data.length === 3 && reply.size !== 3 && ERROR_WORDS.includes(data.toString('base64'));
  const isIt = isSameName(reply.token, token) && reply.index === index && data.length === length;
  return isIt && !isError ? data : new ProtocolError('wrong-chunk');
}
