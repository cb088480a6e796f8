import type { Entry, HelpPage, Section } from './help-page.ts';

/** Text of the page: whatever is not ASCII as roff names it, which every viewer understands in every locale. */
function roff(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  const ascii = [...plain.normalize('NFC')].map((sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 128 ? sign : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
  return ascii.join('').replace(/^([.'])/, '\\&$1');
}

function entries(list: readonly Entry[]): string[] {
  return list.flatMap(({ term, text }) => ['.TP', `.B ${roff(term)}`, roff(text)]);
}

function usages(pages: readonly HelpPage[]): string[] {
  const lines = pages.flatMap((page) => page.usages);
  return lines.flatMap((usage, index) => [...(index === 0 ? [] : ['.br']), `.B ${roff(usage)}`]);
}

/** As it stands in the help, without its indent. */
function verbatim({ lines }: Section): string[] {
  return ['.nf', ...lines.map((line) => (line === '' ? '.sp' : roff(line.replace(/^ {2}/, '')))), '.fi'];
}

/** Options that mean the same as in the three-argument command are named, not told again. */
function optionsOf(page: HelpPage, main: HelpPage): string[] {
  const isShared = ({ term, text }: Entry) =>
    main.options.some((option) => option.term === term && option.text === text);
  const own = page.options.filter((option) => !isShared(option));
  const shared = page.options
    .filter(isShared)
    .map(({ names }) => names.find((name) => name.startsWith('--')) ?? '');
  if (shared.length === 0) return entries(own);
  return [...entries(own), '.PP', roff(`Como em OPÇÕES: ${shared.join(', ')}.`)];
}

function command(page: HelpPage, main: HelpPage): string[] {
  return [
    `.SS ${roff(`eachare ${page.name}`)}`,
    ...usages([page]),
    ...page.description.flatMap((text) => ['.PP', roff(text)]),
    ...entries(page.arguments),
    ...optionsOf(page, main),
    ...page.sections.flatMap((section) => ['.PP', roff(`${section.title}:`), ...verbatim(section)]),
  ];
}

/** The man page of the program: `main` is the three-argument command. */
export function manPage(main: HelpPage, others: readonly HelpPage[], version: string): string {
  const lines = [
    `.TH EACHARE 1 "" "eachare ${version}" "Manual do eachare"`,
    '.SH NOME',
    roff('eachare - compartilha arquivos entre peers de uma rede local'),
    `.SH SINOPSE`,
    ...usages([main, ...others]),
    `.SH ${roff('DESCRIÇÃO')}`,
    ...main.description.flatMap((text, index) => [...(index === 0 ? [] : ['.PP']), roff(text)]),
    '.SH ARGUMENTOS',
    ...entries(main.arguments),
    `.SH ${roff('OPÇÕES')}`,
    ...entries(main.options),
    ...main.sections.flatMap((section) => [
      `.SH ${roff(section.title.replace(/ \(.*\)$/, '').toUpperCase())}`,
      ...verbatim(section),
    ]),
    '.SH COMANDOS',
    ...others.flatMap((page) => command(page, main)),
  ];
  return `${lines.join('\n')}\n`;
}
