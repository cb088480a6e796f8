/*
 * What a person types into the menu, as pure functions: which command it is and what stands behind it, which rows of a
 * table are meant, how many bytes `64k` are. A bare number means what it means in the course.
 */

export type CommandName =
  'peers' | 'obter' | 'arquivos' | 'buscar' | 'estatisticas' | 'chunk' | 'sair' | 'help' | 'add' | 'forget';

export interface TypedCommand {
  readonly command: CommandName;
  /** What stands behind it, without spaces around. */
  readonly rest: string;
}

/** The words that stand for the numbers of the menu, in its order. */
export const MENU_WORDS = {
  '1': 'peers',
  '2': 'obter',
  '3': 'arquivos',
  '4': 'buscar',
  '5': 'estatisticas',
  '6': 'chunk',
  '9': 'sair',
} as const;

const COMMANDS: ReadonlyMap<string, CommandName> = new Map<string, CommandName>([
  ...Object.entries(MENU_WORDS),
  ...Object.values(MENU_WORDS).map((word) => [word, word] as const),
  ['estatísticas', 'estatisticas'],
  ['ajuda', 'help'],
  ['?', 'help'],
  ['+', 'add'],
  ['-', 'forget'],
]);

/** What begins a line of the menu, each command once. */
export const COMMAND_WORDS: readonly string[] = [
  ...Object.keys(MENU_WORDS),
  ...Object.values(MENU_WORDS),
  '?',
  '+',
  '-',
];

/** The command that a word stands for. */
export function commandOf(word: string): CommandName | undefined {
  return COMMANDS.get(word.toLowerCase());
}

/** Only these say something with more words behind them. */
const TAKES_MORE: ReadonlySet<CommandName> = new Set<CommandName>([
  'peers',
  'buscar',
  'chunk',
  'add',
  'forget',
]);

/** `+host:porta` and `-host:porta` need no space. */
const SIGNED = /^([+-])(?! )(.+)$/s;

/** Undefined for what is no command; an empty line is none either. */
export function parseCommand(line: string): TypedCommand | undefined {
  const text = line.trim().replace(SIGNED, '$1 $2');
  const [word = ''] = text.split(/\s/, 1);
  const command = commandOf(word);
  if (command === undefined) return undefined;
  const rest = text.slice(word.length).trim();
  const isTooMuch = rest !== '' && !TAKES_MORE.has(command);
  const isTooLittle = rest === '' && (command === 'add' || command === 'forget');
  return isTooMuch || isTooLittle ? undefined : { command, rest };
}

/** The whole number in a line of input, undefined for everything else. */
export function parseNumber(input: string): number | undefined {
  const text = input.trim();
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether it can only mean rows of a table by their numbers. */
export function isSelection(input: string): boolean {
  return /^[0-9][0-9\s,-]*$/.test(input.trim());
}

/**
 * The numbers in `1,3-5`, each once, in the order in which they were typed.
 * @param count rows of the table: a number beyond it, or a text that is no list of numbers, gives undefined
 */
export function parseSelection(input: string, count: number): readonly number[] | undefined {
  const chosen = new Set<number>();
  for (const part of input.split(',')) {
    const [, first = '', last = first] = /^\s*([0-9]{1,15})(?:\s*-\s*([0-9]{1,15}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === '' || from < 1 || to < from || to > count) return undefined;
    for (let number = from; number <= to; number += 1) chosen.add(number);
  }
  return [...chosen];
}

/** Whether a name has that text in it, whatever the case and the accents. */
export function hasText(name: string, text: string): boolean {
  return folded(name).includes(folded(text));
}

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

const UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;

/** Bytes in `65536`, `64k`, `64 KiB`, `1m`; undefined for everything else. */
export function parseSize(input: string): number | undefined {
  const [, digits = '', unit = ''] = /^([0-9]{1,15}) ?(?:([kmg])(?:i?b)?)?$/i.exec(input.trim()) ?? [];
  if (digits === '') return undefined;
  return Number(digits) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
}

/** Whether an answer to `[s/N]` is yes. */
export function isYes(input: string): boolean {
  return /^(s|sim)$/i.test(input.trim());
}
