import type { Exchange } from '../asker.ts';
import { found, type Case, type Exam } from '../exam.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/*
 * The clock (section 2): a reply has the larger of both clocks, + 1 for the receipt, + 1 for the sending. Ana is made to be ahead of the
 * program; bia, who hears nothing, is always behind it. Others may talk to the program meanwhile, so that its clock may move on by
 * itself: what fails is looked at again.
 */
const TRIES = 3;
/** How far ana goes ahead: no more than what a busy minute brings. */
const AHEAD = 40;

interface Round {
  readonly ahead: Exchange;
  readonly behind: Exchange;
  /** What the program has added to the larger clock, in each. */
  readonly addedAhead: number;
  readonly addedBehind: number;
}

const NO_CLOCK = notApplicable('as respostas não trazem um relógio que se leia');

function clockOf({ reading }: Exchange): number {
  return reading?.clock ?? Number.NaN;
}

async function oneRound({ askers: { ana, bia }, ping }: Exam): Promise<Round> {
  // Its first message opens the connection, where one is kept.
  ana.skip(AHEAD);
  const ahead = await ana.ask(ping);
  const behind = await bia.ask(ping);
  const addedAhead = clockOf(ahead) - ahead.clock;
  return { ahead, behind, addedAhead, addedBehind: clockOf(behind) - clockOf(ahead) };
}

function round(exam: Exam): Promise<Round> {
  return exam.once('relogio', async () => {
    await exam.askers.bia.ask(exam.ping);
    let last = await oneRound(exam);
    for (let tries = 1; tries < TRIES; tries++) {
      if ((last.addedAhead === 2 && last.addedBehind === 2) || !Number.isFinite(last.addedAhead)) break;
      last = await oneRound(exam);
    }
    return last;
  });
}

/** A message without an answer in between: how far the clock of the program has come since the reply before. */
interface Counted {
  readonly message: Exchange;
  readonly after: Exchange;
  readonly moved: number;
}

function counted(exam: Exam, type: 'HELLO' | 'BYE'): Promise<Counted> {
  return exam.once(`relogio ${type}`, async () => {
    const { bia } = exam.askers;
    const { addedBehind } = await round(exam);
    for (let tries = 1; ; tries++) {
      const before = await bia.ask(exam.ping);
      const message = await bia.ask(type);
      const after = await bia.ask(exam.ping);
      const moved = clockOf(after) - clockOf(before);
      // A program that leaves the connection open may take the next request before this one.
      if (moved > addedBehind || tries === TRIES) return { message, after, moved };
    }
  });
}

async function judgeCounted(exam: Exam, type: 'HELLO' | 'BYE'): Promise<Outcome> {
  const { addedBehind } = await round(exam);
  const { after, moved, message } = await counted(exam, type);
  if (!Number.isFinite(moved)) return NO_CLOCK;
  if (moved > addedBehind) return HOLDS;
  const sent = message.sent.toString();
  return found('broken', after, {
    received: `depois de ${JSON.stringify(sent)} o relógio da resposta seguinte só subiu ${moved}`,
    expected: `um relógio ${addedBehind + 1} maior que o da resposta anterior: 1 pelo ${type}, o resto pelo pedido`,
    hint: `atualize o relógio ao receber qualquer mensagem, também um ${type}, que não tem resposta`,
  });
}

