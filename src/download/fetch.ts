import { chunkCount } from './engine/plan.ts';
import { DownloadError, FileError } from '../errors.ts';
import type { FileSink } from './file-sink.ts';
import { MAX_CHUNKS, MAX_SOURCES } from '../limits.ts';
import { Transfer, type FetchedFile, type TransferOptions } from './transfer.ts';

/** Joins network, engine and disk: fetches a file into the shared folder. Undefined after a failure (reported). */
export async function fetchFile(options: TransferOptions): Promise<FetchedFile | undefined> {
  const { chunkSize, sinks, reporter } = options;
  const file = { ...options.file, sources: options.file.sources.slice(0, MAX_SOURCES) };
  const { name, size, sha256 } = file;
  const chunks = chunkCount(size, chunkSize);
  let sink: FileSink | undefined;
  try {
    if (chunks > MAX_CHUNKS) throw new DownloadError('too-many-chunks', []);
    sink = await sinks.createSink({ name, size, chunkSize, sha256, signal: options.signal });
    return await new Transfer({ ...options, file }, sink).run();
  } catch (error) {
    const isResumable = error instanceof DownloadError && ['aborted', 'no-sources'].includes(error.code);
    const kept = isResumable ? await sink?.suspend() : undefined;
    if (!isResumable) await sink?.discard();
    const cause = error instanceof DownloadError && error.cause instanceof FileError ? error.cause : error;
    if (!(cause instanceof DownloadError || cause instanceof FileError)) throw error;
    const missing = error instanceof DownloadError ? error.missing : [];
    reporter.report({ event: 'download-failed', name, code: cause.code, missing, chunks, kept: kept ?? 0 });
    return undefined;
  }
}
