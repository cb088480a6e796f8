import type { CompletedCommand, CompletedOption, Kind } from './completion.ts';

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Inside the brackets and between the colons of a specification. */
function inSpec(text: string): string {
  return text.replace(/[\\[\]:]/g, (sign) => `\\${sign}`);
}

function action(kind: Kind): string {
  if (kind === 'file') return '_files';
  if (kind === 'folder') return '_files -/';
  return kind === 'anything' ? ' ' : `(${kind.words.join(' ')})`;
}

function optionSpecs({ names, text, value }: CompletedOption): string[] {
  const taken = value === undefined ? '' : `:valor:${action(value)}`;
  return names.map((name) => quote(`*${name}[${inSpec(text)}]${taken}`));
}

function specs({ options, places, repeats }: CompletedCommand, first?: string): string {
  const operands = places.map(({ label, kind }, index) => {
    const at = repeats && index === places.length - 1 ? '*' : String(index + 1);
    return quote(`${at}:${inSpec(label)}:${index === 0 && first !== undefined ? first : action(kind)}`);
  });
  return [...options.flatMap(optionSpecs), ...operands].map((spec) => `        ${spec}`).join(' \\\n');
}

/** The completion for zsh: a file of `$fpath`, or to be evaluated. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const subcommands = commands.filter(({ name }) => name !== '');
  const main = commands.filter(({ name }) => name === '');
  const described = subcommands.map(({ name, text }) => `    ${quote(`${name}:${text}`)}`);
  const branch = (command: CompletedCommand) =>
    `    ${command.name})\n      shift words; (( CURRENT-- ))\n      _arguments \\\n${specs(command)}\n      ;;`;
  return `#compdef eachare
# eachare: zsh. Use: eval "$(eachare completar zsh)", depois de compinit
_eachare_commands() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  _describe 'comando' commands
}
_eachare() {
  local name=''
  (( CURRENT > 2 )) && name=$words[2]
  case $name in
${subcommands.map(branch).join('\n')}
    *)
      _arguments \\
${main.map((command) => specs(command, '_eachare_commands')).join('\n')}
      ;;
  esac
}
if [[ $funcstack[1] == _eachare ]]; then _eachare "$@"; else compdef _eachare eachare; fi
`;
}
