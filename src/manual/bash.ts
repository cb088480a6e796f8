import type { CompletedCommand, Kind } from './completion.ts';

/** As a word of the script. */
function word(kind: Kind): string {
  return typeof kind === 'string' ? kind : `words:${kind.words.join(',')}`;
}

/** One branch of the script: everything that is particular to a command. */
function branch({ name, options, places, repeats }: CompletedCommand): string {
  const taking = options.flatMap(({ names, value }) =>
    value === undefined ? [] : names.map((option) => `${option}=${word(value)}`),
  );
  return [
    `    '${name}')`,
    `      options='${options.flatMap(({ names }) => names).join(' ')}'`,
    `      values='${taking.join(' ')}'`,
    `      places=(${places.map(({ kind }) => word(kind)).join(' ')})`,
    `      repeats=${repeats ? 1 : 0}`,
    '      ;;',
  ].join('\n');
}

/**
 * The completion for bash, from 3.2 (macOS) on. The line is split at blanks by the script itself: bash would split at the colon of an
 * address too, and then count wrong.
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '');
  return `# eachare: bash. Use: eval "$(eachare completar bash)"
_eachare() {
  local line=\${COMP_LINE:0:COMP_POINT} cur=$2 IFS=$' \\t\\n'
  local -a words places
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local last=$((\${#words[@]} - 1)) start=1 command='' subcommands='${names.join(' ')}'
  if ((last > 1)) && [[ " $subcommands " == *" \${words[1]} "* ]]; then
    command=\${words[1]} start=2
  fi
  local options values repeats
  case $command in
${commands.map(branch).join('\n')}
  esac

  local i each kind='' position=0 before=''
  for ((i = start; i < last; i++)); do
    if [[ " $values" == *" \${words[i]}="* ]]; then
      ((i + 1 == last)) && before=\${words[i]}
      ((i++))
    elif [[ \${words[i]} != -?* ]]; then
      ((position++))
    fi
  done
  if [[ -n $before ]]; then
    for each in $values; do [[ $each == "$before="* ]] && kind=\${each#*=}; done
  elif [[ \${words[last]} == -* ]]; then
    kind=words:\${options// /,}
  else
    if ((repeats && position >= \${#places[@]})); then position=$((\${#places[@]} - 1)); fi
    kind=\${places[position]}
    [[ -z $command && $position == 0 ]] && kind=words:\${subcommands// /,}
  fi

  COMPREPLY=()
  local list=\${kind#words:}
  IFS=$'\\n'
  case $kind in
    file) COMPREPLY=($(compgen -f -- "$cur")) ;;
    folder) COMPREPLY=($(compgen -d -- "$cur")) ;;
    words:*) COMPREPLY=($(compgen -W "\${list//,/$'\\n'}" -- "$cur")) ;;
  esac
}
complete -o filenames -F _eachare eachare
`;
}
