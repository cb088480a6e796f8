import { ConnectionError, ProtocolError } from '../errors.ts';
import { LIST_LINE_GAP_MS, MAX_LISTED_FILES, MAX_REPLY_BYTES } from '../limits.ts';
import { entriesToCome, looksLikeMessage } from '../protocol/list-lines.ts';
import type { Connection } from './connection.ts';

/**
 * The lines of one list, where it has more than one (section 7), and what came behind it instead of a further line. Its count
 * may be wrong: silence and the next message end it too.
 * @throws ProtocolError `line-too-long`
 * @throws ConnectionError `reset`
 */
export async function readLines(
  connection: Connection,
  first: Buffer,
): Promise<{ lines: Buffer[]; next: Buffer | undefined }> {
  const lines = [first];
  let bytes = first.length;
  try {
    for (let due = Math.min(entriesToCome(first), MAX_LISTED_FILES); due > 0; due--) {
      const line = await connection.next(LIST_LINE_GAP_MS);
      if (line === undefined) break;
      if (looksLikeMessage(line)) return { lines, next: line };
      bytes += line.length;
      if (bytes > MAX_REPLY_BYTES) throw new ProtocolError('line-too-long', 'a list of many lines');
      lines.push(line);
    }
  } catch (error) {
    if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
  }
  return { lines, next: undefined };
}
