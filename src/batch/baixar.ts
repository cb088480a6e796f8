import type { FoundFile } from '../download/engine/chunks.ts';
import type { AppEvent } from '../events.ts';
import type { Address } from '../protocol/address.ts';
import { downloadRows, jsonLines, nobodyAnswers, type DownloadEnd } from '../terminal/results.ts';
import { describe } from '../terminal/sentences.ts';
import { matching } from './glob.ts';
import { EXIT } from '../program.ts';
import { greetAll, lookUntil, withPeer, type Around, type Work } from './working-peer.ts';

type File = FoundFile<Address>;

const SUMMARY = {
  name: 'baixar',
  description: 'Baixa arquivos da rede: entra, procura em todos os que encontra, baixa e sai.',
  names: { required: true, help: 'o nome de um arquivo, ou como ele é: "*.pdf", "aula-?.txt"' },
  choosesContent: true,
} as const;

/** The subcommand `baixar`: returns its exit code. */
export function baixar(args: readonly string[], around: Around): Promise<number> {
  return withPeer(args, around, SUMMARY, async (work) => {
    const { options, program, signal, width, print, say } = work;
    const { downloads, neighbours, folder, reporter } = program;
    const { patterns, sha256 } = options;
    const look = async () => {
      await greetAll(work);
      const { files } = await downloads.search(signal);
      const wanted = new Set(patterns.flatMap((pattern) => matching(files, pattern)));
      const told: File[] = [];
      for (const file of wanted) {
        // A digest costs its source the reading of the file.
        const isAsked = sha256 !== '' || (await folder.own(file))?.isSame === true;
        told.push(isAsked ? await downloads.withDigest(file, signal) : file);
      }
      return told.filter((file) => sha256 === '' || file.sha256?.startsWith(sha256) === true);
    };
    const missing = (files: readonly File[]) =>
      patterns.filter((pattern) => matching(files, pattern).length === 0);
    const files = await lookUntil(work, look, (seen) => missing(seen).length === 0);
    if (signal.aborted) return EXIT.notFetched;

    const ends: DownloadEnd[] = [];
    program.addReporter({
      report: (event: AppEvent) => {
        if (event.event === 'file-replaced') say(describe(event, { own: '', width: Infinity }).join(' '));
        if (isEnd(event)) ends.push(event);
      },
    });
    const isAnybody = neighbours.online().length > 0;
    if (!isAnybody) say(nobodyAnswers());
    for (const file of oneOfEachName(files, work)) {
      if (signal.aborted) break;
      const { name, size } = file;
      const own = await folder.own(file);
      if (own?.isSame === true)
        reporter.report({ event: 'download-unneeded', name, size, sha256: file.sha256 });
      else await downloads.fetch(file, options.chunkSize, signal);
    }
    for (const pattern of signal.aborted ? [] : missing(files)) fail(work, pattern, 'no-match');
    print(options.output === 'json' ? jsonLines(ends) : downloadRows(ends, width));
    return exitCode(ends);
  });
}

function isEnd(event: AppEvent): event is DownloadEnd {
  return ['download-finished', 'download-failed', 'download-unneeded'].includes(event.event);
}

/** The files whose name is that of no other; of the others it is reported that somebody has to choose. */
function oneOfEachName(files: readonly File[], work: Work): File[] {
  const byName = new Map<string, File[]>();
  for (const file of files) byName.set(file.name, [...(byName.get(file.name) ?? []), file]);
  return [...byName].flatMap(([name, contents]) => {
    if (contents.length === 1) return contents;
    fail(work, name, 'sources-differ');
    return [];
  });
}

function fail({ program }: Work, name: string, code: 'no-match' | 'sources-differ'): void {
  program.reporter.report({ event: 'download-failed', name, code, missing: [], chunks: 0, kept: 0 });
}

/** What is missing weighs more than what somebody has to choose: it may be there the next time. */
export function exitCode(ends: readonly DownloadEnd[]): number {
  const codes = ends.flatMap((end) => (end.event === 'download-failed' ? end.code : []));
  if (codes.length === 0) return EXIT.ok;
  return codes.every((code) => code === 'sources-differ') ? EXIT.differ : EXIT.notFetched;
}
