import type { AskOptions, Exchange } from '../asker.ts';
import { chunksOf, nameFor, usefulFiles } from '../chunks.ts';
import { escaped } from '../escaped.ts';
import { found, type Case, type Exam } from '../exam.ts';
import { shownReply } from '../reading.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';
import type { Wire } from '../wire.ts';

/*
 * What could end a fragile program (section 5): only with `--rigoroso`, last of all, the gentle ones first. After each it must still
 * answer. A program that has ended is found out by the connection that follows, and the rest is not judged.
 */

/** Between two pieces of a request. */
const GAP_MS = 40;
/** Between two bytes. */
const BYTE_GAP_MS = 2;
const CONNECTIONS = 20;
const LONG_BYTES = 1024 * 1024;
/** What is refused is refused at once, or kept until the program has lost its patience. */
const REFUSAL_MS = 1_500;

const ALIVE = 'depois disto, o programa continua a responder';

/** What was done to it, and what came of that. */
interface Done {
  readonly sent: string;
  readonly received: string;
}

function pause(wire: Wire, ms: number): Promise<boolean> {
  return wire.until(() => wire.end !== 'open', ms);
}

/** The bytes one after the other. */
async function byteByByte(wire: Wire, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    wire.write(Buffer.of(byte));
    await pause(wire, BYTE_GAP_MS);
  }
}

async function inTwo(wire: Wire, bytes: Buffer): Promise<void> {
  const middle = Math.floor(bytes.length / 2);
  wire.write(bytes.subarray(0, middle));
  await pause(wire, GAP_MS);
  wire.write(bytes.subarray(middle));
}

/** Sends what is no request on a connection of its own, and takes what comes until the end or the deadline. */
async function throwAt({ askers: { ana } }: Exam, bytes: Buffer, shown = escaped(bytes)): Promise<Done> {
  const wire = await ana.dial();
  wire.write(bytes);
  await pause(wire, REFUSAL_MS);
  const received = shownReply(wire.held, wire.end);
  wire.destroy();
  return { sent: shown, received };
}

/** Broken where it does not answer any more. */
async function stillAlive(exam: Exam, done: Done, hint: string): Promise<Outcome> {
  const after = await exam.askers.ana.ask(exam.ping);
  if (after.reading !== undefined) return HOLDS;
  return {
    verdict: 'broken',
    sent: done.sent,
    received: `${done.received}; e ao ${exam.ping} seguinte: ${shownReply(after.reply, after.end)}`,
    expected: ALIVE,
    hint,
  };
}

function about(
  name: string,
  title: string,
  judge: (exam: Exam) => Promise<Outcome>,
  part: 1 | 2 | 3 = 1,
): Case {
  return { id: `robustez.${name}`, group: 'robustez', part, title, rule: '5', judge };
}

/** A request whose bytes come in pieces. */
function inPieces(name: string, title: string, write: NonNullable<AskOptions['write']>): Case {
  return about(name, title, async (exam) => {
    const exchange = await exam.askers.ana.ask(exam.ping, [], { write });
    if (exchange.reading !== undefined) return HOLDS;
    const done = { sent: escaped(exchange.sent), received: shownReply(exchange.reply, exchange.end) };
    const hint = 'leia até o "\\n", em um laço: um recv pode trazer só um pedaço da mensagem';
    const outcome = await stillAlive(exam, done, hint);
    if (outcome.verdict !== 'holds') return outcome;
    return found('tolerated', exchange, {
      expected: 'a resposta de sempre',
      hint: `hábito conhecido: o pedido é lido de uma só vez; ${hint}`,
    });
  });
}

/** Something that is no request: whatever comes must be no reply to it. */
function noRequest(name: string, title: string, text: (exam: Exam) => string, hint: string): Case {
  return about(name, title, async (exam) =>
    stillAlive(exam, await throwAt(exam, Buffer.from(text(exam))), hint),
  );
}

/** A DL of what is not there: no bytes of anything may come. */
async function judgeAbsent(exam: Exam, args: readonly string[], hint: string): Promise<Outcome> {
  const exchange: Exchange = await exam.askers.ana.ask('DL', args, { waitMs: REFUSAL_MS });
  const [, , , data = ''] = exchange.reading?.type === 'FILE' ? exchange.reading.args : [];
  if (data !== '' && !/^(None|ERR)/i.test(data))
    return found('broken', exchange, { expected: 'nenhum FILE, ou um sem conteúdo', hint });
  const done = { sent: escaped(exchange.sent), received: shownReply(exchange.reply, exchange.end) };
  const outcome = await stillAlive(exam, done, hint);
  if (outcome.verdict !== 'holds' || exchange.reading?.type !== 'FILE') return outcome;
  return found('tolerated', exchange, {
    expected: 'a conexão fechada, sem resposta',
    hint: 'hábito conhecido: um FILE vazio, ou com None ou ERRO no lugar do base64, quando não há o que enviar',
  });
}

