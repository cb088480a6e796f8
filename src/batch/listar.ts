import { fileRows, jsonLines, nobodyAnswers, nothingMatches } from '../terminal/results.ts';
import { matching } from './glob.ts';
import { EXIT } from '../program.ts';
import { greetAll, lookUntil, withPeer, type Around } from './working-peer.ts';

const SUMMARY = {
  name: 'listar',
  description: 'Lista os arquivos da rede: entra, pergunta a todos os que encontra, escreve e sai.',
  names: {
    required: false,
    help: 'só os arquivos com esse nome, ou com um nome assim: "*.pdf", "aula-?.txt"',
  },
} as const;

/** The subcommand `listar`: returns its exit code. */
export function listar(args: readonly string[], around: Around): Promise<number> {
  return withPeer(args, around, SUMMARY, async (work) => {
    const { options, program, signal, width, print, say } = work;
    const patterns = options.patterns.length === 0 ? ['*'] : options.patterns;
    const look = async () => {
      await greetAll(work);
      return (await program.downloads.search(signal)).files;
    };
    const missing = (files: Awaited<ReturnType<typeof look>>) =>
      patterns.filter((pattern) => matching(files, pattern).length === 0);
    const files = await lookUntil(work, look, (seen) => missing(seen).length === 0);
    const wanted = new Set(patterns.flatMap((pattern) => matching(files, pattern)));
    const found = files
      .filter((file) => wanted.has(file))
      .map(({ name, size, sha256, sources }) => ({
        name,
        size,
        ...(sha256 === undefined ? {} : { sha256 }),
        sources: sources.map(({ address }) => address),
      }));
    print(options.output === 'json' ? jsonLines(found) : fileRows(found, width));
    if (program.neighbours.online().length === 0) say(nobodyAnswers());
    else for (const pattern of missing(files)) say(nothingMatches(pattern));
    return missing(files).length === 0 ? EXIT.ok : EXIT.notFetched;
  });
}
