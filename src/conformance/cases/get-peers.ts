import type { Exchange } from '../asker.ts';
import { found, type Case, type Exam } from '../exam.ts';
import { entryOf, greetings, peerEntry, peersIn } from '../peer-lists.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/* GET_PEERS and its PEER_LIST (sections 1 and 3), as bia and ana get it. */

const FORM = '<n> <host>:<porta>:<ONLINE ou OFFLINE>:<relógio>, n vezes';

/** The list that bia gets after dora and caio have shown themselves. */
async function list(exam: Exam): Promise<Exchange> {
  return (await greetings(exam)).afterHello;
}

function about(
  name: string,
  title: string,
  rule: string,
  judge: (exam: Exam) => Promise<Outcome>,
  needs: readonly string[] = ['get-peers.resposta'],
): Case {
  return { id: `get-peers.${name}`, group: 'GET_PEERS', part: 1, title, rule, needs, judge };
}

/** Holds where no entry is wrong. */
function everyEntry(
  exchange: Exchange,
  isRight: (text: string) => boolean,
  expected: string,
  hint: string,
): Outcome {
  const [, ...items] = exchange.reading?.args ?? [];
  const wrong = items.find((item) => !isRight(item));
  if (wrong === undefined) return HOLDS;
  return found('broken', exchange, { expected: `${expected} (veio ${wrong})`, hint });
}

export const GET_PEERS: readonly Case[] = [
  about(
    'resposta',
    'a resposta a GET_PEERS é PEER_LIST',
    '1',
    async (exam) => {
      const exchange = exam.ping === 'GET_PEERS' ? await list(exam) : await exam.askers.bia.ask('GET_PEERS');
      const { reading } = exchange;
      if (exam.target.manner.wantsSpace)
        return found('tolerated', exchange, {
          expected: 'a mesma resposta a um GET_PEERS sem o espaço',
          hint: 'hábito conhecido: só entende GET_PEERS com um espaço antes do "\\n"',
        });
      if (reading?.type === 'PEER_LIST') return HOLDS;
      const expected = `<origem> <relógio> PEER_LIST ${FORM}`;
      if (reading?.type === 'PEERS_LIST')
        return found('tolerated', exchange, {
          expected,
          hint: 'hábito conhecido: PEERS_LIST no lugar de PEER_LIST',
        });
      return found('broken', exchange, {
        expected,
        hint: 'GET_PEERS é sempre respondido, também com uma lista vazia: PEER_LIST 0',
      });
    },
    [],
  ),
  about('contagem', 'o número da lista é o número das entradas', '1', async (exam) => {
    const exchange = await list(exam);
    const [count = '', ...items] = exchange.reading?.args ?? [];
    if (count === String(items.length)) return HOLDS;
    return found('broken', exchange, {
      expected: `PEER_LIST ${items.length} …, porque há ${items.length} entradas`,
      hint: 'conte depois de tirar quem perguntou da lista, e não antes',
    });
  }),
  about('entradas', 'cada entrada é host:porta:STATUS:relógio', '1', async (exam) =>
    everyEntry(
      await list(exam),
      (text) =>
        peerEntry(text) !== undefined && /:[^:]*:[^:]*$/.test(text.replace(/^.*?:[0-9]{1,5}(?=:|$)/, '')),
      FORM,
      'quatro campos separados por ":" e sem espaços entre eles',
    ),
  ),
  about(
    'status',
    'o status é ONLINE ou OFFLINE',
    '1',
    async (exam) =>
      everyEntry(
        await list(exam),
        (text) => /^(ON|OFF)LINE$/.test(peerEntry(text)?.status ?? ''),
        FORM,
        'só estas duas palavras, em maiúsculas',
      ),
    ['get-peers.entradas'],
  ),
  about(
    'relogios-numeros',
    'o relógio de cada vizinho é um inteiro',
    '1',
    async (exam) =>
      everyEntry(
        await list(exam),
        (text) => /^[0-9]{1,16}$/.test(peerEntry(text)?.clock ?? ''),
        FORM,
        'escreva o relógio só com algarismos; 0 para quem ainda não enviou nada',
      ),
    ['get-peers.entradas'],
  ),
  about(
    'relogios-contados',
    'o relógio contado de um vizinho é o maior que veio dele',
    '2',
    async (exam) => {
      const { afterHello, anaClock } = await greetings(exam);
      const { address } = exam.askers.ana;
      const entry = entryOf(afterHello, address);
      if (entry === undefined) return notApplicable('quem já pediu a lista não está nela');
      if (Number(entry.clock) === anaClock) return HOLDS;
      return found('broken', afterHello, {
        expected: `${address}:${entry.status}:${anaClock}, o relógio do seu GET_PEERS (veio ${entry.clock})`,
        hint: 'guarde de cada vizinho o maior relógio já recebido dele, e não o seu próprio nem 0',
      });
    },
    ['get-peers.relogios-numeros', 'get-peers.aprende'],
  ),
  about('sem-quem-pergunta', 'quem pergunta fica fora da lista', '1', async (exam) => {
    const { byAna, afterHello } = await greetings(exam);
    const { ana, bia } = exam.askers;
    const wrong = [
      { exchange: byAna, address: ana.address },
      { exchange: afterHello, address: bia.address },
    ].find(({ exchange, address }) => entryOf(exchange, address) !== undefined);
    if (wrong === undefined) return HOLDS;
    return found('broken', wrong.exchange, {
      expected: `uma lista sem ${wrong.address}, que perguntou`,
      hint: 'compare com a origem da mensagem (o primeiro token), e não com a porta do socket',
    });
  }),
  about('sem-si', 'o próprio programa fica fora da lista', '3', async (exam) => {
    const exchange = await list(exam);
    const address = exam.target.names.find((name) => entryOf(exchange, name) !== undefined);
    if (address === undefined) return HOLDS;
    return found('broken', exchange, {
      expected: `uma lista sem ${address}, que é o próprio programa`,
      hint: 'não acrescente o próprio endereço aos vizinhos, nem quando outro peer o conta',
    });
  }),
  about('aprende', 'quem só pede GET_PEERS passa a ser conhecido e ONLINE', '3', async (exam) => {
    const { caio, dora } = exam.askers;
    const exchange = await list(exam);
    if (entryOf(exchange, caio.address)?.status.toUpperCase() === 'ONLINE') return HOLDS;
    if (entryOf(exchange, dora.address) === undefined)
      return notApplicable('nem quem diz HELLO entra na lista');
    return found('broken', exchange, {
      expected: `${caio.address}:ONLINE:<relógio>, que antes pediu GET_PEERS`,
      hint: 'não só o HELLO: qualquer mensagem, menos BYE, torna a sua origem conhecida e ONLINE',
    });
  }),
  about('sem-repetidos', 'nenhum vizinho aparece duas vezes', '3', async (exam) => {
    const exchange = await list(exam);
    const addresses = peersIn(exchange).map(({ address }) => address);
    const twice = addresses.find((address, at) => addresses.indexOf(address) !== at);
    if (twice === undefined) return HOLDS;
    return found('broken', exchange, {
      expected: `${twice} uma só vez`,
      hint: 'procure o endereço entre os conhecidos antes de acrescentá-lo',
    });
  }),
];
