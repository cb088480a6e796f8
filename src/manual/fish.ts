import type { CompletedCommand, CompletedOption, Kind } from './completion.ts';

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
}

function taken(kind: Kind | undefined): string {
  if (kind === undefined) return '';
  if (kind === 'file') return ' -r -F';
  if (kind === 'folder') return ` -x -a '(__fish_complete_directories)'`;
  return kind === 'anything' ? ' -x' : ` -x -a ${quote(kind.words.join(' '))}`;
}

function optionLine(condition: string, { names, text, value }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return `complete -c eachare -n ${quote(condition)} ${flags.join(' ')}${taken(value)} -d ${quote(text)}`;
}

/** The completion for fish. Places are not counted there: every place offers what one of them takes. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '');
  const lines = commands.flatMap((command) => {
    const { name, text, options, places } = command;
    const isIt =
      name === ''
        ? `not __fish_seen_subcommand_from ${names.join(' ')}`
        : `__fish_seen_subcommand_from ${name}`;
    const isPlace = name === '' ? `not __fish_use_subcommand; and ${isIt}` : isIt;
    const kinds = [...new Set(places.map(({ kind }) => kind))].filter((kind) => kind !== 'anything');
    const place = (kind: Kind) => {
      const offered = kind === 'file' ? '-F' : taken(kind).replace(' -x ', '');
      return `complete -c eachare -n ${quote(isPlace)} ${offered}`;
    };
    return [
      ...(name === '' ? [] : [`complete -c eachare -n __fish_use_subcommand -a ${name} -d ${quote(text)}`]),
      ...kinds.map(place),
      ...options.map((option) => optionLine(isIt, option)),
    ];
  });
  return `# eachare: fish. Use: eachare completar fish | source\ncomplete -c eachare -f\n${lines.join('\n')}\n`;
}
