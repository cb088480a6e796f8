import {
  chunk,
  chunkOf,
  chunksOf,
  contentOf,
  nameFor,
  usefulFiles,
  MOST_FETCHED,
  type Chunk,
} from '../chunks.ts';
import { found, type Case, type Exam, type Offered } from '../exam.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/* The same file in several chunk sizes and orders (section 3): whatever the way, it is the same bytes. */

const SIZES = [1, 7, 256, 1_000, 65_536] as const;

const NEEDS = ['dl-file.bytes', 'dl-file.ultimo', 'dl-file.exatos'];

const NOTHING = notApplicable('nenhum arquivo na lista: compartilhe um de ao menos 600 bytes');
const TOO_LARGE = notApplicable(`compartilhe um arquivo de 600 a ${MOST_FETCHED} bytes, para comparar`);

function about(
  name: string,
  title: string,
  judge: (exam: Exam, file: Offered, content: Buffer) => Promise<Outcome>,
  largerThan = 0,
): Case {
  return {
    id: `dl-file.${name}`,
    group: 'DL/FILE',
    part: 3,
    title,
    rule: '3',
    needs: NEEDS,
    judge: async (exam) => {
      const files = usefulFiles(await exam.offers());
      const fitting = files.filter(({ size }) => size <= MOST_FETCHED);
      const file = fitting.find(({ size }) => size > largerThan) ?? fitting[0];
      if (file === undefined) return files.length === 0 ? NOTHING : TOO_LARGE;
      const content = await contentOf(exam, file);
      if (content?.length !== file.size) return notApplicable('nem todos os chunks vieram');
      return judge(exam, file, content);
    },
  };
}

function judgeChunk(each: Chunk, content: Buffer, hint: string): Outcome {
  const { size, index, data } = each;
  const right = content.subarray(index * size, (index + 1) * size);
  if (data?.equals(right) === true) return HOLDS;
  return found('broken', each.exchange, {
    expected: `os bytes ${index * size} a ${index * size + right.length - 1} do arquivo, os mesmos que em outros tamanhos de chunk`,
    hint,
  });
}

function ofSize(size: number): Case {
  return about(
    `chunk-${size}`,
    `chunks de ${size === 1 ? '1 byte' : `${size} bytes`}`,
    async (exam, file, content) => {
      const last = chunksOf(file, size) - 1;
      for (const index of new Set([0, Math.min(1, last), last])) {
        const each = await chunk(exam, file, size, index);
        const outcome = judgeChunk(
          each,
          content,
          'o tamanho do chunk é o que vem no DL, e não o deste programa; leia a partir de índice × tamanho',
        );
        if (outcome.verdict !== 'holds') return outcome;
      }
      return HOLDS;
    },
    size,
  );
}

/** A chunk size that divides the file without a rest, in as few chunks as it goes. */
function evenChunk({ size }: Offered): number {
  for (let chunks = 2; chunks <= 64; chunks++) if (size % chunks === 0) return size / chunks;
  return size;
}

/** Of a file of exactly k chunks only the length of the last one is looked at: what it holds is the matter of the others. */
const EXACT: Case = {
  id: 'dl-file.exatos',
  group: 'DL/FILE',
  part: 3,
  title: 'um arquivo de exatamente k chunks: o último é inteiro',
  rule: '3',
  needs: ['dl-file.bytes', 'dl-file.ultimo'],
  judge: async (exam) => {
    const [file] = usefulFiles(await exam.offers());
    if (file === undefined) return NOTHING;
    const size = evenChunk(file);
    const last = await chunk(exam, file, size, file.size / size - 1);
    if (last.data?.length === size) return HOLDS;
    return found('broken', last.exchange, {
      expected: `${size} bytes, porque ${file.size} é múltiplo de ${size} (vieram ${last.data?.length ?? 'nenhum'})`,
      hint: 'quando o tamanho é múltiplo do chunk, o último não é vazio: resto 0 quer dizer inteiro',
    });
  },
};

export const CHUNK_SIZES: readonly Case[] = [
  EXACT,
  ...SIZES.map(ofSize),
  about('dois-tamanhos', 'o arquivo é o mesmo em dois tamanhos de chunk', async (exam, file, content) => {
    const other = await contentOf(exam, file, 'other');
    if (other?.equals(content) === true) return HOLDS;
    const size = Math.ceil(file.size / 7);
    for (let index = 0; index < chunksOf(file, size); index++) {
      const outcome = judgeChunk(
        await chunk(exam, file, size, index),
        content,
        'algum chunk vem de outro lugar do arquivo',
      );
      if (outcome.verdict !== 'holds') return outcome;
    }
    return HOLDS;
  }),
  about('fora-de-ordem', 'os chunks podem ser pedidos em qualquer ordem', async (exam, file, content) => {
    const size = Math.max(1, Math.ceil(file.size / 3));
    const name = await nameFor(exam, file);
    for (const index of [2, 0, 1, 0].filter((each) => each < chunksOf(file, size))) {
      const exchange = await exam.askers.ana.ask('DL', [name, String(size), String(index)]);
      const outcome = judgeChunk(
        chunkOf(exchange, file, size, index),
        content,
        'abra o arquivo a cada pedido e vá até índice × tamanho (seek): quem pede não segue a ordem, nem pede uma só vez',
      );
      if (outcome.verdict !== 'holds') return outcome;
    }
    return HOLDS;
  }),
  about(
    'ao-mesmo-tempo',
    'dois chunks pedidos ao mesmo tempo: cada pedido recebe o seu',
    async (exam, file, content) => {
      if (exam.target.manner.keeps) return notApplicable('usa uma só conexão: um pedido por vez');
      const size = Math.max(1, Math.ceil(file.size / 2));
      if (chunksOf(file, size) < 2) return notApplicable('compartilhe um arquivo de ao menos 2 bytes');
      const name = await nameFor(exam, file);
      const both = await Promise.all(
        [0, 1].map(async (index) => {
          const exchange = await exam.askers.ana.ask('DL', [name, String(size), String(index)]);
          return chunkOf(exchange, file, size, index);
        }),
      );
      const hint = 'cada conexão precisa das suas próprias variáveis: uma global é trocada pelo outro pedido';
      const outcomes = both.map((each) => judgeChunk(each, content, hint));
      return outcomes.find(({ verdict }) => verdict !== 'holds') ?? HOLDS;
    },
  ),
];
