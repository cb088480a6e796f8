import { networkInterfaces } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { UsageError } from './errors.ts';
import { DEFAULT_CHUNK_BYTES, MAX_CHUNK_BYTES } from './limits.ts';
import { DIALECT_NAMES, dialectNamed, type Dialect } from './protocol/dialect.ts';
import { formatAddress, parseAddress, splitAddress, type Address } from './protocol/address.ts';

/** `no` saves the new one under a name of its own, such as `doc2 (1).txt`; `ask` asks where there is a terminal. */
export type Overwrite = 'yes' | 'no' | 'ask';

/** What the command line asks for. */
export interface Options {
  readonly address: Address;
  /** Where we listen, when that is not the host of our address (`--anuncio`). */
  readonly listenHost: string | undefined;
  /** Look for others on the local network, and be found there. */
  readonly discover: boolean;
  readonly neighboursPath: string;
  readonly folderPath: string;
  /** Bytes. */
  readonly chunkSize: number;
  /** What becomes of a file of ours that has the name of a download and other content; undefined: not said. */
  readonly overwrite: Overwrite | undefined;
  readonly eventsPath: string | undefined;
  readonly eventsMaxBytes: number | undefined;
  /** File for the times of the downloads, as a table. */
  readonly statisticsPath: string | undefined;
  readonly menu: boolean;
  readonly messages: 'todas' | 'resumo';
  readonly color: boolean;
  /** A status row above the prompt, on a terminal. */
  readonly bar: boolean;
  /** File with the key of a private network. */
  readonly keyPath: string | undefined;
  /** Nothing but the nine messages of the course, one request a connection. */
  readonly pure: boolean;
  /** Milliseconds that every message waits before it leaves. */
  readonly delayMs: number;
  /** Waits other than the usual ones, for tests. */
  readonly timing: Readonly<Record<string, number>>;
  /** What the user knows better than we can find out. */
  readonly dialects: ReadonlyMap<Address, Dialect>;
}

/** Either something to run, or a text that was asked for (`--ajuda`, `--versao`) and nothing to run. */
export type Invocation = { readonly run: Options } | { readonly show: string };

/** Options of everything that starts a peer, as they are written. */
export interface SharedFlags {
  readonly chunk?: string;
  readonly sobrescrever?: string;
  readonly eventos?: string;
  readonly eventosMax?: string;
  readonly chave?: string;
  readonly anuncio?: string;
  readonly descobrir?: true;
  readonly semCor?: true;
  readonly puro?: true;
  readonly atraso?: string;
  readonly tempos?: string;
  readonly dialeto?: readonly string[];
}

interface Flags extends SharedFlags {
  readonly mensagens?: string;
  readonly semMenu?: true;
  readonly semBarra?: true;
  readonly estatisticas?: string;
}

/** Longest delay of a message: slower is no motion at all. */
const MAX_DELAY_MS = 60_000;

const USAGE = '<endereço:porta> <vizinhos.txt> <diretório_compartilhado>';

/** "Every address of this machine": good to listen on, but nobody can dial it. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

/** A smaller event log would be put aside at every turn. */
const MIN_EVENTS_BYTES = 64 * 1024;

const EPILOGUE = `
Cores: ciano = pedido nosso, azul = resposta nossa, magenta = pedido de outro,
  verde = resposta de outro, amarelo = aviso, vermelho = falha, negrito = relógio

Outros comandos (cada um com a sua --ajuda):
  eachare baixar … <nome ou padrão>  entra na rede, baixa e sai
  eachare listar … [nome ou padrão]  lista os arquivos da rede
  eachare peers …                    lista quem está na rede
  eachare pronto <endereço:porta>    espera até que um peer responda
  eachare diagrama <eventos.jsonl>…  desenha o diagrama espaço-tempo de uma execução
  eachare conferir <eventos.jsonl>…  confere as regras do relógio de Lamport e do protocolo
  eachare avaliar <endereço:porta>   avalia um programa EACHare: fala como um peer e julga as respostas
  eachare experimento                mede downloads por tamanho de chunk e número de peers
  eachare chave <arquivo>            cria a chave de uma rede privada (--chave)
  eachare completar <shell>          completa a linha de comando com Tab, em bash, zsh e fish

No menu: "?" mostra tudo o que ele entende, por exemplo "4 *.pdf", "6 64k", "+ host:porta"; em um
  terminal, Tab completa e a seta para cima repete

Códigos de saída:
  0  saída pelo menu, por sinal (SIGTERM, Ctrl-C num terminal) ou pelo fim da entrada
  1  falha ao executar (porta ocupada, diretório sem permissão de leitura, ...)
  2  uso incorreto da linha de comando
  3  um download falhou, ou nada tem o nome pedido (fora de um terminal)
  5  há conteúdos diferentes com o nome pedido, e nenhum foi escolhido (fora de um terminal)
  130  interrompido por Ctrl-C (fora de um terminal, lendo o menu)

Exemplo:
  eachare 127.0.0.1:5001 vizinhos.txt shared/
`;

