import { EXIT, guarded, parse, type Surroundings } from '../diagram/command-line.ts';
import { ConnectionError, UsageError } from '../errors.ts';
import { parseAddress, type Address } from '../protocol/address.ts';
import { NoProgram } from './dialect-probe.ts';
import { asJson } from './json.ts';
import { judge, type JudgeOptions, type Result } from './judge.ts';
import { asJunit, JunitFile } from './junit.ts';
import { ouvir, type OuvirOptions } from './ouvir.ts';
import { shownReply } from './reading.ts';
import { asText } from './report.ts';
import { Stopped } from './target.ts';
import { GROUPS, scoreOf, type Group } from './verdict.ts';

const DEFAULT_DEADLINE_SECONDS = 3;
const LONGEST_DEADLINE_SECONDS = 60;
/** Of `--ouvir`: a person types meanwhile. */
const DEFAULT_SILENCE_SECONDS = 120;
const LONGEST_SILENCE_SECONDS = 3_600;
const DEFAULT_LISTENING = '127.0.0.1:0';

/** As a shell tells it that Ctrl-C has ended a program. */
const INTERRUPTED = 130;

const HELP = `Uso: eachare avaliar [opções] <endereço:porta>
     eachare avaliar --ouvir [opções] [endereço:porta]

Conversa com um programa EACHare em execução, de qualquer linguagem e dialeto, como
um peer, e julga as suas respostas pelas seções 1 a 3 do protocolo. Cada caso tem um
veredito: ✓ vale, ✗ violada, ! hábito conhecido e tolerado, – não se aplica.
O programa passa a conhecer quatro vizinhos novos, que no fim dizem BYE.

Com --ouvir julga como o programa pergunta: escuta, diz o que digitar nele, e termina
quando tudo veio, com Ctrl-C, ou quando nada mais vem.

Argumentos:
  <endereço:porta>    onde o programa escuta, por exemplo 127.0.0.1:5001; com --ouvir,
                      onde nós escutamos (padrão: ${DEFAULT_LISTENING}, uma porta livre)

Opções:
  --grupos <lista>    só estes, separados por vírgula: mensagem, relogio, hello-bye,
                      get-peers, ls, dl-file, robustez
  --rigoroso          também o que pode derrubar um programa frágil (grupo robustez):
                      lixo, pedaços, o que não existe, muitas conexões
  --ouvir             julga como o programa pergunta, e não como responde
  --prazo <s>         espera tantos segundos por uma resposta, de 1 a ${LONGEST_DEADLINE_SECONDS} (padrão: ${DEFAULT_DEADLINE_SECONDS});
                      com --ouvir, por um pedido, até ${LONGEST_SILENCE_SECONDS} (padrão: ${DEFAULT_SILENCE_SECONDS})
  --json              escreve o resultado como um objeto JSON, para scripts
  --junit <arquivo>   escreve o resultado também na forma que um CI lê
  -h, --ajuda         mostra esta ajuda (também --help)

Códigos de saída:
  0    nenhuma regra violada
  1    ninguém responde nesse endereço, ou não é um programa EACHare; ninguém perguntou
  2    uso incorreto, ou o arquivo de --junit não pode ser escrito
  4    alguma regra violada
  130  interrompido por Ctrl-C; o que foi julgado até ali é mostrado (menos com --ouvir,
       em que Ctrl-C é um fim como os outros)

Exemplo:
  eachare avaliar 127.0.0.1:5001
  eachare avaliar --ouvir
`;

const FLAGS = {
  grupos: { type: 'string' },
  ouvir: { type: 'boolean' },
  rigoroso: { type: 'boolean' },
  prazo: { type: 'string' },
  json: { type: 'boolean' },
  junit: { type: 'string' },
} as const;

/** The subcommand `avaliar`: returns its exit code. */
export function avaliar(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('avaliar', around, async () => {
    const parsed = parse(args, FLAGS);
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const { grupos, rigoroso = false, ouvir: isListening = false, prazo, json, junit } = parsed.values;
    if (isListening && rigoroso) throw new UsageError('--ouvir e --rigoroso não combinam');
    const address = addressOf(parsed.positionals, isListening);
    const groups = groupsOf(grupos, rigoroso);
    const waitMs = secondsOf(prazo, isListening) * 1_000;
    const file = junit === undefined ? undefined : await JunitFile.open(junit);
    const signal = around.signal();
    // What the person is to do must not come between the lines of JSON.
    const say = (text: string) => (json === true ? around.stderr : around.stdout).write(text);
    const work = isListening
      ? heard({ address, silenceMs: waitMs, groups, signal, say }, around)
      : judged(address, { deadlineMs: waitMs, groups, signal }, around);
    const result = await work.catch(async (error: unknown) => {
      await file?.discard();
      throw error;
    });
    const isInterrupted = signal.aborted && !isListening;
    if (result === undefined) {
      await file?.discard();
      return isInterrupted ? INTERRUPTED : EXIT.failure;
    }
    await file?.finish(asJunit(result));
    around.stdout.write(json === true ? asJson(result) : asText(result));
    if (isInterrupted) return INTERRUPTED;
    return scoreOf(result.judged).broken > 0 ? EXIT.broken : EXIT.ok;
  });
}