const CATCH = 'trate a exceção em cada conexão: um pedido errado fecha a conexão, e o servidor continua';

export const ROBUSTEZ: readonly Case[] = [
  inPieces('dois-segmentos', 'um pedido que chega em dois pedaços', inTwo),
  inPieces('byte-a-byte', 'um pedido que chega byte a byte', byteByByte),
  about('some-no-meio', 'um cliente que some no meio da resposta', async (exam) => {
    const { ana } = exam.askers;
    const [file] = usefulFiles(await exam.offers());
    const args = file === undefined ? undefined : [await nameFor(exam, file), '65536', '0'];
    const sent = args === undefined ? ana.stamp(exam.ping) : ana.stamp('DL', args);
    const wire = await ana.dial();
    wire.write(sent);
    await wire.until(() => wire.heldBytes > 0, GAP_MS);
    wire.reset();
    const done = { sent: escaped(sent), received: '(a conexão foi cortada por quem perguntou)' };
    return stillAlive(exam, done, 'escrever em uma conexão que acabou dá uma exceção (broken pipe): trate-a');
  }),
  about('vinte-conexoes', `${CONNECTIONS} pedidos ao mesmo tempo são todos respondidos`, async (exam) => {
    const { ana } = exam.askers;
    if (exam.target.manner.keeps) return notApplicable('usa uma só conexão por par de peers');
    const wires = await Promise.all(Array.from({ length: CONNECTIONS }, () => ana.dial()));
    // All of them are accepted before the first one asks.
    await Promise.all(wires.map((wire) => pause(wire, GAP_MS)));
    const all = await Promise.all(
      wires.map(async (on) => {
        const exchange = await ana.ask(exam.ping, [], { on });
        on.destroy();
        return exchange;
      }),
    );
    const without = all.filter(({ reading }) => reading === undefined);
    const [first] = without;
    const hint =
      'aceite a próxima conexão sem esperar pela anterior (uma thread por conexão), com listen(20) ou mais';
    if (first !== undefined)
      return found('broken', first, {
        expected: `${CONNECTIONS} respostas (faltaram ${without.length})`,
        hint,
      });
    return stillAlive(exam, { sent: `${CONNECTIONS} × ${exam.ping}`, received: 'todas as respostas' }, hint);
  }),
  noRequest(
    'tipo-desconhecido',
    'um tipo desconhecido',
    ({ askers: { ana } }) => ana.stamp('XYZ', ['1']).toString(),
    CATCH,
  ),
  noRequest(
    'sem-argumentos',
    'um DL sem argumentos',
    ({ askers: { ana } }) => ana.stamp('DL').toString(),
    CATCH,
  ),
  noRequest(
    'argumentos-letras',
    'um DL com letras no lugar dos números',
    ({ askers: { ana } }) => ana.stamp('DL', ['a', 'b', 'c']).toString(),
    CATCH,
  ),
  noRequest('lixo', 'bytes que não são uma mensagem', () => '\x00\xff\xfe{"oi": 1}\r\n', CATCH),
  about(
    'arquivo-que-falta',
    'um DL de um arquivo que não existe',
    (exam) =>
      judgeAbsent(
        exam,
        ['nao-existe-este-arquivo.bin', '256', '0'],
        'confira se o arquivo está na pasta antes de abri-lo, e feche a conexão se não está',
      ),
    2,
  ),
  about(
    'indice-alem',
    'um DL de um chunk além do fim',
    async (exam) => {
      const [file] = usefulFiles(await exam.offers());
      if (file === undefined) return notApplicable('nenhum arquivo na lista');
      const args = [await nameFor(exam, file), '256', String(chunksOf(file, 256) + 5)];
      return judgeAbsent(exam, args, 'índice × tamanho além do fim do arquivo: não há o que enviar');
    },
    3,
  ),
  about('sem-fim', '1 MB sem "\\n"', async (exam) => {
    const bytes = Buffer.alloc(LONG_BYTES, 'x');
    const done = await throwAt(exam, bytes, `${LONG_BYTES} bytes "x", sem "\\n"`);
    return stillAlive(
      exam,
      done,
      'ponha um limite no que guarda de uma mensagem que não termina, e feche a conexão',
    );
  }),
];
