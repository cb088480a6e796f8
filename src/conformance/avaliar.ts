import { EXIT, guarded, parse, type Surroundings } from '../diagram/command-line.ts';
import { ConnectionError, ProtocolError, UsageError } from '../errors.ts';
import { parseAddress, type Address } from '../protocol/address.ts';
import { judge, type Result } from './judge.ts';
import { asText } from './report.ts';
import { GROUPS, scoreOf, type Group } from './verdict.ts';

const DEFAULT_DEADLINE_SECONDS = 3;

const HELP = `Uso: eachare avaliar [opções] <endereço:porta>

Conversa com um programa EACHare em execução, de qualquer linguagem e dialeto, como
um peer, e julga as suas respostas pelas seções 1 a 3 do protocolo. Cada caso tem um
veredito: ✓ vale, ✗ violada, ! hábito conhecido e tolerado, – não se aplica.
O programa passa a conhecer três vizinhos novos, que no fim dizem BYE.

Argumentos:
  <endereço:porta>  onde o programa escuta, por exemplo 127.0.0.1:5001

Opções:
  -h, --ajuda       mostra esta ajuda (também --help)

Códigos de saída:
  0    nenhuma regra violada
  1    ninguém responde nesse endereço, ou não é um programa EACHare
  2    uso incorreto
  4    alguma regra violada
  130  interrompido por Ctrl-C

Exemplo:
  eachare avaliar 127.0.0.1:5001
`;

/** The subcommand `avaliar`: returns its exit code. */
export function avaliar(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('avaliar', around, async () => {
    const parsed = parse(args, {});
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const address = targetOf(parsed.positionals);
    const signal = around.signal();
    const groups: readonly Group[] = GROUPS;
    const deadlineMs = DEFAULT_DEADLINE_SECONDS * 1_000;
    let result: Result;
    try {
      result = await judge(address, { deadlineMs, groups, signal });
    } catch (error) {
      around.stderr.write(`eachare avaliar: ${whyNot(address, error)}\n`);
      return EXIT.failure;
    }
    around.stdout.write(asText(result));
    if (signal.aborted) return 130;
    return scoreOf(result.judged).broken > 0 ? EXIT.broken : EXIT.ok;
  });
}

function targetOf(positionals: readonly string[]): Address {
  const [text, more] = positionals;
  if (text === undefined) throw new UsageError('falta o argumento <endereço:porta>');
  if (more !== undefined) throw new UsageError('argumentos demais: é esperado <endereço:porta>');
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(`<endereço:porta>: "${text}" não tem a forma host:porta, por exemplo 127.0.0.1:5001`);
}

/** Why there is nothing to judge, in one line. */
function whyNot(address: Address, error: unknown): string {
  if (error instanceof ProtocolError)
    return `o que escuta em ${address} não fala como um programa EACHare: respondeu ${error.message}`;
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