export const RELOGIO: readonly Case[] = [
  {
    id: 'relogio.presente',
    group: 'relógio',
    part: 1,
    title: 'o segundo token de uma resposta é o relógio, um inteiro',
    rule: '1',
    judge: async (exam) => {
      const { ahead } = await round(exam);
      const { reading } = ahead;
      if (reading?.clock !== undefined) return HOLDS;
      const expected = '<origem> <relógio> <TIPO> …, com o relógio só em algarismos';
      if (reading?.clockText === '')
        return found('tolerated', ahead, { expected, hint: 'hábito conhecido: a resposta sem relógio' });
      return found('broken', ahead, {
        expected,
        hint: 'escreva o relógio como um número inteiro, sem ponto nem sinal',
      });
    },
  },
  {
    id: 'relogio.maximo-recebido',
    group: 'relógio',
    part: 1,
    title: 'um pedido mais adiantado adianta o relógio do programa',
    rule: '2',
    judge: async (exam) => {
      const { ahead, addedAhead } = await round(exam);
      if (!Number.isFinite(addedAhead)) return NO_CLOCK;
      if (addedAhead > 0) return HOLDS;
      return found('broken', ahead, {
        expected: `relógio ${ahead.clock + 2}: máximo entre o seu e ${ahead.clock}, + 1 ao receber, + 1 ao enviar`,
        hint: 'ao receber, relógio = max(seu, recebido) + 1; talvez o relógio recebido não seja lido, ou seja comparado como texto',
      });
    },
  },
  {
    id: 'relogio.maximo-proprio',
    group: 'relógio',
    part: 1,
    title: 'um pedido atrasado não faz o relógio do programa voltar',
    rule: '2',
    judge: async (exam) => {
      const { ahead, behind, addedBehind } = await round(exam);
      if (!Number.isFinite(addedBehind)) return NO_CLOCK;
      if (addedBehind > 0) return HOLDS;
      return found('broken', behind, {
        expected: `um relógio maior que ${clockOf(ahead)}, o da resposta anterior`,
        hint: 'o relógio recebido só vale se for maior que o seu: max(seu, recebido) + 1, e não recebido + 1',
      });
    },
  },
  {
    id: 'relogio.mais-dois',
    group: 'relógio',
    part: 1,
    title: 'a resposta traz o maior dos relógios + 1 (receber) + 1 (enviar)',
    rule: '2',
    judge: async (exam) => {
      const { ahead, behind, addedAhead, addedBehind } = await round(exam);
      if (!Number.isFinite(addedAhead)) return NO_CLOCK;
      const wrong = [
        { exchange: ahead, added: addedAhead, largest: ahead.clock },
        { exchange: behind, added: addedBehind, largest: clockOf(ahead) },
      ].find(({ added }) => added > 0 && added !== 2);
      if (addedAhead <= 0 && addedBehind <= 0) return notApplicable('o relógio não segue as mensagens');
      if (wrong === undefined) return HOLDS;
      return found('broken', wrong.exchange, {
        expected: `relógio ${wrong.largest + 2}: ${wrong.largest} + 1 ao receber + 1 ao enviar (veio + ${wrong.added})`,
        hint:
          wrong.added === 1
            ? 'a resposta também é uma mensagem enviada: some 1 antes de enviá-la'
            : 'some 1 uma só vez ao receber e uma só vez ao enviar; talvez as duas funções chamem a mesma soma',
      });
    },
  },
  {
    id: 'relogio.cresce',
    group: 'relógio',
    part: 1,
    title: 'cada resposta tem um relógio novo, maior que o da anterior',
    rule: '2',
    needs: ['relogio.maximo-proprio'],
    judge: async (exam) => {
      const { bia } = exam.askers;
      const first = await bia.ask(exam.ping);
      const second = await bia.ask(exam.ping);
      if (!Number.isFinite(clockOf(second) - clockOf(first))) return NO_CLOCK;
      if (clockOf(second) > clockOf(first)) return HOLDS;
      return found('broken', second, {
        expected: `um relógio maior que ${clockOf(first)}`,
        hint: 'o relógio é um só para todo o programa, e nunca recomeça; cuidado com uma cópia por conexão ou thread',
      });
    },
  },
  {
    id: 'relogio.hello-conta',
    group: 'relógio',
    part: 1,
    title: 'receber um HELLO também conta no relógio',
    rule: '2',
    needs: ['relogio.maximo-proprio'],
    judge: (exam) => judgeCounted(exam, 'HELLO'),
  },
  {
    id: 'relogio.bye-conta',
    group: 'relógio',
    part: 1,
    title: 'receber um BYE também conta no relógio',
    rule: '2',
    needs: ['relogio.maximo-proprio'],
    judge: (exam) => judgeCounted(exam, 'BYE'),
  },
];