/** How a program asks; undefined where it did not, which is said in one line. */
async function heard(options: OuvirOptions, { stderr }: Surroundings): Promise<Result | undefined> {
  const result = await ouvir(options);
  if (result === undefined) stderr.write('eachare avaliar: ninguém perguntou nada\n');
  return result;
}

/** The result; undefined where there is nothing to judge, which is said in one line. */
async function judged(
  address: Address,
  options: JudgeOptions,
  { stderr }: Surroundings,
): Promise<Result | undefined> {
  try {
    return await judge(address, options);
  } catch (error) {
    stderr.write(`eachare avaliar: ${whyNot(address, options.deadlineMs, error)}\n`);
    return undefined;
  }
}

function addressOf([text, more]: readonly string[], isListening: boolean): Address {
  if (text === undefined && !isListening) throw new UsageError('falta o argumento <endereço:porta>');
  if (more !== undefined) throw new UsageError('argumentos demais: é esperado <endereço:porta>');
  const address = parseAddress(text ?? DEFAULT_LISTENING, { allowPortZero: isListening });
  if (address !== undefined) return address;
  throw new UsageError(`<endereço:porta>: "${text}" não tem a forma host:porta, por exemplo 127.0.0.1:5001`);
}

/** The name of a group as it is typed: without accents, capitals and slashes. */
function plain(name: string): string {
  const bare = name.trim().toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
  return bare.replace(/[/_]/g, '-');
}

/** The groups that are asked for; what could end the program has to be asked for twice. */
function groupsOf(text: string | undefined, isRigorous: boolean): readonly Group[] {
  const all = GROUPS.filter((group) => isRigorous || group !== 'robustez');
  if (text === undefined) return all;
  const groups = text.split(',').map((name) => {
    const group = GROUPS.find((each) => plain(each) === plain(name));
    if (group !== undefined) return group;
    throw new UsageError(`--grupos: "${name}" não é um de ${GROUPS.map(plain).join(', ')}`);
  });
  if (groups.some((group) => !all.includes(group)))
    throw new UsageError('--grupos: robustez só com --rigoroso, porque pode derrubar o programa');
  return groups;
}

function secondsOf(text: string | undefined, isListening: boolean): number {
  const [usual, longest] = isListening
    ? [DEFAULT_SILENCE_SECONDS, LONGEST_SILENCE_SECONDS]
    : [DEFAULT_DEADLINE_SECONDS, LONGEST_DEADLINE_SECONDS];
  if (text === undefined) return usual;
  const seconds = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= longest) return seconds;
  throw new UsageError(`--prazo: "${text}" não é um número inteiro de 1 a ${longest} (segundos)`);
}

/** Why there is nothing to judge, in one line. */
function whyNot(address: Address, deadlineMs: number, error: unknown): string {
  if (error instanceof Stopped) return `${address}: ${error.message}`;
  if (error instanceof NoProgram) return notThis(address, deadlineMs, error);
  if (!(error instanceof ConnectionError)) throw error;
  switch (error.code) {
    case 'refused':
      return `ninguém escuta em ${address}: inicie o programa antes`;
    case 'unknown-host':
      return `o host de ${address} não existe`;
    default:
      return `${address} não pode ser alcançado`;
  }
}

/** First byte of a TLS alert, with which a server answers what is no handshake. */
const TLS_ALERT = 0x15;

function notThis(address: Address, deadlineMs: number, { reply, end }: NoProgram): string {
  const seconds = deadlineMs / 1_000;
  if (reply.length === 0 && end === 'open')
    return `${address} aceita conexões, mas não responde a HELLO nem a GET_PEERS (prazo: ${seconds} s)`;
  if (reply.length === 0)
    return `${address} fecha a conexão sem responder a HELLO, GET_PEERS e LS (fala TLS, ou é uma rede com --chave?)`;
  const kind = reply.toString('latin1').startsWith('HTTP/')
    ? 'é um servidor HTTP'
    : reply[0] === TLS_ALERT
      ? 'fala TLS (uma rede com --chave?)'
      : 'não fala como um programa EACHare';
  return `o que escuta em ${address} ${kind}: respondeu ${shownReply(reply.subarray(0, 80), end)}`;
}
