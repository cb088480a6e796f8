import { EXIT, guarded, parse, type Surroundings } from '../diagram/command-line.ts';
import { UsageError } from '../errors.ts';
import { bashCompletion } from './bash.ts';
import { completionOf } from './completion.ts';
import { fishCompletion } from './fish.ts';
import { readHelp } from './help-page.ts';
import { manPage } from './man-page.ts';
import { zshCompletion } from './zsh.ts';

const HELP = `Uso: eachare completar <bash|zsh|fish|man>

Escreve, para o shell, o que completa a linha de comando do eachare com a tecla Tab: comandos,
opções, valores, arquivos e pastas. Com man escreve a página do manual.

Opções:
  -h, --ajuda  mostra esta ajuda (também --help)

Códigos de saída:
  0  escrito
  2  uso incorreto

Exemplos:
  eval "$(eachare completar bash)"             # no ~/.bashrc
  eval "$(eachare completar zsh)"              # no ~/.zshrc, depois de compinit
  eachare completar fish > ~/.config/fish/completions/eachare.fish
  eachare completar man | man -l -
`;

/** What the subcommand knows of all the others. */
export interface Helps {
  readonly version: string;
  /** Of the three-argument command first, then of each subcommand; as `--ajuda` shows them. */
  readonly all: () => Promise<readonly string[]>;
}

/** The subcommand `completar`: writes a completion or the man page out of the helps, and returns its exit code. */
export function completar(args: readonly string[], around: Surroundings, helps: Helps): Promise<number> {
  return guarded('completar', around, async () => {
    const parsed = parse(args, {});
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const [form = '', ...more] = parsed.positionals;
    if (form === '') throw new UsageError('falta o argumento <bash|zsh|fish|man>');
    if (more.length > 0) throw new UsageError('argumentos demais: é esperado <bash|zsh|fish|man>');
    around.stdout.write(await written(form, helps));
    return EXIT.ok;
  });
}

async function written(form: string, { all, version }: Helps): Promise<string> {
  if (!['bash', 'zsh', 'fish', 'man'].includes(form))
    throw new UsageError(`"${form}" não é um de bash, zsh, fish e man`);
  const pages = (await all()).map(readHelp);
  const [main, ...others] = pages;
  if (form === 'man' && main !== undefined) return manPage(main, others, version);
  const commands = pages.map(completionOf);
  if (form === 'bash') return bashCompletion(commands);
  return form === 'zsh' ? zshCompletion(commands) : fishCompletion(commands);
}
