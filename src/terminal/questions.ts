import type { Question } from '../events.ts';
import { escape } from './escape.ts';
import { foundFilesTable } from './tables.ts';

/* What the person is asked; the texts are the course's, letter by letter (section 4 of the protocol). */

const PROMPT = '> ';

/** On a terminal, where what was asked may have scrolled away. */
const PROMPTS: Readonly<Record<Question['ask'], string>> = {
  menu: 'comando> ',
  peer: 'peer> ',
  file: 'arquivo> ',
  'chunk-size': 'chunk> ',
};

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

function questionLines(question: Question, width: number): readonly string[] {
  switch (question.ask) {
    case 'menu':
      return MENU;
    case 'peer': {
      const peers = question.peers.map(
        ({ address, status }, at) => `[${at + 1}] ${escape(address)} ${status}`,
      );
      return ['Lista de peers:', '[0] voltar para o menu anterior', ...peers];
    }
    case 'file':
      return [
        'Arquivos encontrados na rede:',
        ...foundFilesTable(question.found, width),
        'Digite o numero do arquivo para fazer o download:',
      ];
    case 'chunk-size':
      return ['Digite novo tamanho de chunk:'];
  }
}

/** The text of a question; its last line is the prompt behind which the person types, or a script writes. */
export function questionText(question: Question, width: number, isInteractive: boolean): string {
  const prompt = isInteractive ? PROMPTS[question.ask] : PROMPT;
  return [...questionLines(question, width), prompt].join('\n');
}
