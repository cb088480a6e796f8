/**
 * Reads the help of a command as it is shown, so that the man page and the completion are made of the very text that a person reads,
 * whoever has written it: they cannot disagree with it.
 */
export interface HelpPage {
  /** Of a subcommand; empty for the three-argument command. */
  readonly name: string;
  /** What follows `Uso: `, and other ways on the lines right below. */
  readonly usages: readonly string[];
  /** Paragraphs without a heading, each as one line. */
  readonly description: readonly string[];
  readonly arguments: readonly Entry[];
  readonly options: readonly Option[];
  /** All other sections, in their order. */
  readonly sections: readonly Section[];
}

/** A term and what it means. */
export interface Entry {
  readonly term: string;
  readonly text: string;
}

export interface Option extends Entry {
  /** `--ajuda`, `-h`. */
  readonly names: readonly string[];
  /** What stands between the angle brackets after it. */
  readonly value: string | undefined;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A line of its own, or, after the description, one word with text behind it. */
const HEADING = /^(?:(\p{Lu}[^:]*):|(\p{Lu}\p{L}*): (.+))$/u;
const ENTRY = /^ {2}(\S+(?: \S+)*) {2,}(\S.*)$/;
const LONE_TERM = /^ {2}(-\S.*)$/;

/** Reads what `--ajuda` shows. */
export function readHelp(help: string): HelpPage {
  const lines = help.split('\n');
  const end = lines.findIndex((line, index) => index > 0 && !/^ +eachare /.test(line));
  const usages = lines.slice(0, end).map((line) => line.replace(/^Uso: /, '').trim());
  const [, word = ''] = /^eachare ([a-z][a-z-]*)(?: |$)/.exec(usages[0] ?? '') ?? [];
  const blocks = sectionsOf(lines.slice(end));
  const linesOf = (title: string) => blocks.find((each) => each.title === title)?.lines ?? [];
  const known = ['', 'Argumentos', 'Opções'];
  return {
    name: word,
    usages,
    description: paragraphs(linesOf('')),
    arguments: entriesOf(linesOf('Argumentos')),
    options: entriesOf(linesOf('Opções')).map(optionOf),
    sections: blocks.filter(({ title }) => !known.includes(title)),
  };
}

/** The lines below each heading; what stands before the first one has no title. */
function sectionsOf(lines: readonly string[]): Section[] {
  const sections: { title: string; lines: string[] }[] = [{ title: '', lines: [] }];
  let isAfterBlank = true;
  for (const line of lines) {
    const [, alone, word, text] = (isAfterBlank && HEADING.exec(line)) || [];
    const title = alone ?? (sections.length > 1 ? word : undefined);
    isAfterBlank = line === '';
    // "Cores: ciano = ..." begins its text on the line of its heading.
    if (title !== undefined) sections.push({ title, lines: text === undefined ? [] : [`  ${text}`] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ title, lines: own }) => ({ title, lines: trimmed(own) }));
}

function trimmed(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line !== '');
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}

function paragraphs(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .split(/\n{2,}/)
    .filter((text) => text !== '')
    .map((text) => text.replaceAll('\n', ' '));
}

/** Terms with their texts; a line that is indented further belongs to the entry above it. */
export function entriesOf(lines: readonly string[]): Entry[] {
  const entries: { term: string; text: string }[] = [];
  for (const line of lines) {
    const [, term, text = ''] = ENTRY.exec(line) ?? LONE_TERM.exec(line) ?? [];
    const last = entries.at(-1);
    if (term !== undefined) entries.push({ term, text });
    else if (last !== undefined) last.text = `${last.text} ${line.trim()}`.trim();
  }
  return entries;
}

function optionOf({ term, text }: Entry): Option {
  const [also = ''] = /(?<=\(também )--[a-z-]+(?=\)$)/.exec(text) ?? [];
  const names = [...term.matchAll(/--?[a-z][a-z0-9-]*/g)].map(([name]) => name);
  const [, value] = /<(.+)>$/.exec(term) ?? [];
  return { term, text, names: also === '' ? names : [...names, also], value };
}
