import type { Asker, Exchange } from './asker.ts';
import type { Manner, Target } from './target.ts';
import type { Wire } from './wire.ts';

/** What listens there says nothing that is a message. */
export class NoProgram extends Error {
  override readonly name = 'NoProgram';
  readonly reply: Buffer;
  readonly end: Exchange['end'];

  constructor({ reply, end }: Pick<Exchange, 'reply' | 'end'>) {
    super();
    this.reply = reply;
    this.end = end;
  }
}

/** How long a connection may stay open after a reply before it is tried with a second request: ours closes after half a second. */
const CLOSE_MS = 1_500;
/** A second request on the same connection is answered within this time, or never. */
const AGAIN_MS = 1_000;

/** What is asked until it answers something: GET_PEERS, the same with a space before its newline (a habit of the field), LS. */
const TRIES = [
  ['GET_PEERS', false],
  ['GET_PEERS', true],
  ['LS', false],
] as const;

/**
 * Finds out how the program speaks, with a HELLO and a GET_PEERS (or LS where that is not answered), and remembers it in the manner of
 * the target. Returns the type of request that it answers.
 * @throws NoProgram where nothing that it says is a message
 */
export async function findDialect(target: Target, asker: Asker): Promise<'GET_PEERS' | 'LS'> {
  const first = await asker.dial();
  const hello = await asker.ask('HELLO', [], { on: first });
  if (hello.reply.length > 0 && hello.reading === undefined) throw new NoProgram(hello);
  const isQuiet = hello.came === 'nowhere' && first.end === 'open';
  if (isQuiet && (await keeps(target, asker, first))) return 'GET_PEERS';
  first.destroy();
  let silent = hello;
  for (const [type, wantsSpace] of TRIES) {
    target.manner.wantsSpace = wantsSpace;
    const wire = await asker.dial();
    const exchange = await asker.ask(type, [], { on: wire, settleMs: CLOSE_MS });
    if (isAnswer(exchange)) {
      const isKept = exchange.end === 'open' && !isQuiet && !offersSession(hello);
      if (isKept && (await keeps(target, asker, wire))) return type;
      wire.destroy();
      await decide(target, asker, hello, exchange);
      return type;
    }
    wire.destroy();
    if (exchange.reply.length > 0) throw new NoProgram(exchange);
    silent = exchange;
  }
  throw new NoProgram(silent);
}

function isAnswer({ reading, type }: Exchange): boolean {
  return reading !== undefined && reading.type !== type;
}

function offersSession({ reading }: Exchange): boolean {
  return reading?.type === 'RETURN_HELLO' && reading.args.includes('sessao');
}

/** Whether a connection that the program has left open takes one more request; then it takes all of them. */
async function keeps(target: Target, asker: Asker, wire: Wire): Promise<boolean> {
  const again = await asker.ask('GET_PEERS', [], { on: wire, waitMs: AGAIN_MS });
  if (!isAnswer(again)) return false;
  target.manner.keeps = true;
  target.manner.leavesOpen = true;
  asker.keep(wire);
  if (again.came === 'back') settle(target, 'outbox', 'back', 'responde em uma conexão sua, que fica aberta');
  else settle(target, 'persistent', 'here', 'respondeu a um segundo pedido na mesma conexão');
  return true;
}

async function decide(target: Target, asker: Asker, hello: Exchange, exchange: Exchange): Promise<void> {
  const { reading, came, end } = exchange;
  if (came === 'back') {
    settle(target, 'callback', 'back', 'respondeu em uma conexão nova, até a origem do pedido');
  } else if (reading?.framing === 'length') {
    settle(target, 'prefixed', 'here', 'a resposta veio depois de 8 bytes com o seu comprimento');
  } else if (offersSession(hello)) {
    const capabilities = hello.reading?.args.join(' ') ?? '';
    settle(target, 'session', 'here', `respondeu ao HELLO com "RETURN_HELLO ${capabilities}"`);
  } else if (await hasLines(asker, exchange)) {
    settle(target, 'multiline', 'here', 'as listas têm uma entrada por linha e uma linha vazia no fim');
  } else if (hello.reading?.type === 'RETURN_HELLO' && hello.reading.tail === '') {
    settle(target, 'raw', 'here', 'respondeu ao HELLO com RETURN_HELLO sem "\\n", e fechou');
  } else {
    target.manner.leavesOpen = end === 'open';
    const closing = end === 'open' ? 'que deixou aberta' : 'e fechou';
    settle(target, 'line', 'here', `respondeu com uma linha na mesma conexão, ${closing}`);
  }
}

/** Whether lists have an entry a line. A list of none or one that ends with an empty line shows less than a longer one. */
async function hasLines(asker: Asker, { type, reading }: Exchange): Promise<boolean> {
  if (reading === undefined || !/\n.*\n/s.test(reading.text)) return false;
  if (reading.args.length > 2 || type === 'LS') return reading.text.trimEnd().includes('\n');
  const longer = (await asker.ask('LS')).reading;
  return longer === undefined || longer.args.length <= 2 || longer.text.trimEnd().includes('\n');
}

function settle(
  { manner }: Target,
  dialect: Manner['dialect'],
  answers: Manner['answers'],
  evidence: string,
): void {
  Object.assign(manner, { dialect, answers, evidence });
}
