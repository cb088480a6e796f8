import type { Outcome } from './engine/download-options.ts';
import type { Chunk } from './engine/plan.ts';
import { ProtocolError } from '../errors.ts';
import type { Message } from '../protocol/message.ts';
import { isSameName } from '../protocol/names.ts';

/** What some programs write where base64 should be; both happen to be base64 of three bytes. */
const ERROR_WORDS: readonly string[] = ['None', 'ERRO'];

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
