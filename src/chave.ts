import { EXIT, guarded, parse, type Surroundings } from './diagram/command-line.ts';
import { createKey } from './disk/key-file.ts';
import { FileError, UsageError } from './errors.ts';
import { escape } from './terminal/escape.ts';
import { reason } from './terminal/reasons.ts';

const HELP = `Uso: eachare chave <arquivo>

Cria a chave de uma rede privada: 256 bits ao acaso, em hexadecimal, em um arquivo
que só o seu dono lê. Um arquivo que já existe nunca é sobrescrito. Copie-o, por um
meio seguro, para cada computador da rede, e abra cada peer com --chave <arquivo>.

Opções:
  -h, --ajuda  mostra esta ajuda (também --help)

Códigos de saída:
  0  a chave foi criada
  1  o arquivo não pôde ser gravado
  2  uso incorreto, ou o arquivo já existe

Exemplo:
  eachare chave turma.chave
`;

/** The subcommand `chave`: makes a key, and returns its exit code. */
export function chave(args: readonly string[], around: Surroundings): Promise<number> {
  return guarded('chave', around, async () => {
    const parsed = parse(args, {});
    if (parsed === undefined) {
      around.stdout.write(HELP);
      return EXIT.ok;
    }
    const [path = '', ...more] = parsed.positionals;
    if (path === '') throw new UsageError('falta o argumento <arquivo>');
    if (more.length > 0) throw new UsageError('argumentos demais: é esperado <arquivo>');
    try {
      await createKey(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      around.stderr.write(`eachare chave: "${escape(path)}" ${reason(error.code)}\n`);
      return error.code === 'exists' ? EXIT.usage : EXIT.failure;
    }
    around.stdout.write(`Chave criada em "${escape(path)}". Quem a tem entra na rede: guarde-a bem.\n`);
    return EXIT.ok;
  });
}
