import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import type { Logs } from './model.ts';
import { LogReader } from './read-log.ts';
import { LineSplitter } from './split-lines.ts';

const READ_BYTES = 1024 * 1024;

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

/**
 * Reads whole event logs, one after the other, without holding more than their messages.
 * @throws UsageError for a file that is not there, no file, or no event log
 */
export async function readLogs(paths: readonly string[], stdin: AsyncIterable<unknown>): Promise<Logs> {
  const reader = new LogReader();
  for (const path of inOrder(paths)) {
    const splitter = new LineSplitter(path);
    let row = 0;
    const source = path === STANDARD_INPUT ? stdin : await open(path);
    for await (const bytes of source) {
      for (const line of splitter.push(bytes as Buffer)) reader.take(path, (row += 1), line);
    }
    // Without its newline it may be whole all the same; where it is not, it is noted.
    if (splitter.rest !== '') reader.take(path, row + 1, splitter.rest);
  }
  return reader.logs;
}

/** A log that had grown too large was renamed to `<path>.1`: that is the earlier part. */
export function inOrder(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path.endsWith('.1') && paths.includes(path.slice(0, -2))) return [];
    return paths.includes(`${path}.1`) ? [`${path}.1`, path] : [path];
  });
}

async function open(path: string): Promise<AsyncIterable<unknown>> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new UsageError(`"${path}" é um diretório, não um registro de eventos`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw unreadable(path, error);
  }
  return failingWithUsage(path);
}

async function* failingWithUsage(path: string): AsyncIterable<unknown> {
  try {
    yield* createReadStream(path, { highWaterMark: READ_BYTES });
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What a system says about a file, in one line. */
export function unreadable(path: string, error: unknown): UsageError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why =
    code === 'ENOENT'
      ? 'não encontrado'
      : code === 'EACCES' || code === 'EPERM'
        ? 'sem permissão de leitura'
        : `não pode ser lido (${String(code)})`;
  return new UsageError(`"${path}" ${why}`, { cause: error });
}