const HEADINGS: Readonly<Record<string, string>> = {
  'Usage:': 'Uso:',
  'Arguments:': 'Argumentos:',
  'Options:': 'Opções:',
};

function parseChunk(text: string): number {
  const bytes = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  if (bytes >= 1 && bytes <= MAX_CHUNK_BYTES) return bytes;
  throw new UsageError(`--chunk: "${text}" não é um número inteiro de 1 a ${MAX_CHUNK_BYTES} (bytes)`);
}

const OVERWRITE: Readonly<Record<string, Overwrite>> = { sim: 'yes', nao: 'no', não: 'no', perguntar: 'ask' };

function parseOverwrite(text: string): Overwrite {
  const overwrite = Object.hasOwn(OVERWRITE, text) ? OVERWRITE[text] : undefined;
  if (overwrite !== undefined) return overwrite;
  throw new UsageError(`--sobrescrever: "${text}" não é "sim", "nao" nem "perguntar"`);
}

function parseDelay(text: string): number {
  const delay = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (delay >= 0 && delay <= MAX_DELAY_MS) return delay;
  throw new UsageError(`--atraso: "${text}" não é um número inteiro de 0 a ${MAX_DELAY_MS} (milissegundos)`);
}

/** For tests: an object of waits in milliseconds. */
function parseTiming(text: string): Record<string, number> {
  try {
    const timing: unknown = JSON.parse(text);
    const entries = Object.entries(timing ?? {}).filter((entry) => typeof entry[1] === 'number');
    return Object.fromEntries(entries);
  } catch (cause) {
    throw new UsageError(`--tempos: "${text}" não é um objeto JSON`, { cause });
  }
}

function parseEventsMax(text: string): number {
  const bytes = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  if (bytes >= MIN_EVENTS_BYTES) return bytes;
  throw new UsageError(
    `--eventos-max: "${text}" não é um número inteiro de bytes a partir de ${MIN_EVENTS_BYTES}`,
  );
}

function parseMessages(text: string): Options['messages'] {
  if (text === 'todas' || text === 'resumo') return text;
  throw new UsageError(`--mensagens: "${text}" não é um dos modos "todas" e "resumo"`);
}

function parseDialects(texts: readonly string[]): Map<Address, Dialect> {
  return new Map(
    texts.map((text) => {
      const [addressText = '', name = ''] = text.split('=');
      const address = parseAddress(addressText);
      const dialect = dialectNamed(name);
      if (address !== undefined && dialect !== undefined) return [address, dialect] as const;
      const hint = `não tem a forma endereço:porta=nome, com um dos nomes ${DIALECT_NAMES.join(', ')}`;
      throw new UsageError(`--dialeto: "${text}" ${hint}`);
    }),
  );
}

/**
 * Where we listen, and what the others are told.
 * @throws UsageError
 */
function parseOwn(text: string, announced: string | undefined): Pick<Options, 'address' | 'listenHost'> {
  if (announced === undefined) return { address: parseOwnAddress(text), listenHost: undefined };
  const { host: listenHost, port } = splitAddress(parseListening(text));
  // An IPv6 address may stand with or without its brackets: there is no port that could be taken for a part of it.
  const address = parseAddress(formatAddress({ host: announced, port }), { allowPortZero: true });
  if (address !== undefined && !WILDCARDS.includes(splitAddress(address).host))
    return { address, listenHost };
  throw new UsageError(
    `--anuncio: "${announced}" não é um endereço IP ou nome desta máquina, sem a porta, por exemplo 192.168.0.10`,
  );
}

