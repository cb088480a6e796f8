import { chunk, chunkOf, chunksOf, contentOf, nameFor, usefulFiles } from '../chunks.ts';
import { found, type Case, type Exam, type Offered } from '../exam.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';
import { CHUNK, judgeBytes, judgeLast, judgeSizes, judgeToldSize, smallChunk } from './chunk-bytes.ts';
import { CHUNK_SIZES } from './chunk-sizes.ts';

/*
 * DL and FILE (sections 1 and 3): the form of a FILE. Which bytes it holds is in `chunk-bytes.ts`, what needs several of them in
 * `chunk-sizes.ts`.
 */

/** What the cases about one file get. */
type Judge = (exam: Exam, file: Offered) => Outcome | Promise<Outcome>;

const NOTHING = notApplicable('nenhum arquivo na lista: compartilhe um de ao menos 600 bytes');

interface More {
  readonly rule?: string;
  readonly part?: 2 | 3;
  readonly unless?: readonly string[];
}

function aboutFile(
  name: string,
  title: string,
  needs: readonly string[],
  judge: Judge,
  { rule = '3', part = 3, unless = [] }: More = {},
): Case {
  return {
    id: `dl-file.${name}`,
    group: 'DL/FILE',
    part,
    title,
    rule,
    needs,
    unless,
    judge: async (exam) => {
      const [file] = usefulFiles(await exam.offers());
      return file === undefined ? NOTHING : judge(exam, file);
    },
  };
}

const FORM = '<origem> <relógio> FILE <nome> <bytes neste chunk> <índice> <base64>';
const WHOLE_ALWAYS = notApplicable('responde sempre com o arquivo inteiro');

async function judgeAnswer(exam: Exam, file: Offered): Promise<Outcome> {
  const first = await chunk(exam, file, CHUNK, 0);
  if (first.isWhole && chunksOf(file, CHUNK) > 1)
    return found('tolerated', first.exchange, {
      expected: `FILE ${first.name} ${CHUNK} 0 <base64 de ${CHUNK} bytes>`,
      hint: 'hábito conhecido: o arquivo inteiro como resposta a um chunk',
    });
  if (first.exchange.reading?.type === 'FILE') {
    if ((await nameFor(exam, file)) === file.token) return HOLDS;
    return found('tolerated', first.exchange, {
      expected: `uma resposta a DL ${file.token} ${CHUNK} 0, com o nome como está na lista`,
      hint: 'hábito conhecido: nomes em base64 em DL e FILE',
    });
  }
  // Where the index begins with 1 there may be no chunk 0: that is the matter of another case.
  if (chunksOf(file, CHUNK) > 1 && (await chunk(exam, file, CHUNK, 1)).exchange.reading?.type === 'FILE')
    return HOLDS;
  return found('broken', first.exchange, {
    expected: FORM,
    hint: 'um arquivo que está na lista de LS precisa ser encontrado pelo mesmo nome; abra-o dentro da pasta compartilhada',
  });
}

async function judgeIndex(exam: Exam, file: Offered): Promise<Outcome> {
  const size = smallChunk(file);
  for (const index of [0, 1].slice(0, chunksOf(file, size))) {
    const each = await chunk(exam, file, size, index);
    if (each.isWhole) return WHOLE_ALWAYS;
    if (each.exchange.reading?.type !== 'FILE' || each.toldIndex === String(index)) continue;
    return found('broken', each.exchange, {
      expected: `FILE ${each.name} <bytes> ${index} …: o índice que foi pedido (veio ${each.toldIndex})`,
      hint: 'repita o índice do DL, e leia os bytes a partir de índice × tamanho',
    });
  }
  return HOLDS;
}

async function judgeWhole(exam: Exam, file: Offered): Promise<Outcome> {
  const whole = await chunk(exam, file, 0, 0);
  const content = await contentOf(exam, file);
  const isTold = whole.toldSize === '0' && whole.toldIndex === '0';
  const isComparable = content?.length === file.size;
  const isRight = isComparable ? whole.data?.equals(content) : whole.data?.length === file.size;
  if (isTold && isRight === true) return HOLDS;
  return found('broken', whole.exchange, {
    expected: `FILE ${whole.name || file.token} 0 0 <base64 dos ${file.size} bytes>`,
    hint: 'DL <nome> 0 0, da parte 2, pede o arquivo inteiro: um chunk de tamanho 0 não é uma divisão por zero',
  });
}

