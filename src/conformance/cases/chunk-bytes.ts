import { chunk, chunksOf, usefulFiles, type Chunk } from '../chunks.ts';
import { found, type Exam, type Offered } from '../exam.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/* Which bytes a FILE holds, and how many (sections 1 and 3). */

/** The chunk size with which most is looked at. */
export const CHUNK = 256;
/** Larger than most files: one chunk is all of them. */
const LARGE_CHUNK = 65_536;
/** Files of which a few chunks are looked at. */
const FILES = 3;
const CHUNKS_OF_A_FILE = 4;

/** A chunk size that leaves no chunk but the last one shorter. */
export function smallChunk({ size }: Offered): number {
  return size > CHUNK ? CHUNK : Math.max(1, Math.floor(size / 2));
}

/** Chunk size of which the last chunk is a short one; undefined where the file is too small for that. */
function unevenChunk({ size }: Offered): number | undefined {
  if (size > CHUNK && size % CHUNK !== 0) return CHUNK;
  return size < 3 ? undefined : Math.floor(size / 2) + 1;
}

/** The first chunks of the first files, without the last chunk of each. */
async function fullChunks(exam: Exam): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (const file of usefulFiles(await exam.offers()).slice(0, FILES)) {
    const size = smallChunk(file);
    const full = Math.floor((file.size - 1) / size);
    for (let index = 0; index < Math.min(CHUNKS_OF_A_FILE, full); index++)
      chunks.push(await chunk(exam, file, size, index));
  }
  return chunks;
}

/** What becomes of bytes that are no text when they are read as one. */
const REPLACED = Buffer.from('\ufffd');
/** More than chance brings. */
const MANY_REPLACED = 3;

/** A chunk of a file that was read as text and cut afterwards: it is as long as it should be, and the file is longer. */
async function readAsText(exam: Exam, chunks: readonly Chunk[]): Promise<Chunk | undefined> {
  for (const each of chunks) {
    const { data = Buffer.alloc(0), file } = each;
    if (data.toString('latin1').split(REPLACED.toString('latin1')).length <= MANY_REPLACED) continue;
    const all = await chunk(exam, file, LARGE_CHUNK, 0);
    if ((all.data?.length ?? 0) > Math.min(file.size, LARGE_CHUNK - 1)) return each;
  }
  return undefined;
}

export async function judgeBytes(exam: Exam): Promise<Outcome> {
  const chunks = await fullChunks(exam);
  if (chunks.length === 0) return notApplicable('compartilhe um arquivo de ao menos 2 bytes');
  const wrong = chunks.find(({ data, size }) => data?.length !== size) ?? (await readAsText(exam, chunks));
  if (wrong === undefined) return HOLDS;
  return found('broken', wrong.exchange, {
    expected: `os ${wrong.size} bytes deste chunk como estão no arquivo (vieram ${lengthOf(wrong)})`,
    hint: 'leia o arquivo em modo binário (em Python: open(nome, "rb")) e codifique esses bytes, e não um texto',
  });
}

function lengthOf({ data, size }: Chunk): string {
  if (data === undefined) return 'nenhum';
  return data.length === size
    ? `${size}, mas de um texto: \\xef\\xbf\\xbd no lugar do que não é UTF-8`
    : String(data.length);
}

export async function judgeLast(exam: Exam, file: Offered): Promise<Outcome> {
  const size = unevenChunk(file);
  if (size === undefined) return notApplicable('compartilhe um arquivo de ao menos 3 bytes');
  const index = chunksOf(file, size) - 1;
  const last = await chunk(exam, file, size, index);
  const length = file.size - index * size;
  if (last.data?.length === length) return HOLDS;
  return found('broken', last.exchange, {
    expected: `${length} bytes: o resto de ${file.size} depois de ${index} × ${size} (vieram ${last.data?.length ?? 'nenhum'})`,
    hint: 'o último chunk só tem o que sobra do arquivo: nem completado até o tamanho pedido, nem esquecido',
  });
}

export async function judgeToldSize(exam: Exam, file: Offered): Promise<Outcome> {
  const size = unevenChunk(file) ?? smallChunk(file);
  for (const index of [0, chunksOf(file, size) - 1]) {
    const each = await chunk(exam, file, size, index);
    const { data } = each;
    if (data === undefined || each.toldSize === String(data.length)) continue;
    const expected = `FILE ${each.name} ${data.length} ${index} …: os bytes que vêm neste chunk (veio ${each.toldSize})`;
    if (each.toldSize === String(size) && data.length < size)
      return found('tolerated', each.exchange, {
        expected,
        hint: 'hábito conhecido: FILE com o tamanho pedido, embora o último chunk seja menor',
      });
    return found('broken', each.exchange, {
      expected,
      hint: 'conte os bytes antes do base64, e não os caracteres depois dele',
    });
  }
  return HOLDS;
}

/** Sizes in the list against what comes; what is padded is the matter of another case. */
export async function judgeSizes(exam: Exam): Promise<Outcome> {
  const files = usefulFiles(await exam.offers()).filter(({ size }) => size < LARGE_CHUNK);
  if (files.length === 0) return notApplicable('compartilhe um arquivo de 1 a 65535 bytes');
  for (const file of files.slice(0, FILES)) {
    const all = await chunk(exam, file, LARGE_CHUNK, 0);
    const length = all.data?.length ?? 0;
    if (length === file.size || length === LARGE_CHUNK) continue;
    return found('broken', all.exchange, {
      expected: `${file.size} bytes, o tamanho na lista (vieram ${length})`,
      hint: 'o tamanho é o do arquivo em bytes (em Python: os.path.getsize), e não o número de caracteres do texto',
    });
  }
  return HOLDS;
}
