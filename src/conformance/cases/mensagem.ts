import { parseAddress, splitAddress } from '../../protocol/address.ts';
import type { Exchange } from '../asker.ts';
import { found, type Case, type Exam } from '../exam.ts';
import { chunk, usefulFiles } from '../chunks.ts';
import { shownReply } from '../reading.ts';
import { HOLDS, type Outcome } from '../verdict.ts';

/* The form of messages (section 1), in every reply that came: judged last, and told first. */

/** How long a connection may stay open after its reply. */
const CLOSE_MS = 1_500;

const LINE = '<origem> <relógio> <TIPO> <argumentos>\\n';

/** Replies to requests that were nothing special, one of each type at least. */
async function replies(exam: Exam): Promise<Exchange[]> {
  await exam.once('forms', async () => {
    await exam.askers.ana.ask(exam.ping);
    const [file] = usefulFiles(await exam.offers());
    if (file !== undefined) await chunk(exam, file, 256, 0);
  });
  return exam.target.exchanges.filter(({ reading, type }) => reading !== undefined && type !== 'BYE');
}

function about(
  name: string,
  title: string,
  judge: (replies: Exchange[], exam: Exam) => Outcome | Promise<Outcome>,
): Case {
  return {
    id: `mensagem.${name}`,
    group: 'mensagem',
    part: 1,
    title,
    rule: '1',
    judge: async (exam) => judge(await replies(exam), exam),
  };
}

/** The first reply for which that is wrong. */
function first(
  exchanges: readonly Exchange[],
  isWrong: (exchange: Exchange) => boolean,
  expected: string,
  hint: string,
  verdict: 'broken' | 'tolerated' = 'broken',
): Outcome | undefined {
  const wrong = exchanges.find(isWrong);
  return wrong === undefined ? undefined : found(verdict, wrong, { expected, hint });
}

const tail = ({ reading }: Exchange): string => reading?.tail ?? '';
const text = ({ reading }: Exchange): string => reading?.text ?? '';
const body = (exchange: Exchange): string =>
  text(exchange).slice(0, text(exchange).length - tail(exchange).length);
const hasNewline = (exchange: Exchange): boolean => tail(exchange).includes('\n');

function judgeEnd(all: readonly Exchange[], { target: { manner } }: Exam): Outcome {
  const without = (each: Exchange) => !hasNewline(each);
  const names = {
    prefixed: 'dialeto prefixed: 8 bytes com o comprimento no lugar do "\\n"',
    raw: 'dialeto raw: sem "\\n", a mensagem termina com a conexão',
  };
  if (!all.some(without)) return HOLDS;
  if (!all.every(without)) {
    const hint =
      'algumas respostas têm o "\\n" e outras não: acrescente-o em um só lugar, onde se escreve no socket';
    return first(all, without, LINE, hint) ?? HOLDS;
  }
  const hint =
    manner.dialect === 'prefixed' || manner.dialect === 'raw'
      ? names[manner.dialect]
      : 'o "\\n" do fim é esquecido';
  return first(all, without, LINE, `hábito conhecido: ${hint}`, 'tolerated') ?? HOLDS;
}

function judgeSingle(all: readonly Exchange[], { target: { manner } }: Exam): Outcome {
  const isLong = (each: Exchange) => body(each).includes('\n') || tail(each).split('\n').length > 2;
  if (manner.dialect === 'multiline') {
    const hint = 'hábito conhecido: dialeto multiline, uma entrada por linha e uma linha vazia no fim';
    return first(all, isLong, LINE, hint, 'tolerated') ?? HOLDS;
  }
  return first(all, isLong, LINE, 'uma mensagem é uma linha: um só "\\n", no fim') ?? HOLDS;
}

