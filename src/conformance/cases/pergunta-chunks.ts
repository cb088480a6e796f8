import { bytesOf, OFFERED, wishes, type Heard, type Wish } from '../heard.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';
import { about, first, found, type HeardCase, type Hearing } from './pergunta.ts';

/* Which chunks a program asks of whom (section 3). */

/** The requests for the file that most of was asked of. */
function mainWishes(hearing: Hearing): Wish[] {
  const all = wishes(hearing.heard);
  const count = (wish: Wish) =>
    all.filter(({ name, size }) => name === wish.name && size === wish.size).length;
  const [main] = [...all].sort((a, b) => count(b) - count(a));
  return main === undefined ? [] : all.filter(({ name, size }) => name === main.name && size === main.size);
}

function aboutChunks(
  name: string,
  title: string,
  judge: (all: readonly Wish[], hearing: Hearing) => Outcome,
): HeardCase {
  return about(name, 'DL/FILE', 3, title, '3', (hearing) => {
    const all = mainWishes(hearing);
    const [one] = all;
    if (one === undefined) return notApplicable('não veio: DL');
    if (one.size === 0) return notApplicable('pede o arquivo inteiro (0 0, da parte 2)');
    if (!Object.hasOwn(OFFERED, one.name)) return notApplicable('pede um arquivo que não foi oferecido');
    return judge(all, hearing);
  });
}

function judgeNames({ heard }: Hearing): Outcome {
  const all = wishes(heard);
  if (all.length === 0) return notApplicable('não veio: DL');
  const wrong = all.find(({ name }) => !Object.hasOwn(OFFERED, name));
  const expected = 'o nome como estava na lista';
  if (wrong !== undefined)
    return found(
      'broken',
      wrong.heard,
      expected,
      'repita o nome como veio no LS_LIST, sem o tamanho e sem o caminho',
    );
  const isHabit = ({ request }: Heard) =>
    request?.type === 'DL' && !Object.hasOwn(OFFERED, request.args[0] ?? '');
  const hint = 'hábito conhecido: o nome com o tamanho atrás dele, ou em base64';
  return first(heard, isHabit, expected, hint, 'tolerated') ?? HOLDS;
}

const chunksIn = ({ name, size }: Wish): number => Math.ceil((OFFERED[name]?.length ?? 0) / size);

function judgeIndexes(all: readonly Wish[]): Outcome {
  const beyond = all.find((wish) => bytesOf(wish) === undefined);
  const [one] = all;
  if (one === undefined) return HOLDS;
  const chunks = chunksIn(one);
  const told = `os índices 0 a ${chunks - 1}: ${OFFERED[one.name]?.length} bytes em chunks de ${one.size} são ${chunks}`;
  const hint = 'o número de chunks é o tamanho dividido pelo chunk, arredondado para cima; o primeiro é o 0';
  if (beyond !== undefined) return found('broken', beyond.heard, told, hint);
  const asked = new Set(all.map(({ index }) => index));
  const missing = Array.from({ length: chunks }, (_, index) => index).find((index) => !asked.has(index));
  return missing === undefined ? HOLDS : found('broken', one.heard, `${told} (faltou o ${missing})`, hint);
}

/**
 * Once all chunks are asked for, a few that do not come may be asked of the other source too (section 3: the end game); not most of
 * them, and not before.
 */
function judgeOnce(all: readonly Wish[]): Outcome {
  const [one] = all;
  if (one === undefined) return HOLDS;
  const chunks = chunksIn(one);
  const isRepeated = (wish: Wish, at: number) => all.slice(0, at).some(({ index }) => index === wish.index);
  const repeated = all.filter(isRepeated);
  const isEndGame = (wish: Wish) => {
    const before = all.slice(0, all.indexOf(wish));
    const first = before.find(({ index }) => index === wish.index);
    const asked = new Set(before.map(({ index }) => index)).size;
    return asked === chunks && first?.heard.source !== wish.heard.source;
  };
  const twice = repeated.length > chunks / 2 ? repeated[0] : repeated.find((wish) => !isEndGame(wish));
  if (twice === undefined) return HOLDS;
  return found(
    'broken',
    twice.heard,
    `o chunk ${twice.index} pedido uma só vez`,
    'distribua os índices entre as fontes, em vez de pedir todos a cada uma',
  );
}

function judgeSources(all: readonly Wish[], { heard, addresses }: Hearing): Outcome {
  const sources = new Set(all.map(({ heard: { source } }) => source));
  if (sources.size === 2) return HOLDS;
  const [one] = all;
  if (one === undefined || chunksIn(one) < 2)
    return notApplicable('um só chunk não se divide entre duas fontes');
  const isListed = ([0, 1] as const).every((source) =>
    heard.some((each) => each.source === source && each.request?.type === 'LS'),
  );
  if (!isListed) return notApplicable('LS não foi pedido às duas fontes');
  const unused = addresses[sources.has(0) ? 1 : 0];
  return found(
    'broken',
    one.heard,
    `alguns chunks pedidos também a ${unused}, que tem o mesmo arquivo`,
    'fontes com o mesmo nome e tamanho são o mesmo arquivo: peça os chunks a todas, em rodízio',
  );
}

export const PERGUNTA_CHUNKS: readonly HeardCase[] = [
  about('nome', 'DL/FILE', 2, 'pede um arquivo pelo nome que estava na lista', '1', judgeNames),
  aboutChunks('indices', 'pede todos os chunks, do 0 ao último, e nenhum além', judgeIndexes),
  aboutChunks('uma-vez', 'pede cada chunk uma só vez', judgeOnce),
  aboutChunks('duas-fontes', 'usa as duas fontes do mesmo arquivo', judgeSources),
];
