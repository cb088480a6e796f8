import { writeFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { parseAddress } from '../protocol/address.ts';
import { analyse } from './causality.ts';
import { EXIT, guarded, parse, type Surroundings } from './command-line.ts';
import { drawn, FORMATS, MOST_MESSAGES, pageData, type Format } from './draw.ts';
import { htmlPage } from './html.ts';
import { LiveServer } from './live.ts';
import type { Model } from './model.ts';
import { narrowed, type Narrowing } from './narrow.ts';
import { readLogs, STANDARD_INPUT, unreadable } from './read-files.ts';
import { summary } from './summary.ts';
import { hasAffordableVectors, withVectors } from './vectors.ts';
import { visible } from './words.ts';

const ENDINGS: Readonly<Record<string, Format>> = {
  html: 'html',
  htm: 'html',
  svg: 'svg',
  txt: 'texto',
  mmd: 'mermaid',
  mermaid: 'mermaid',
  log: 'shiviz',
};

const DEFAULT_WIDTH = 100;

const HELP = `Uso: eachare diagrama [opções] <eventos.jsonl>…

Desenha o diagrama espaço-tempo de uma execução a partir dos registros de eventos
(--eventos) dos seus peers: uma linha por peer, um ponto por evento com o relógio de
Lamport, uma seta por mensagem.

Argumentos:
  <eventos.jsonl>…     registros de um ou mais peers da mesma rede; "-" é a entrada padrão

Opções:
  --formato <formato>  html (padrão), svg, texto, mermaid ou shiviz
  --saida <arquivo>    onde escrever; sem --formato, a terminação decide (.html .svg .txt
                       .mmd .log). Sem --saida, html vai para diagrama.html e o resto para
                       a saída padrão
  --nome <end=nome>    nome de um peer, por exemplo 127.0.0.1:5001=ana (pode repetir)
  --de <limite>        só a partir deste relógio (50) ou horário (13:21:51)
  --ate <limite>       só até este relógio ou horário
  --tipos <tipos>      só estes tipos, por exemplo HELLO,DL,FILE
  --peers <peers>      só as mensagens entre estes peers (de um só: as dele)
  --completo           cada mensagem de um download, em vez de uma faixa por download
  --ao-vivo            acompanha os arquivos e serve a página em http://127.0.0.1:<porta>/
                       até Ctrl-C; arquivos que ainda não existem são esperados
  -h, --ajuda          mostra esta ajuda (também --help)

Códigos de saída:
  0  diagrama escrito (ou --ao-vivo encerrado)
  1  o arquivo de saída não pode ser escrito
  2  uso incorreto, ou um arquivo que não é um registro de eventos

Exemplos:
  eachare diagrama ana.jsonl bia.jsonl --nome 127.0.0.1:5001=ana --saida rede.html
  eachare diagrama *.jsonl --formato texto
  eachare diagrama *.jsonl --ao-vivo
`;

const OPTIONS = {
  formato: { type: 'string' },
  saida: { type: 'string' },
  nome: { type: 'string', multiple: true },
  de: { type: 'string' },
  ate: { type: 'string' },
  tipos: { type: 'string' },
  peers: { type: 'string' },
  completo: { type: 'boolean' },
  'ao-vivo': { type: 'boolean' },
} as const;

/** The subcommand `diagrama`: returns its exit code. */
export function diagrama(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('diagrama', around, async () => {
    const parsed = parse(args, OPTIONS);
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const { values, positionals: paths } = parsed;
    if (paths.length === 0) throw new UsageError('falta o argumento <eventos.jsonl>');
    const names = namesOf(values.nome ?? []);
    const format = formatOf(values.formato, values.saida);
    const { de, ate, tipos, peers } = values;
    const narrowing: Narrowing = { de, ate, tipos, peers };
    if (values['ao-vivo'] === true) {
      if (format !== 'html') throw new UsageError('--ao-vivo serve uma página: só com o formato html');
      if (paths.includes(STANDARD_INPUT))
        throw new UsageError('--ao-vivo acompanha arquivos, não a entrada padrão');
      return live(paths, names, narrowing, values.completo === true, around);
    }
    const logs = await readLogs(paths, around.stdin);
    if (logs.lines === 0) throw new UsageError('nenhum evento nos registros');
    const whole = analyse(logs, names);
    const isNarrowed = [de, ate, tipos, peers].some((each) => each !== undefined);
    const needsVectors = isNarrowed || format === 'html' || whole.events.length <= 2 * MOST_MESSAGES[format];
    const vectored = needsVectors && hasAffordableVectors(whole) ? withVectors(whole) : whole;
    const model = narrowed(vectored, narrowing);
    const output = drawn(model, {
      format,
      names,
      narrowing,
      isWhole: model === vectored,
      isFolded: values.completo !== true,
      width: around.stdout.columns ?? DEFAULT_WIDTH,
    });
    return write(output, values.saida ?? (format === 'html' ? 'diagrama.html' : undefined), model, around);
  });
}

async function write(
  output: string,
  path: string | undefined,
  model: Model,
  { stdout, stderr }: Surroundings,
): Promise<number> {
  for (const note of model.notes) stderr.write(`nota: ${visible(note)}\n`);
  if (path === undefined || path === STANDARD_INPUT) {
    stdout.write(output);
    return EXIT.ok;
  }
  try {
    await writeFile(path, output);
  } catch (error) {
    stderr.write(
      `eachare diagrama: ${unreadable(path, error).message.replace('leitura', 'escrita').replace('lido', 'escrito')}\n`,
    );
    return EXIT.failure;
  }
  stdout.write(`${path}: ${summary(model)[0] ?? ''}\n`);
  return EXIT.ok;
}

async function live(
  paths: readonly string[],
  names: ReadonlyMap<string, string>,
  narrowing: Narrowing,
  isOpen: boolean,
  { stdout, signal }: Surroundings,
): Promise<number> {
  const page = htmlPage(pageData('eachare: diagrama ao vivo', names, narrowing, isOpen), true);
  const stop = signal();
  const server = new LiveServer({ paths, page, signal: stop });
  const address = await server.listen();
  stdout.write(`Diagrama ao vivo em ${address} (Ctrl-C encerra)\n`);
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await server.close();
  return EXIT.ok;
}

function namesOf(texts: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const address = parseAddress(text.slice(0, Math.max(0, equals)));
    const name = text.slice(equals + 1).trim();
    if (address === undefined || name === '' || equals < 0) {
      throw new UsageError(`--nome: "${text}" não tem a forma endereço:porta=nome`);
    }
    if ([...names].some(([other, taken]) => taken === name && other !== address)) {
      throw new UsageError(`--nome: dois peers não podem se chamar "${name}"`);
    }
    names.set(address, name);
  }
  return names;
}

function formatOf(format: string | undefined, path: string | undefined): Format {
  if (format !== undefined) {
    const known = FORMATS.find((each) => each === format);
    if (known !== undefined) return known;
    throw new UsageError(`--formato: "${format}" não é um dos formatos ${FORMATS.join(', ')}`);
  }
  if (path === undefined || path === STANDARD_INPUT) return 'html';
  const [, ending = ''] = /\.([a-z]+)$/i.exec(path) ?? [];
  const known = ENDINGS[ending.toLowerCase()];
  if (known !== undefined) return known;
  throw new UsageError(`--saida: a terminação de "${path}" não diz o formato; informe --formato`);
}
