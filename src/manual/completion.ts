import type { HelpPage, Option } from './help-page.ts';

/** What may stand in a place of the command line. */
export type Kind = 'file' | 'folder' | 'anything' | { readonly words: readonly string[] };

export interface CompletedOption {
  readonly names: readonly string[];
  readonly text: string;
  /** Undefined where it takes no value. */
  readonly value: Kind | undefined;
}

/** What a shell can complete after one command. */
export interface CompletedCommand {
  /** Empty for the three-argument command. */
  readonly name: string;
  readonly text: string;
  readonly options: readonly CompletedOption[];
  /** In their order. */
  readonly places: readonly { readonly label: string; readonly kind: Kind }[];
  /** Whether the last place may be filled again and again. */
  readonly repeats: boolean;
}

/** Options whose help lists the words that they take. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '--mensagens': ['todas', 'resumo'],
  '--formato': ['html', 'svg', 'texto', 'mermaid', 'shiviz'],
  '--sobrescrever': ['sim', 'nao', 'perguntar'],
};

/** What the shells are told of a command, out of its help. */
export function completionOf(page: HelpPage): CompletedCommand {
  const [usage = ''] = page.usages;
  const operands = [...usage.matchAll(/[<[](?!opções\])([^<>[\]]+)[>\]](…?)/g)];
  return {
    name: page.name,
    text: page.description[0] ?? '',
    options: page.options.map((option) => ({
      names: option.names,
      text: option.text,
      value: option.value === undefined ? undefined : valueKind(option, option.value),
    })),
    places: operands.map(([, label = '']) => ({ label, kind: kindOf(label) })),
    repeats: operands.at(-1)?.[2] === '…',
  };
}

function valueKind({ names, text }: Option, value: string): Kind {
  // Only what the help says, should an option change its meaning.
  const words = names.flatMap((name) => WORDS[name] ?? []).filter((word) => text.includes(word));
  return words.length > 0 ? { words } : kindOf(value);
}

function kindOf(label: string): Kind {
  if (/^[a-z]+(\|[a-z]+)+$/.test(label)) return { words: label.split('|') };
  if (/diretório|pasta/.test(label)) return 'folder';
  if (/endereço|nome/.test(label)) return 'anything';
  return /arquivo|\.[a-z]+$/.test(label) ? 'file' : 'anything';
}