async function judgeEmpty(exam: Exam): Promise<Outcome> {
  const empty = (await exam.offers()).find(({ size }) => size === 0);
  if (empty === undefined) return notApplicable('compartilhe um arquivo de 0 bytes');
  const name = await nameFor(exam, empty);
  const exchange = await exam.askers.ana.ask('DL', [name, '0', '0']);
  const { data } = chunkOf(exchange, empty, 0, 0);
  const expected = `FILE ${name} 0 0, sem nada depois`;
  if (exchange.reading?.type !== 'FILE' || data?.length !== 0)
    return found('broken', exchange, {
      expected,
      hint: 'um arquivo vazio existe, e o seu conteúdo são 0 bytes',
    });
  const isAlways = (await exam.ls()).reading?.tail.startsWith(' ');
  if (isAlways === true || !exchange.reading.tail.startsWith(' ')) return HOLDS;
  return found('tolerated', exchange, {
    expected,
    hint: 'hábito conhecido: um espaço no fim, no lugar do base64 de nada',
  });
}

export const DL_FILE: readonly Case[] = [
  aboutFile('resposta', 'a resposta a DL é FILE', [], judgeAnswer, { rule: '1' }),
  aboutFile(
    'nome',
    'FILE traz o nome que foi pedido',
    ['dl-file.resposta'],
    async (exam, file) => {
      const name = await nameFor(exam, file);
      const each = await chunk(exam, file, CHUNK, 0);
      if (each.exchange.reading?.type !== 'FILE' || each.name === name) return HOLDS;
      return found('broken', each.exchange, {
        expected: `FILE ${name} …`,
        hint: 'repita o nome como veio no DL, sem o caminho da pasta',
      });
    },
    { rule: '1' },
  ),
  aboutFile('indice', 'FILE traz o índice que foi pedido', ['dl-file.resposta'], judgeIndex, { rule: '1' }),
  aboutFile(
    'base64',
    'o conteúdo é base64 válido',
    ['dl-file.resposta'],
    async (exam, file) => {
      const size = smallChunk(file);
      const each = await chunk(exam, file, size, chunksOf(file, size) > 1 ? 1 : 0);
      if (each.exchange.reading?.type !== 'FILE' || each.data !== undefined) return HOLDS;
      return found('broken', each.exchange, {
        expected: FORM,
        hint: 'base64 padrão (RFC 4648): alfabeto com + e /, "=" no fim, em uma só linha (em Python: base64.b64encode)',
      });
    },
    { rule: '1' },
  ),
  aboutFile(
    'do-zero',
    'o primeiro chunk é o de índice 0',
    ['dl-file.indice', 'dl-file.base64'],
    async (exam, file) => {
      const first = await chunk(exam, file, smallChunk(file), 0);
      if ((first.data?.length ?? 0) > 0) return HOLDS;
      return found('broken', first.exchange, {
        expected: `os bytes 0 a ${smallChunk(file) - 1} do arquivo`,
        hint: 'o índice começa em 0: leia a partir de índice × tamanho, e não de (índice − 1) × tamanho',
      });
    },
  ),
  aboutFile('bytes', 'um chunk tem exatamente os bytes pedidos', ['dl-file.do-zero'], judgeBytes),
  aboutFile('tamanho-dito', 'FILE diz quantos bytes vêm neste chunk', ['dl-file.bytes'], judgeToldSize, {
    rule: '1',
  }),
  {
    id: 'ls.tamanhos',
    group: 'LS',
    part: 2,
    title: 'os tamanhos da lista são verdadeiros',
    rule: '1',
    needs: ['dl-file.bytes'],
    judge: judgeSizes,
  },
  aboutFile('ultimo', 'o último chunk só tem o que sobra', ['dl-file.bytes', 'ls.tamanhos'], judgeLast),
  ...CHUNK_SIZES,
  aboutFile(
    'inteiro',
    'DL <nome> 0 0 traz o arquivo inteiro',
    ['dl-file.resposta', 'dl-file.base64'],
    judgeWhole,
    { rule: '1', part: 2, unless: ['dl-file.indice', 'dl-file.bytes', 'ls.tamanhos'] },
  ),
  aboutFile('vazio', 'um arquivo de 0 bytes vem vazio', ['dl-file.resposta'], judgeEmpty, {
    rule: '1',
    part: 2,
  }),
];
