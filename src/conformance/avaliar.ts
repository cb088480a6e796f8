import { EXIT, guarded, parse, type Surroundings } from '../diagram/command-line.ts';
import { ConnectionError, UsageError } from '../errors.ts';
import { parseAddress, type Address } from '../protocol/address.ts';
import { NoProgram } from './dialect-probe.ts';
import { asJson } from './json.ts';
import { judge, type JudgeOptions, type Result } from './judge.ts';
import { asJunit, JunitFile } from './junit.ts';
import { shownReply } from './reading.ts';
import { asText } from './report.ts';
import { Stopped } from './target.ts';
import { GROUPS, scoreOf, type Group } from './verdict.ts';

const DEFAULT_DEADLINE_SECONDS = 3;
const LONGEST_DEADLINE_SECONDS = 60;

/** As a shell tells it that Ctrl-C has ended a program. */
const INTERRUPTED = 130;

const HELP = `Uso: eachare avaliar [opções] <endereço:porta>

Conversa com um programa EACHare em execução, de qualquer linguagem e dialeto, como
um peer, e julga as suas respostas pelas seções 1 a 3 do protocolo. Cada caso tem um
veredito: ✓ vale, ✗ violada, ! hábito conhecido e tolerado, – não se aplica.
O programa passa a conhecer quatro vizinhos novos, que no fim dizem BYE.

Argumentos:
  <endereço:porta>    onde o programa escuta, por exemplo 127.0.0.1:5001

Opções:
  --grupos <lista>    só estes, separados por vírgula: mensagem, relogio, hello-bye,
                      get-peers, ls, dl-file, robustez
  --rigoroso          também o que pode derrubar um programa frágil (grupo robustez):
                      lixo, pedaços, o que não existe, muitas conexões
  --prazo <s>         espera tantos segundos por uma resposta, de 1 a ${LONGEST_DEADLINE_SECONDS} (padrão: ${DEFAULT_DEADLINE_SECONDS})
  --json              escreve o resultado como um objeto JSON, para scripts
  --junit <arquivo>   escreve o resultado também na forma que um CI lê
  -h, --ajuda         mostra esta ajuda (também --help)

Códigos de saída:
  0    nenhuma regra violada
  1    ninguém responde nesse endereço, ou não é um programa EACHare
  2    uso incorreto, ou o arquivo de --junit não pode ser escrito
  4    alguma regra violada
  130  interrompido por Ctrl-C; o que foi julgado até ali é mostrado

Exemplo:
  eachare avaliar 127.0.0.1:5001
`;

const FLAGS = {
  grupos: { type: 'string' },
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
    const { grupos, rigoroso, prazo, json, junit } = parsed.values;
    const address = targetOf(parsed.positionals);
    const groups = groupsOf(grupos, rigoroso === true);
    const deadlineMs = (prazo === undefined ? DEFAULT_DEADLINE_SECONDS : secondsOf(prazo)) * 1_000;
    const file = junit === undefined ? undefined : await JunitFile.open(junit);
    const signal = around.signal();
    const result = await judged(address, { deadlineMs, groups, signal }, around);
    if (result === undefined) {
      await file?.discard();
      return signal.aborted ? INTERRUPTED : EXIT.failure;
    }
    await file?.finish(asJunit(result));
    around.stdout.write(json === true ? asJson(result) : asText(result));
    if (signal.aborted) return INTERRUPTED;
    return scoreOf(result.judged).broken > 0 ? EXIT.broken : EXIT.ok;
  });
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

function targetOf(positionals: readonly string[]): Address {
  const [text, more] = positionals;
  if (text === undefined) throw new UsageError('falta o argumento <endereço:porta>');
  if (more !== undefined) throw new UsageError('argumentos demais: é esperado <endereço:porta>');
  const address = parseAddress(text);
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

function secondsOf(text: string): number {
  const seconds = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= LONGEST_DEADLINE_SECONDS) return seconds;
  throw new UsageError(
    `--prazo: "${text}" não é um número inteiro de 1 a ${LONGEST_DEADLINE_SECONDS} (segundos)`,
  );
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