/** What this machine can be called, those that others reach first. */
function ownAddresses(port: number): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  // A link-local address needs the name of its interface, which others do not know.
  const usable = all.filter(({ address }) => !address.startsWith('fe80:'));
  return usable
    .toSorted((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address, family, internal }) => {
      const shown = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
      return internal ? `${shown} (só nesta máquina)` : shown;
    });
}

function parseOwnAddress(text: string): Address {
  const address = parseListening(text);
  if (WILDCARDS.includes(splitAddress(address).host)) {
    const choices = ownAddresses(splitAddress(address).port).join(' ou ');
    const hint =
      'não serve sozinho, os outros peers não poderiam usá-lo: informe também --anuncio <host>, ou um endereço desta máquina';
    throw new UsageError(`<endereço:porta>: "${text}" ${hint}, ${choices}`);
  }
  return address;
}

function parseListening(text: string): Address {
  const address = parseAddress(text, { allowPortZero: true });
  if (address === undefined) {
    const [, host = ''] = /^(.+):[0-9]+$/.exec(text) ?? [];
    const isPort = parseAddress(`${host}:1`) !== undefined;
    const hint = isPort
      ? 'não serve: o número depois de ":" é uma porta de 1 a 65535 (ou 0: uma livre)'
      : 'não tem a forma host:porta, por exemplo 127.0.0.1:5001 ou [::1]:5001';
    throw new UsageError(`<endereço:porta>: "${text}" ${hint}`);
  }
  return address;
}

function createCommand(version: string): Command {
  const command = new Command('eachare')
    .usage(`[opções] ${USAGE}`)
    .description('Compartilha arquivos entre peers de uma rede local, sem servidor central.')
    .argument('<endereço:porta>', 'onde este peer escuta e como os outros o chamam (porta 0: uma livre)')
    .argument(
      '<vizinhos.txt>',
      'arquivo com um vizinho (host:porta) por linha; novos são acrescentados ao fim',
    )
    .argument(
      '<diretório_compartilhado>',
      'pasta com os arquivos oferecidos, onde também chegam os downloads',
    );
  return withSharedOptions(command)
    .option(
      '--mensagens <modo>',
      'todas: mostra cada mensagem; resumo: downloads grandes em uma linha (padrão)',
    )
    .option('--sem-barra', 'sem a linha de estado acima do prompt (num terminal)')
    .option(
      '--estatisticas <arquivo>',
      'na saída, grava ali os tempos dos downloads (menu 5) em CSV; o arquivo não pode existir',
    )
    .option('--sem-menu', 'não lê a entrada: serve até receber SIGTERM ou Ctrl-C')
    .version(version, '--versao, --version', 'mostra a versão')
    .addHelpText('after', EPILOGUE);
}