function judgeClean(all: readonly Exchange[]): Outcome {
  const isDirty = (each: Exchange) =>
    /[\x01-\x09\x0b-\x1f\x7f]/.test(text(each)) || body(each).includes('\0');
  const hint =
    'o "\\r" de um fim de linha do Windows, ou um NUL de um vetor de C: envie só os bytes da mensagem';
  const isPadded = (each: Exchange) => tail(each).includes('\0');
  return (
    first(all, isDirty, LINE, hint) ??
    first(all, isPadded, LINE, 'hábito conhecido: um NUL no fim da mensagem', 'tolerated') ??
    HOLDS
  );
}

function judgeOrigin(all: readonly Exchange[], { target }: Exam): Outcome {
  const { port } = splitAddress(target.address);
  const isWrong = ({ reading }: Exchange) =>
    !target.names.includes(parseAddress(reading?.origin ?? '') ?? target.address);
  const isBare = ({ reading }: Exchange) => parseAddress(reading?.origin ?? '') === undefined;
  const isWildcard = ({ reading }: Exchange) =>
    ['0.0.0.0', '[::]', 'localhost'].some((host) => reading?.origin === `${host}:${port}`);
  const expected = `${target.address} como primeiro token`;
  return (
    first(
      all,
      (each) => (isBare(each) || isWrong(each)) && !isWildcard(each),
      expected,
      'a origem é o endereço em que o programa escuta, e não a porta do socket (getsockname) nem a de quem perguntou',
    ) ??
    first(
      all,
      isWildcard,
      expected,
      'hábito conhecido: 0.0.0.0 ou localhost como origem, que os outros não podem usar',
      'tolerated',
    ) ??
    HOLDS
  );
}

async function judgeClosing(exam: Exam): Promise<Outcome> {
  const { manner } = exam.target;
  const exchange = await exam.askers.ana.ask(exam.ping, [], { settleMs: CLOSE_MS });
  if (exchange.end !== 'open' || exchange.reading === undefined) return HOLDS;
  const name = manner.keeps
    ? `dialeto ${manner.dialect}: uma conexão por par de peers, aberta até o fim`
    : 'a conexão fica aberta depois da resposta, e não serve para outro pedido';
  return found('tolerated', exchange, {
    received: `${shownReply(exchange.reply, exchange.end)} (e a conexão ficou aberta)`,
    expected: 'a conexão fechada logo depois da resposta: há quem leia até o fim dela',
    hint: `hábito conhecido: ${name}`,
  });
}

export const MENSAGEM: readonly Case[] = [
  about('fim', 'toda mensagem termina com "\\n"', judgeEnd),
  about('uma-linha', 'uma mensagem é uma só linha, com um só "\\n"', judgeSingle),
  about('espacos', 'um só espaço entre os tokens, nenhum nas pontas', (all) => {
    const ofFile = (each: Exchange) => each.reading?.type === 'FILE' && each.reading.args.length === 3;
    const isLoose = (each: Exchange) =>
      /^ | {2}/.test(text(each)) || (tail(each).includes(' ') && !ofFile(each));
    const hint =
      'monte a lista de tokens e junte-a com um espaço (em Python: " ".join(tokens)), sem deixar um no fim';
    return first(all, isLoose, LINE, hint) ?? HOLDS;
  }),
  about('caracteres', 'sem "\\r", NUL ou outros caracteres de controle', judgeClean),
  about('utf8', 'o texto é UTF-8', (all) => {
    const hint = 'codifique em UTF-8 (em Python: texto.encode("utf-8")), e não em latin-1';
    return first(all, ({ reading }) => reading?.isUtf8 === false, LINE, hint) ?? HOLDS;
  }),
  about('origem', 'a origem é o endereço em que o programa escuta', judgeOrigin),
  about('mesma-conexao', 'a resposta vem na conexão do pedido', (all, { target: { manner } }) => {
    const isBack = ({ came }: Exchange) => came === 'back';
    const hint = `hábito conhecido: dialeto ${manner.dialect}, a resposta vem em outra conexão, até a origem do pedido`;
    return first(all, isBack, 'a resposta na conexão do pedido', hint, 'tolerated') ?? HOLDS;
  }),
  about('fecha', 'a conexão é fechada depois da resposta', (_, exam) => judgeClosing(exam)),
];
