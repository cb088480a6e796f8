import { parseAddress, splitAddress } from '../../protocol/address.ts';
import { escaped } from '../escaped.ts';
import { isFetched, wishes, type Heard } from '../heard.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';
import { PERGUNTA_CHUNKS } from './pergunta-chunks.ts';
import { about, first, found, type HeardCase, type Hearing } from './pergunta.ts';

/* How a program asks (`--ouvir`): form and clock of its requests, and whom it asks for what (sections 1 to 3). */

const LINE = '<origem> <relógio> <TIPO> <argumentos>\\n';

/** Arguments of each type; those of HELLO are capabilities, an extension that others do not see. */
const ARGUMENTS: Readonly<Record<string, number>> = { GET_PEERS: 0, LS: 0, BYE: 0, DL: 3 };

const text = ({ bytes }: Heard): string => bytes.toString('utf8');
const withoutEnd = (each: Heard): string => text(each).replace(/[ \r\n\0]*$/, '');

function judgeForm({ heard }: Hearing): Outcome {
  const isWrong = ({ request }: Heard) => {
    const wanted = request === undefined ? undefined : ARGUMENTS[request.type];
    if (request?.type === 'HELLO') return false;
    return wanted === undefined || request?.args.length !== wanted;
  };
  const expected = 'HELLO, GET_PEERS, LS e BYE sem argumentos; DL <nome> <tamanho> <índice>';
  return (
    first(heard, isWrong, expected, 'o tipo em maiúsculas, e os argumentos separados por um espaço') ?? HOLDS
  );
}

function judgeEnd({ heard, dialect }: Hearing): Outcome {
  const without = (each: Heard) => !text(each).includes('\n');
  const some = heard.filter(without);
  if (some.length === 0) return HOLDS;
  const hint = 'quem lê espera o "\\n": sem ele não sabe que a mensagem acabou';
  if (some.length < heard.length) return first(heard, without, LINE, hint) ?? HOLDS;
  const habit = `hábito conhecido: dialeto ${dialect.name}, o pedido termina com a conexão`;
  return first(heard, without, LINE, habit, 'tolerated') ?? HOLDS;
}

function judgeSpaces({ heard }: Hearing): Outcome {
  const isTrailing = (each: Heard) => / [\r\n\0]*$/.test(text(each));
  const isLoose = (each: Heard) => /^ | {2}/.test(withoutEnd(each));
  const hint = 'junte os tokens com um só espaço, sem deixar um no fim';
  const habit = 'hábito conhecido: um espaço antes do "\\n" (dialeto multiline)';
  return first(heard, isLoose, LINE, hint) ?? first(heard, isTrailing, LINE, habit, 'tolerated') ?? HOLDS;
}

function judgeClean({ heard }: Hearing): Outcome {
  const isDirty = (each: Heard) => /[\x00-\x09\x0b-\x1f\x7f]/.test(text(each).replace(/\n\0$/, ''));
  const isPadded = (each: Heard) => text(each).endsWith('\0');
  const hint = 'sem "\\r" (fim de linha do Windows), NUL ou outros caracteres de controle';
  return (
    first(heard, isDirty, LINE, hint) ??
    first(heard, isPadded, LINE, 'hábito conhecido: um NUL no fim da mensagem', 'tolerated') ??
    HOLDS
  );
}

async function judgeOrigin({ heard, addresses }: Hearing): Promise<Outcome> {
  const expected = 'como origem, o endereço em que o programa escuta';
  const hint = 'a origem é o endereço com que o programa foi iniciado, e não a porta do socket de saída';
  for (const each of heard) {
    const origin = parseAddress(each.request?.origin ?? '');
    const isOurs = origin !== undefined && addresses.includes(origin);
    const isPort = origin !== undefined && splitAddress(origin).port === each.from.port;
    // A program that has said BYE may be gone by the time that it is looked for.
    const isDead = each.request?.type !== 'BYE' && (await each.isReachable) === false;
    if (origin === undefined || isOurs || isPort || isDead) return found('broken', each, expected, hint);
  }
  const origins = new Set(heard.map(({ request }) => request?.origin));
  if (origins.size === 1) return HOLDS;
  const other = heard.find(({ request }) => request?.origin !== heard[0]?.request?.origin);
  return other === undefined ? HOLDS : found('broken', other, 'a mesma origem em todas as mensagens', hint);
}

function judgeGrowth({ heard }: Hearing): Outcome {
  const clocks = new Map<number, Heard>();
  for (const each of heard) {
    const clock = each.request?.clock;
    if (clock === undefined) return found('broken', each, LINE, 'o segundo token é o relógio, um inteiro');
    const before = clocks.get(clock);
    if (before !== undefined)
      return found(
        'broken',
        each,
        `um relógio que ainda não foi usado (${clock} já veio em "${escaped(before.bytes)}")`,
        'some 1 antes de cada mensagem, também quando a mesma pergunta vai a vários peers',
      );
    clocks.set(clock, each);
  }
  return HOLDS;
}