/** What everything that starts a peer understands. */
export function withSharedOptions(command: Command): Command {
  command
    .option('--chunk <bytes>', `tamanho inicial do chunk (padrão: ${DEFAULT_CHUNK_BYTES})`)
    .option(
      '--sobrescrever <modo>',
      'um arquivo seu com o mesmo nome e outro conteúdo: sim, é substituído; nao, o novo vira "nome (1).txt"; perguntar (só no menu, num terminal)',
    )
    .option('--eventos <arquivo>', 'grava cada evento como um objeto JSON por linha, no fim do arquivo')
    .option('--eventos-max <bytes>', 'acima desse tamanho o registro passa a <arquivo>.1 e recomeça')
    .option(
      '--dialeto <endereço=nome>',
      `como fala o peer desse endereço, em vez de descobrir (pode repetir): ${DIALECT_NAMES.join(', ')}`,
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(keyOption())
    .option(
      '--anuncio <host>',
      'o que os outros ouvem: permite escutar em 0.0.0.0, [::] ou atrás de um container',
    )
    .option('--descobrir', 'procura outros peers na rede local, e se anuncia nela (DNS-SD)')
    .option('--puro', 'só as nove mensagens do curso, um pedido por conexão: sem sessões nem SHA-256')
    .option(
      '--atraso <ms>',
      `câmera lenta: cada mensagem espera esse tempo antes de sair (até ${MAX_DELAY_MS})`,
    )
    .option('--sem-cor', 'sem cores (também com NO_COLOR ou TERM=dumb)');
  return withHelp(command);
}

/** Of all commands that connect to a peer. */
export function keyOption(): Option {
  return new Option('--chave <arquivo>', 'rede privada: só fala, e cifrado, com quem tem a mesma chave');
}

/** How all commands that connect to a peer explain themselves; and the waits that tests hand in. */
export function withHelp(command: Command): Command {
  return command
    .addOption(new Option('--tempos <json>').hideHelp())
    .helpOption('-h, --ajuda', 'mostra esta ajuda (também --help)')
    .addOption(new Option('--help').hideHelp())
    .on('option:help', function (this: Command) {
      this.help();
    })
    .configureHelp({ styleTitle: (title) => HEADINGS[title] ?? title })
    .exitOverride();
}

/** Our words for commander's errors; what each is about stands in its message between the first quotes. */
function usageMessage({ code, message }: CommanderError, usage: string): string {
  const [, what = ''] = /'([^']*)'/.exec(message) ?? [];
  switch (code) {
    case 'commander.missingArgument':
      return `falta o argumento <${what}>`;
    case 'commander.excessArguments':
      return `argumentos demais: são esperados ${usage}`;
    case 'commander.unknownOption':
      return `opção desconhecida: ${what}`;
    case 'commander.optionMissingArgument':
      return `a opção ${what.replace(/ .*/, '')} precisa de um valor`;
    default:
      return message;
  }
}

/**
 * Lets commander read the arguments; the text that was asked for, undefined where they are to be obeyed.
 * @throws UsageError
 */
export function readArguments(command: Command, argv: readonly string[], usage: string): string | undefined {
  let shown = '';
  command.configureOutput({ writeOut: (text) => (shown += text), writeErr: () => undefined });
  try {
    command.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return shown;
    throw new UsageError(usageMessage(error, usage), { cause: error });
  }
}

/**
 * The three arguments and the options of everything that starts a peer.
 * @throws UsageError
 */
export function sharedOptions(args: readonly string[], flags: SharedFlags): Options {
  const [address = '', neighboursPath = '', folderPath = ''] = args;
  const { chunk, sobrescrever, dialeto, chave, eventos, eventosMax, semCor, puro, atraso, tempos } = flags;
  const { anuncio, descobrir } = flags;
  return {
    ...parseOwn(address, anuncio),
    discover: descobrir === true,
    neighboursPath,
    folderPath,
    chunkSize: chunk === undefined ? DEFAULT_CHUNK_BYTES : parseChunk(chunk),
    overwrite: sobrescrever === undefined ? undefined : parseOverwrite(sobrescrever),
    eventsPath: eventos,
    eventsMaxBytes: eventosMax === undefined ? undefined : parseEventsMax(eventosMax),
    keyPath: chave,
    statisticsPath: undefined,
    menu: true,
    messages: 'resumo',
    color: semCor !== true,
    bar: true,
    pure: puro === true,
    delayMs: atraso === undefined ? 0 : parseDelay(atraso),
    timing: tempos === undefined ? {} : parseTiming(tempos),
    dialects: parseDialects(dialeto ?? []),
  };
}

/**
 * Reads the command line.
 * @param argv the arguments alone, without program and script
 * @throws UsageError with one line in Portuguese that names the argument and what is wrong with it
 */
export function parseOptions(argv: readonly string[], version: string): Invocation {
  const command = createCommand(version);
  const show = readArguments(command, argv, USAGE);
  if (show !== undefined) return { show };
  const flags = command.opts<Flags>();
  const messages = flags.mensagens === undefined ? 'resumo' : parseMessages(flags.mensagens);
  const { estatisticas: statisticsPath } = flags;
  const menu = flags.semMenu !== true;
  const bar = flags.semBarra !== true;
  return { run: { ...sharedOptions(command.args, flags), statisticsPath, menu, bar, messages } };
}
