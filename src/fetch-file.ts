import { setMaxListeners } from 'node:events';
import { Download, type Sink } from './download/download.ts';
import type { Chunk, FoundFile } from './download/plan.ts';
import { DownloadError, FileError, ProtocolError } from './errors.ts';
import type { Reporter } from './events.ts';
import { MAX_CHUNKS, MAX_SOURCES, PREPARE_TIMEOUT_MS, PROGRESS_INTERVAL_MS } from './limits.ts';
import type { Peer } from './peer.ts';
import type { Address } from './protocol/address.ts';
import type { MessageOf } from './protocol/message.ts';
import { isSameName } from './protocol/names.ts';

/** A sink that becomes a file. */
export interface FileSink extends Sink {
  /**
   * Makes the file whole under its final name.
   * @throws FileError the temporary file is gone then
   */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

export interface Sinks {
  /** @throws FileError `unsafe-name` and whatever the disk says */
  createSink(name: string, size: number, chunkSize: number): Promise<FileSink>;
}

export interface FetchFileOptions {
  readonly file: FoundFile<Address>;
  /** Bytes. */
  readonly chunkSize: number;
  readonly peer: Peer;
  readonly sinks: Sinks;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What some programs write where base64 should be; both happen to be base64 of three bytes. */
const ERROR_WORDS: readonly string[] = ['None', 'ERRO'];

const now = (): number => performance.now() / 1000;

/** A download that has succeeded. */
export interface FetchedFile {
  /** From the first request to the last chunk received. */
  readonly seconds: number;
  /** How many have delivered. */
  readonly sources: number;
}

/** Joins network, engine and disk: fetches a file into the shared folder. Undefined after a failure (reported). */
export async function fetchFile(options: FetchFileOptions): Promise<FetchedFile | undefined> {
  const { chunkSize, sinks, reporter, signal } = options;
  const file = { ...options.file, sources: options.file.sources.slice(0, MAX_SOURCES) };
  const { name, size } = file;
  const sources = file.sources.map(({ address }) => address);
  let chunks = Math.ceil(size / chunkSize);
  let sink: FileSink | undefined;
  try {
    if (chunks > MAX_CHUNKS) throw new DownloadError('too-many-chunks', []);
    sink = await sinks.createSink(name, size, chunkSize);
    const download = createDownload({ ...options, file }, sink);
    chunks = download.chunks;
    reporter.report({ event: 'download-started', name, size, chunkSize, chunks, sources });
    const ticker = setInterval(() => {
      reporter.report({ event: 'download-progressed', name, size, chunks, ...download.progress() });
    }, PROGRESS_INTERVAL_MS);
    const seconds = await download.run(signal).finally(() => clearInterval(ticker));
    await sink.commit();
    const { delivered } = download;
    reporter.report({ event: 'download-finished', name, size, chunkSize, sources: delivered, seconds });
    return { seconds, sources: delivered.length };
  } catch (error) {
    await sink?.discard();
    const cause = error instanceof DownloadError && error.cause instanceof FileError ? error.cause : error;
    if (!(cause instanceof DownloadError || cause instanceof FileError)) throw error;
    const missing = error instanceof DownloadError ? error.missing : [];
    reporter.report({ event: 'download-failed', name, code: cause.code, missing, chunks });
    return undefined;
  }
}

function createDownload(
  { file, chunkSize, peer, reporter }: FetchFileOptions,
  sink: FileSink,
): Download<Address> {
  const { name } = file;
  const chunks = Math.ceil(file.size / chunkSize);
  return new Download({
    file,
    chunkSize,
    sink,
    now,
    prepare: ({ address }, signal) => {
      // One listener for each chunk in flight is no leak.
      setMaxListeners(0, signal);
      return peer.prepare(address, { signal, chunks });
    },
    patience: () => new Promise((resolve) => void setTimeout(resolve, PREPARE_TIMEOUT_MS).unref()),
    requestsAtOnce: (source) => peer.requestsAtOnce(source),
    fetch: async ({ address, token }, chunk, signal) => {
      const request = { type: 'DL', token, size: chunkSize, index: chunk.index } as const;
      const reply = await peer.request(address, request, { signal, chunks });
      return chunkOf(reply, token, chunk, file.size);
    },
    onChunkFailed: (source, index, { code }) =>
      reporter.report({ event: 'chunk-failed', name, source, index, code }),
    onSourceRetired: (source) => reporter.report({ event: 'source-retired', name, source }),
  });
}

/**
 * The bytes of the chunk that was asked for, out of the reply. The length is known beforehand; the size that the reply
 * tells is not to be trusted, some programs echo ours. Some answer with the whole file (section 7).
 * @throws ProtocolError `wrong-chunk`
 */
function chunkOf(
  reply: MessageOf<'FILE'>,
  token: string,
  { index, offset, length }: Chunk,
  size: number,
): Buffer {
  const { data } = reply;
  const isNamed = isSameName(reply.token, token);
  const isError = data.length === 3 && reply.size !== 3 && ERROR_WORDS.includes(data.toString('base64'));
  if (isNamed && reply.index === index && data.length === length && !isError) return data;
  const isWhole = isNamed && reply.index === 0 && reply.size === 0 && data.length === size;
  if (isWhole) return data.subarray(offset, offset + length);
  throw new ProtocolError('wrong-chunk');
}
