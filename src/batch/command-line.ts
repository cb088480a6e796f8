import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import {
  readArguments,
  sharedOptions,
  withSharedOptions,
  type Options,
  type SharedFlags,
} from '../options.ts';

/** How the result is written. */
export type Output = 'table' | 'json' | 'silent';

/** What the command line of a subcommand that starts a peer asks for. */
export interface BatchOptions extends Options {
  /** Names or patterns. */
  readonly patterns: readonly string[];
  readonly output: Output;
  /** Milliseconds for which what is not there yet is waited for. */
  readonly waitMs: number;
  /** How many times the neighbours of neighbours are asked for theirs. */
  readonly reach: number;
  /** The content that is wanted: the first digits of its SHA-256. */
  readonly sha256: string;
}

interface Flags extends SharedFlags {
  readonly json?: true;
  readonly silencioso?: true;
  readonly espera?: string;
  readonly alcance?: string;
  readonly sha256?: string;
}

/** A day. */
const MAX_WAIT_SECONDS = 86_400;
const MAX_REACH = 1_000;

const EPILOGUE = `
Códigos de saída:
  0    tudo feito
  1    falha ao executar (porta ocupada, diretório sem permissão de leitura, ...)
  2    uso incorreto da linha de comando
  3    um download falhou, nada corresponde a um dos nomes, ou ninguém respondeu
  5    há conteúdos diferentes com o mesmo nome, e nenhum foi escolhido (baixar)
  130  interrompido por Ctrl-C (143 por SIGTERM)
`;

export function wholeNumber(option: string, text: string, largest: number, unit: string): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Infinity;
  if (value <= largest) return value;
  throw new UsageError(`${option}: "${text}" não é um número inteiro de 0 a ${largest}${unit}`);
}

/** Milliseconds of `--espera`. */
export function waitOf(text: string): number {
  return wholeNumber('--espera', text, MAX_WAIT_SECONDS, ' (segundos)') * 1000;
}

/** What tells one of these subcommands from the others. */
export interface Summary {
  readonly name: string;
  readonly description: string;
  /** What the names are for; undefined where there are none. */
  readonly names?: { readonly required: boolean; readonly help: string };
  /** Whether one content can be chosen. */
  readonly choosesContent?: boolean;
}

/**
 * Reads the arguments of such a subcommand; a text where its help is asked for.
 * @throws UsageError
 */
export function parse(args: readonly string[], summary: Summary): BatchOptions | string {
  const { name, description, names, choosesContent = false } = summary;
  const label = names === undefined ? '' : names.required ? ' <nome ou padrão>…' : ' [nome ou padrão]…';
  const usage = `<endereço:porta> <vizinhos.txt> <diretório_compartilhado>${label}`;
  const command = new Command(`eachare ${name}`)
    .usage(`[opções] ${usage}`)
    .description(description)
    .argument('<endereço:porta>', 'onde este peer escuta enquanto trabalha (porta 0: uma livre)')
    .argument(
      '<vizinhos.txt>',
      'arquivo com um vizinho (host:porta) por linha; novos são acrescentados ao fim',
    )
    .argument('<diretório_compartilhado>', 'pasta oferecida enquanto isso, onde também chegam os downloads');
  if (names !== undefined)
    command.argument(names.required ? '<nome ou padrão...>' : '[nome ou padrão...]', names.help);
  command
    .option('--json', 'um objeto JSON por linha, na forma do registro de eventos')
    .option('--silencioso', 'não escreve o resultado: só o código de saída diz')
    .option(
      '--espera <s>',
      'espera tantos segundos pelo que ainda não está lá, ou caiu no meio de um download (padrão: 0; no meio, 120)',
    )
    .option('--alcance <n>', 'vizinhos de vizinhos até n passos; 0: só os do arquivo (padrão: todos)');
  if (choosesContent)
    command.option('--sha256 <início>', 'só o conteúdo cujo SHA-256 começa assim, onde há mais de um');
  withSharedOptions(command).addHelpText('after', EPILOGUE);
  const show = readArguments(command, args, usage);
  if (show !== undefined) return show;

  const flags = command.opts<Flags>();
  if (flags.json === true && flags.silencioso === true)
    throw new UsageError('--json e --silencioso não combinam');
  const patterns = command.args.slice(3);
  if (patterns.includes('')) throw new UsageError('<nome ou padrão>: "" não é um nome');
  if (flags.sobrescrever === 'perguntar')
    throw new UsageError(`--sobrescrever: eachare ${name} não pergunta, escolha "sim" ou "nao"`);
  const { sha256 = '' } = flags;
  if (!/^[0-9a-f]{0,64}$/i.test(sha256))
    throw new UsageError(`--sha256: "${sha256}" não são os primeiros dígitos hexadecimais de um SHA-256`);
  const shared = sharedOptions(command.args, flags);
  const waitMs = flags.espera === undefined ? 0 : waitOf(flags.espera);
  return {
    ...shared,
    // A download whose sources are all gone is not waited for any longer than asked for.
    timing: flags.espera === undefined ? shared.timing : { silenceMs: waitMs, ...shared.timing },
    patterns,
    output: flags.json === true ? 'json' : flags.silencioso === true ? 'silent' : 'table',
    waitMs,
    reach: flags.alcance === undefined ? MAX_REACH : wholeNumber('--alcance', flags.alcance, MAX_REACH, ''),
    sha256: sha256.toLowerCase(),
  };
}
