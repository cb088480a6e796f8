import { matching } from './batch/glob.ts';
import type { Context, FoundHere } from './commands.ts';
import type { FoundFile } from './download/engine/chunks.ts';
import type { Existing } from './download/file-sink.ts';
import type { FoundFileView, Question } from './events.ts';
import type { Address } from './protocol/address.ts';
import { hasText, isSelection, isYes, parseNumber, parseSelection } from './terminal/typed.ts';

type File = FoundFile<Address>;

/** A file that is to be fetched, and what becomes of ours that has its name. */
export interface Job {
  readonly file: File;
  readonly existing: Existing;
}

export interface Chosen {
  readonly jobs: readonly Job[];
  /** Several were chosen: they end with a summary. */
  readonly isQueue: boolean;
  /** How many we had already. */
  readonly skipped: number;
  /** Names that have more than one content, which is reported. */
  readonly unclear: readonly string[];
}

const NOTHING: Chosen = { jobs: [], isQueue: false, skipped: 0, unclear: [] };

/** What of a question is shown again after an answer that chose nothing. */
export function showsAfter(input: string): Question['show'] | 'all' {
  const text = input.trim();
  if (text === '?') return 'help';
  return text === '' ? 'all' : 'prompt';
}

/** The rows that a text means: numbers, `*` for all that are shown, and where names are taken a name or a pattern. */
function pick(files: readonly File[], text: string, filter: string, takesNames: boolean): File[] {
  if (text === '*') return files.filter(({ name }) => hasText(name, filter));
  if (isSelection(text))
    return (parseSelection(text, files.length) ?? []).flatMap((number) => files[number - 1] ?? []);
  return takesNames && text !== '' ? matching(files, text) : [];
}

/** What was typed along with the command, or is asked for where that leaves it open. */
export async function chooseWanted(context: Context, found: FoundHere, wanted: string): Promise<Chosen> {
  if (wanted === '') return chooseFiles(context, found);
  if (wanted.startsWith('/')) return chooseFiles(context, found, wanted.slice(1).trim());
  const picked = pick(found.files, wanted, '', true);
  const isOneName = new Set(picked.map(({ name }) => name)).size === 1;
  const isOpen = picked.length === 0 || (isOneName && picked.length > 1);
  if (!isOpen) return (await settle(context, found, picked)) ?? chooseFiles(context, found);
  if (picked.length > 0 && context.isInteractive === true) return chooseFiles(context, found, wanted);
  if (isSelection(wanted))
    context.reporter.report({ event: 'choice-rejected', input: wanted, among: 'files' });
  else failed(context, wanted, picked.length > 0 ? 'sources-differ' : 'no-match');
  return context.isInteractive === true ? chooseFiles(context, found) : NOTHING;
}

/**
 * Asks which of the found files are wanted, on a terminal until it is clear.
 * @param filter what the names of the rows have in common that are shown first
 */
async function chooseFiles(context: Context, found: FoundHere, filter = ''): Promise<Chosen> {
  const { files } = found;
  let shown = filter;
  let show: Question['show'];
  for (;;) {
    const question = { ask: 'file', found: viewsOf(found), filter: shown, show } as const;
    const input = await context.ask(question);
    const text = input?.trim();
    if (input === undefined || text === undefined || parseNumber(text) === 0) return NOTHING;
    show = undefined;
    if (text.startsWith('/')) {
      shown = text.slice(1).trim();
      continue;
    }
    const picked = pick(files, text, shown, context.isInteractive === true);
    if (picked.length > 0) {
      const chosen = await settle(context, found, picked);
      if (chosen !== undefined) return chosen;
      continue;
    }
    const again = showsAfter(text);
    if (context.isInteractive !== true || again === 'prompt')
      context.reporter.report({ event: 'choice-rejected', input, among: 'files' });
    if (context.isInteractive !== true) return NOTHING;
    show = again === 'all' ? undefined : again;
  }
}

/** The files as the person sees them. */
export function viewsOf({ files, own }: FoundHere): FoundFileView[] {
  return files.map((file) => {
    const { name, size, sha256, sources } = file;
    const mine = own.get(file)?.content;
    return {
      name,
      size,
      ...(sha256 === undefined ? {} : { sha256 }),
      sources: sources.map(({ address }) => address),
      ...(mine === undefined ? {} : { mine }),
    };
  });
}

/**
 * What is to be done with the files that were picked. What of several we have already is left out, and a name with more than one
 * content has to be chosen alone. Undefined where the person does not want the only one after all.
 */
async function settle(
  context: Context,
  { own }: FoundHere,
  picked: readonly File[],
): Promise<Chosen | undefined> {
  const isQueue = picked.length > 1;
  const jobs: Job[] = [];
  const unclear = new Set<string>();
  let skipped = 0;
  for (const file of picked) {
    const isHere = own.get(file)?.content === 'same';
    if (isQueue && isHere) skipped += 1;
    else if (isQueue && picked.some((other) => other !== file && other.name === file.name))
      unclear.add(file.name);
    else {
      const job = await settleOne(context, file, own.get(file));
      if (job !== undefined) jobs.push(job);
    }
  }
  for (const name of unclear) failed(context, name, 'sources-differ');
  return !isQueue && jobs.length === 0 ? undefined : { jobs, isQueue, skipped, unclear: [...unclear] };
}

async function settleOne(
  context: Context,
  file: File,
  mine: ReturnType<FoundHere['own']['get']>,
): Promise<Job | undefined> {
  const { folder, overwrite = 'ask', isInteractive = false } = context;
  if (mine?.isProven === true) return { file, existing: 'replace' };
  if (overwrite === 'no') return { file, existing: 'rename' };
  if (overwrite === 'yes' || !isInteractive) return { file, existing: 'replace' };
  // Of what comes to have that name meanwhile the person knows nothing.
  if (mine === undefined) return { file, existing: 'rename' };
  const { name, size } = mine;
  const modifiedAt = (await folder.modifiedAt(name)) ?? Date.now();
  const answer = await context.ask({ ask: 'replace', name, size, modifiedAt });
  return answer !== undefined && isYes(answer) ? { file, existing: 'replace' } : undefined;
}

/** A file that cannot even begin. */
function failed(
  { reporter }: Pick<Context, 'reporter'>,
  name: string,
  code: 'no-match' | 'sources-differ',
): void {
  reporter.report({ event: 'download-failed', name, code, missing: [], chunks: 0, kept: 0 });
}
