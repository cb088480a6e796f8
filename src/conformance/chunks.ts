import { ProtocolError } from '../errors.ts';
import { decodeBase64 } from '../protocol/base64.ts';
import { base64Token } from '../protocol/names.ts';
import type { Exchange } from './asker.ts';
import type { Exam, Offered } from './exam.ts';

/** The answer to one DL. */
export interface Chunk {
  readonly exchange: Exchange;
  readonly file: Offered;
  /** As asked for. */
  readonly size: number;
  readonly index: number;
  /** As told in the FILE; empty where there is none. */
  readonly name: string;
  readonly toldSize: string;
  readonly toldIndex: string;
  /** The bytes; undefined where there is no FILE, or what it holds is no base64. */
  readonly data: Buffer | undefined;
  /** It is the whole file instead of a chunk of it, as `FILE <name> 0 0`. */
  readonly isWhole: boolean;
}

/** A file of this size or less is fetched whole, in this many requests and as many with another chunk size. */
export const MOST_FETCHED = 1024 * 1024;
const REQUESTS = 12;
const OTHER_REQUESTS = 7;

/** Preferred: several chunks of 256 bytes, and not many. */
const GOOD_BYTES = 513;
const LARGE_BYTES = 20_000;

/** A name that no file of a shared folder has: what lists it may end when it is asked for. */
export const NO_FILE = /^\.|[/\\]|%2f/i;

/** The files that are asked for, the most useful one first; none of them is empty. */
export function usefulFiles(offers: readonly Offered[]): Offered[] {
  const rank = ({ size }: Offered) => (size >= GOOD_BYTES && size <= LARGE_BYTES ? 0 : size > 1 ? 1 : 2);
  const near = ({ size }: Offered) => Math.abs(Math.log(size / GOOD_BYTES));
  const isPlain = ({ token }: Offered) => !NO_FILE.test(token);
  const some = offers.filter((offered) => offered.size > 0 && isPlain(offered));
  return some.sort((a, b) => rank(a) - rank(b) || near(a) - near(b));
}

function strictBase64(text: string): Buffer | undefined {
  try {
    return decodeBase64(text);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Whether names travel in base64 (a habit of the field), found out at the first file. */
function wantsBase64(exam: Exam, { token }: Offered): Promise<boolean> {
  return exam.once('base64 names', async () => {
    const { ana } = exam.askers;
    const plain = await exam.once(`DL ${token} 256 0`, () => ana.ask('DL', [token, '256', '0']));
    if (plain.came !== 'nowhere') return false;
    const encoded = await ana.ask('DL', [base64Token(token), '256', '0']);
    return encoded.reading?.type === 'FILE';
  });
}

/** The name under which a file is asked for. */
export async function nameFor(exam: Exam, file: Offered): Promise<string> {
  const [first = file] = usefulFiles(await exam.offers());
  return (await wantsBase64(exam, first)) ? base64Token(file.token) : file.token;
}

/** Takes the answer to a DL apart. */
export function chunkOf(exchange: Exchange, file: Offered, size: number, index: number): Chunk {
  const { reading } = exchange;
  const isFile = reading?.type === 'FILE';
  const [name = '', toldSize = '', toldIndex = '', base64 = ''] = isFile ? reading.args : [];
  const data = isFile ? strictBase64(base64) : undefined;
  const isWhole = size > 0 && toldSize === '0' && toldIndex === '0' && data?.length === file.size;
  return { exchange, file, size, index, name, toldSize, toldIndex, data, isWhole };
}

/** Asks for a chunk, once for each. */
export async function chunk(exam: Exam, file: Offered, size: number, index: number): Promise<Chunk> {
  const name = await nameFor(exam, file);
  const args = [name, String(size), String(index)];
  const exchange = await exam.once(`DL ${args.join(' ')}`, () => exam.askers.ana.ask('DL', args));
  return chunkOf(exchange, file, size, index);
}

export function chunksOf({ size }: Offered, chunkSize: number): number {
  return Math.ceil(size / chunkSize);
}

/** A chunk size that divides the file into so many chunks. */
export function sizeFor(file: Offered, requests: number): number {
  return Math.max(1, Math.ceil(file.size / requests));
}

/** All chunks of a file at a chunk size, in order; it ends at the first one that is missing. */
export function allChunks(exam: Exam, file: Offered, size: number): Promise<Chunk[]> {
  return exam.once(`all of ${file.token} by ${size}`, async () => {
    const chunks: Chunk[] = [];
    for (let index = 0; index < chunksOf(file, size); index++) {
      const next = await chunk(exam, file, size, index);
      chunks.push(next);
      if (next.data === undefined) break;
    }
    return chunks;
  });
}

/** What the file holds, fetched in one chunk size; undefined where it is too large, or not all of it comes. */
export async function contentOf(
  exam: Exam,
  file: Offered,
  how: 'usual' | 'other' = 'usual',
): Promise<Buffer | undefined> {
  if (file.size > MOST_FETCHED) return undefined;
  const size = sizeFor(file, how === 'usual' ? REQUESTS : OTHER_REQUESTS);
  const chunks = await allChunks(exam, file, size);
  const data = chunks.flatMap((each) => each.data ?? []);
  return data.length === chunksOf(file, size) ? Buffer.concat(data) : undefined;
}
