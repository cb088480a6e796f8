import { DownloadRun, type DownloadRunOptions } from '../../../../src/download/download-run.ts';
import type { ByteRange } from '../../../../src/download/engine/download-options.ts';
import type { Download } from '../../../../src/download/engine/download.ts';
import type { ConnectionError, ProtocolError } from '../../../../src/errors.ts';
import { MemorySink } from './memory-sink.ts';
import type { SimulatedSources } from './simulated-sources.ts';

/** What a download has told, and when; in virtual seconds. */
export type Told =
  | {
      readonly what: 'failed';
      readonly at: number;
      readonly source: string;
      readonly index: number;
      readonly code: (ConnectionError | ProtocolError)['code'];
    }
  | { readonly what: 'retired'; readonly at: number; readonly source: string; readonly seconds: number }
  | { readonly what: 'returned'; readonly at: number; readonly source: string };

export interface SimulatedDownloadOptions extends Partial<DownloadRunOptions<string>> {
  /** Bytes. */
  readonly chunkSize: number;
  /** What an interrupted download has left, and what it was; the right content by default. */
  readonly present?: readonly ByteRange[];
  readonly old?: Buffer;
}

/** A download in a simulated world, with its sink and all that it tells. */
export class SimulatedDownload {
  readonly task: DownloadRun<string>;
  readonly sink: MemorySink;
  readonly told: Told[] = [];
  readonly #world: SimulatedSources;

  constructor(world: SimulatedSources, { present, old, ...options }: SimulatedDownloadOptions) {
    this.#world = world;
    this.sink = new MemorySink({ size: world.content.length, present, old: old ?? world.content });
    this.task = new DownloadRun<string>({
      ...world.options,
      sink: this.sink,
      onChunkFailed: (source, index, { code }) =>
        this.told.push({ what: 'failed', at: world.now, source, index, code }),
      onSourceRetired: (source, seconds) =>
        this.told.push({ what: 'retired', at: world.now, source, seconds }),
      onSourceReturned: (source) => this.told.push({ what: 'returned', at: world.now, source }),
      ...options,
    });
  }

  get download(): Download<string> {
    return this.task.engine;
  }

  /** Seconds of each backoff that was told of this source. */
  backoffsOf(source: string): number[] {
    return this.told.flatMap((told) =>
      told.what === 'retired' && told.source === source ? [told.seconds] : [],
    );
  }

  failuresOf(source: string): number {
    return this.told.filter((told) => told.what === 'failed' && told.source === source).length;
  }

  /** The content is there and right. */
  get isRight(): boolean {
    return this.sink.data.equals(this.#world.content);
  }

  /** Bytes asked for more than once, as a part of the file. */
  get waste(): number {
    return this.#world.askedBytes / this.#world.content.length - 1;
  }

  /** Runs it to its end, and resolves with the error that ended it. */
  run(signal?: AbortSignal): Promise<unknown> {
    return this.#world.run(this.task, signal);
  }
}
