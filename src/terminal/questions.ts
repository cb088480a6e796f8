import type { Question, UploadView } from '../events.ts';
import { escape } from './escape.ts';
import { count, listed, size } from './formats.ts';
import { nameWithin, wrapSentence } from './layout.ts';
import { foundFilesTable } from './tables.ts';
import { MENU_WORDS } from './typed.ts';

/* What the person is asked; the texts are the course's, letter by letter (section 4 of the protocol), and a terminal adds some. */

const PROMPT = '> ';

/** Milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** What is further back is told by its date. */
const DAYS_COUNTED = 30;

/** On a terminal, where what was asked may have scrolled away. */
const PROMPTS = { menu: 'comando> ', peer: 'peer> ', file: 'arquivo> ', 'chunk-size': 'chunk> ' } as const;

const MENU = [
  'Escolha um comando:',
  '[1] Listar peers',
  '[2] Obter peers',
  '[3] Listar arquivos locais',
  '[4] Buscar arquivos',
  '[5] Exibir estatisticas',
  '[6] Alterar tamanho de chunk',
  '[9] Sair',
];

const HELP_ROW = '[?] Ajuda: palavras, vários arquivos de uma vez, vizinhos';

/** What can be typed, where a person asks for it. */
const HELP: Readonly<Record<Question['ask'], readonly string[]>> = {
  menu: [
    'Digite um número do menu ou uma palavra, e se quiser o que vem depois dela:',
    `  ${Object.entries(MENU_WORDS)
      .map(([number, word]) => `${number} ${word}`)
      .join(', ')}`,
    '  1 2              HELLO ao peer 2 da lista',
    '  4 aula.bin       baixa o arquivo; 4 *.pdf: todos os que são assim',
    '  4 1,3-5          baixa essas linhas da última busca',
    '  6 64k            muda o tamanho de chunk',
    '  + host:porta     acrescenta um vizinho; - host:porta: esquece',
    'Seta para cima: o que já foi digitado. Tab completa. Enter: mostra o menu.',
  ],
  peer: ['Digite o número de um peer para enviar HELLO, ou 0 para voltar. Enter: mostra a lista.'],
  file: [
    'Digite o que baixar:',
    '  3                o arquivo dessa linha; 1,3-5: vários; *: todos os que aparecem',
    '  aula.bin         pelo nome; *.pdf: todos os que são assim',
    '  /texto           mostra só os que têm esse texto no nome; /: todos de novo',
    '  0                volta para o menu. Enter: mostra a tabela.',
  ],
  'chunk-size': ['Digite um número de bytes, por exemplo 65536 ou 64k. Enter: fica como está.'],
  replace: [],
  leave: [],
};

/** "hoje", "ontem", "há 3 dias", "em 05/03/2026": by the days of the calendar here. */
export function dayOf(time: number, now: number): string {
  const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(now) - midnight(time)) / DAY);
  if (days === 0) return 'hoje';
  if (days === 1) return 'ontem';
  if (days > 1 && days <= DAYS_COUNTED) return `há ${days} dias`;
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `em ${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
}

/** Who downloads what from us, as a sentence. */
export function uploadsSentence(uploads: readonly UploadView[], width: number): string {
  const [first] = uploads;
  if (first === undefined) return '';
  if (uploads.length === 1)
    return `${escape(first.to)} ainda está baixando ${nameWithin(first.name, width)} daqui.`;
  const peers = [...new Set(uploads.map(({ to }) => escape(to)))];
  return `${listed(peers)} ainda ${peers.length === 1 ? 'está' : 'estão'} baixando ${count(uploads.length, 'arquivo')} daqui.`;
}

function questionLines(question: Question, width: number, isInteractive: boolean): readonly string[] {
  switch (question.ask) {
    case 'menu':
      return isInteractive ? [...MENU, HELP_ROW] : MENU;
    case 'peer': {
      const peers = question.peers.map(
        ({ address, status }, at) => `[${at + 1}] ${escape(address)} ${status}`,
      );
      return ['Lista de peers:', '[0] voltar para o menu anterior', ...peers];
    }
    case 'file': {
      const { found, filter = '' } = question;
      const which = filter === '' ? '' : ` (só com "${escape(filter)}"; / mostra todos)`;
      return [
        `Arquivos encontrados na rede${which}:`,
        ...foundFilesTable(found, width, filter),
        'Digite o numero do arquivo para fazer o download:',
      ];
    }
    case 'chunk-size': {
      const { bytes } = question;
      const now = isInteractive && bytes !== undefined ? ` (agora ${bytes}; Enter mantém)` : '';
      return [`Digite novo tamanho de chunk${now}:`];
    }
    case 'leave':
      return wrapSentence(uploadsSentence(question.uploads, width), width);
    case 'replace':
      return [];
  }
}

function promptOf(question: Question, width: number, isInteractive: boolean, now: number): string {
  switch (question.ask) {
    case 'replace': {
      const what = `${size(question.size)}, modificado ${dayOf(question.modifiedAt, now)}`;
      return `Substituir o seu ${nameWithin(question.name, width)} (${what})? [s/N] `;
    }
    case 'leave':
      return 'Sair mesmo assim? [s/N] ';
    default:
      return isInteractive ? PROMPTS[question.ask] : PROMPT;
  }
}

/**
 * The text of a question; its last line is the prompt behind which the person types, or a script writes.
 * @param now milliseconds since 1970
 */
export function questionText(
  question: Question,
  width: number,
  isInteractive: boolean,
  now = Date.now(),
): string {
  const { show } = question;
  const all = () => questionLines(question, width, isInteractive);
  const lines = show === 'prompt' ? [] : show === 'help' ? HELP[question.ask] : all();
  return [...lines, promptOf(question, width, isInteractive, now)].join('\n');
}