function judgeReceipt({ heard, takenMs }: Hearing): Outcome {
  let isSeen = false;
  // Of a chunk that is asked for twice one reply is never read.
  const words = ({ request }: Heard) => request?.args.join(' ');
  const isTwice = (each: Heard) =>
    each.request?.type === 'DL' && heard.some((other) => other !== each && words(other) === words(each));
  const read = heard.filter((each) => !isTwice(each));
  for (const each of heard) {
    const known = read.flatMap(({ reply }) => (reply && reply.at < each.at - takenMs ? [reply.clock] : []));
    // Who asks for a file has read a list.
    const lists = heard.flatMap(({ request, reply }) =>
      request?.type === 'LS' && reply ? [reply.clock] : [],
    );
    const isDl = each.request?.type === 'DL' && lists.length > 0;
    const older = isDl ? [...known, Math.min(...lists)] : known;
    if (older.length === 0) continue;
    isSeen = true;
    const largest = Math.max(...older);
    if ((each.request?.clock ?? 0) >= largest + 2) continue;
    return found(
      'broken',
      each,
      `um relógio de ao menos ${largest + 2}: + 1 ao receber a resposta de relógio ${largest}, + 1 ao enviar`,
      'ao receber uma resposta, relógio = max(seu, recebido) + 1, como em qualquer mensagem',
    );
  }
  return isSeen ? HOLDS : notApplicable('nenhum pedido depois de uma resposta');
}

/** Whether a type came; what to do for it. */
function seen(type: string, what: string): HeardCase['judge'] {
  return ({ heard }) =>
    heard.some(({ request }) => request?.type === type) ? HOLDS : notApplicable(`não veio: ${what}`);
}

function judgeLearnt({ heard, addresses: [, second] }: Hearing): Outcome {
  const isAsked = heard.some(
    ({ request, source, reply }) => request?.type === 'GET_PEERS' && source === 0 && reply,
  );
  if (!isAsked) return notApplicable('não veio: GET_PEERS');
  if (heard.some(({ source }) => source === 1)) return HOLDS;
  const asked = heard.find(({ request, source }) => request?.type === 'GET_PEERS' && source === 0);
  const later = heard.some(({ request, at }) => request?.type !== 'GET_PEERS' && asked && at > asked.at);
  if (asked === undefined || !later) return notApplicable('nada foi pedido depois do GET_PEERS');
  return found(
    'broken',
    asked,
    `alguma mensagem a ${second}, que estava na lista`,
    'acrescente os peers do PEER_LIST aos vizinhos, e pergunte também a eles',
    `PEER_LIST 1 ${second}:ONLINE:0`,
  );
}
export const PERGUNTAS: readonly HeardCase[] = [
  about('forma', 'mensagem', 1, 'todo pedido tem um tipo conhecido e os seus argumentos', '1', judgeForm),
  about('fim', 'mensagem', 1, 'todo pedido termina com "\\n"', '1', judgeEnd),
  about('espacos', 'mensagem', 1, 'um só espaço entre os tokens, nenhum nas pontas', '1', judgeSpaces),
  about('caracteres', 'mensagem', 1, 'sem "\\r", NUL ou outros caracteres de controle', '1', judgeClean),
  about('origem', 'mensagem', 1, 'a origem é o endereço em que o programa escuta', '1', judgeOrigin),
  about('cresce', 'relógio', 1, 'cada mensagem tem um relógio novo', '2', judgeGrowth),
  about('recebe', 'relógio', 1, 'o relógio das respostas é levado em conta', '2', judgeReceipt),
  about('hello', 'HELLO/BYE', 1, 'envia HELLO', '3', seen('HELLO', 'escolha [1] e o vizinho')),
  about('bye', 'HELLO/BYE', 1, 'envia BYE ao sair', '3', seen('BYE', 'escolha [9]')),
  about('get-peers', 'GET_PEERS', 1, 'envia GET_PEERS', '3', seen('GET_PEERS', 'escolha [2]')),
  about('conhece', 'GET_PEERS', 1, 'fala com um peer que veio em um PEER_LIST', '3', judgeLearnt),
  about('ls', 'LS', 2, 'envia LS', '3', seen('LS', 'escolha [4]')),
  ...PERGUNTA_CHUNKS,
];

/** Whether everything has come that can be judged. */
export function isAllHeard(heard: readonly Heard[]): boolean {
  const types = new Set(heard.map(({ request }) => request?.type));
  return (
    ['HELLO', 'GET_PEERS', 'LS', 'DL', 'BYE'].every((type) => types.has(type)) && isFetched(wishes(heard))
  );
}
