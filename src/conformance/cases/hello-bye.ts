import type { Exchange } from '../asker.ts';
import { found, type Case } from '../exam.ts';
import { entryOf, greetings, peersIn, type Greetings } from '../peer-lists.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/* HELLO and BYE (section 3): what the program thinks of dora is read from the list that bia gets. */

const NO_LIST = notApplicable('não responde a GET_PEERS, e só por ele se vê o status');

function status(exchange: Exchange, address: string, wanted: 'ONLINE' | 'OFFLINE', after: string): Outcome {
  if (exchange.reading === undefined) return NO_LIST;
  const entry = entryOf(exchange, address);
  // How the word is written is the matter of another case.
  if (entry?.status.toUpperCase() === wanted) return HOLDS;
  const received = entry === undefined ? `${address} não está na lista` : entry.text;
  return found('broken', exchange, {
    received: `${received} (pedida por outro peer, ${after})`,
    expected: `${address}:${wanted}:<relógio>`,
    hint:
      wanted === 'ONLINE'
        ? 'ao receber qualquer mensagem menos BYE, a origem passa a ONLINE (e entra na lista, se nova)'
        : 'ao receber um BYE, a origem passa a OFFLINE e continua na lista',
  });
}

function answered(exchange: Exchange, what: string): Outcome {
  if (exchange.reading !== undefined) return HOLDS;
  return found('broken', exchange, {
    expected: `uma resposta, também depois de ${what}`,
    hint: `o programa não responde mais depois de ${what}; veja se a thread que atendia terminou com uma exceção`,
  });
}

/** A case about the greetings. */
function about(
  name: string,
  title: string,
  judge: (seen: Greetings, dora: string) => Outcome,
  needs: readonly string[] = [],
): Case {
  return {
    id: `hello-bye.${name}`,
    group: 'HELLO/BYE',
    part: 1,
    title,
    rule: '3',
    needs,
    judge: async (exam) => {
      if (exam.ping !== 'GET_PEERS') return NO_LIST;
      return judge(await greetings(exam), exam.askers.dora.address);
    },
  };
}

export const HELLO_BYE: readonly Case[] = [
  about('resposta-hello', 'um HELLO fica sem resposta, ou a resposta é RETURN_HELLO', ({ hello }) => {
    if (hello.reply.length === 0 || hello.reading?.type === 'RETURN_HELLO') return HOLDS;
    return found('broken', hello, {
      expected: 'nada, ou <origem> <relógio> RETURN_HELLO',
      hint: 'HELLO não pede resposta; quem responde usa RETURN_HELLO',
    });
  }),
  about('online', 'quem envia HELLO passa a ONLINE', ({ afterHello }, dora) =>
    status(afterHello, dora, 'ONLINE', 'depois do HELLO'),
  ),
  about(
    'hello-duas-vezes',
    'um segundo HELLO não atrapalha nem repete quem o enviou',
    ({ afterSecondHello }, dora) => {
      const times = peersIn(afterSecondHello).filter(({ address }) => address === dora).length;
      if (times <= 1) return answered(afterSecondHello, 'dois HELLO');
      return found('broken', afterSecondHello, {
        expected: `${dora} uma só vez na lista`,
        hint: 'procure o endereço entre os conhecidos antes de acrescentá-lo',
      });
    },
  ),
  about(
    'offline',
    'quem envia BYE passa a OFFLINE, e continua na lista',
    ({ afterBye }, dora) => status(afterBye, dora, 'OFFLINE', 'depois do BYE'),
    ['hello-bye.online'],
  ),
  about('resposta-bye', 'um BYE não tem resposta', ({ bye }) => {
    if (bye.reply.length === 0) return HOLDS;
    return found('broken', bye, { expected: 'nada', hint: 'quem se despede não espera resposta' });
  }),
  about('bye-duas-vezes', 'um segundo BYE não atrapalha', ({ afterSecondBye }) =>
    answered(afterSecondBye, 'dois BYE'),
  ),
  about(
    'volta',
    'depois do BYE, um HELLO faz voltar a ONLINE',
    ({ afterReturn }, dora) => status(afterReturn, dora, 'ONLINE', 'depois de BYE e HELLO'),
    ['hello-bye.online', 'hello-bye.offline'],
  ),
];
