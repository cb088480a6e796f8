import type { ByteRange, DownloadOptions } from './download-options.ts';
import type { Scheduler } from './scheduler.ts';
import type { Sources } from './sources.ts';

/**
 * Whose chunks may be kept. Nobody can say of a single chunk whether it is right, only of the whole file: so what came from
 * somebody who had not proved his content yet is asked for again as soon as something is wrong.
 */
export class Trust<S extends string> {
  readonly #options: Pick<DownloadOptions<S>, 'file' | 'chunkSize' | 'sink'>;
  readonly #scheduler: Scheduler<S>;
  readonly #sources: Sources<S>;

  constructor(
    options: Pick<DownloadOptions<S>, 'file' | 'chunkSize' | 'sink'>,
    scheduler: Scheduler<S>,
    sources: Sources<S>,
  ) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#sources = sources;
  }

  prove(source: S): void {
    const state = this.#sources.get(source);
    if (state !== undefined) state.isProven = true;
  }

  /** Returns the bytes that are open again; none where this source had not given anything. */
  exclude(source: S): number {
    const state = this.#sources.get(source);
    if (state === undefined || state.isExcluded) return 0;
    state.isExcluded = true;
    this.#scheduler.retire(source);
    return state.delivered === 0 ? 0 : this.doubt();
  }

  /** Returns the bytes that are open again. */
  excludeUnproven(): number {
    for (const state of this.#sources) {
      if (state.isProven) continue;
      state.isExcluded = true;
      this.#scheduler.retire(state.source.address);
    }
    return this.doubt();
  }

  /** Opens all chunks again that nobody vouches for, and returns their bytes. */
  doubt(): number {
    const { file, chunkSize, sink } = this.#options;
    const ranges = this.#scheduler
      .reopenDoubtful()
      .map(([first, last]): ByteRange => [first * chunkSize, Math.min((last + 1) * chunkSize, file.size)]);
    if (ranges.length > 0) sink.doubt(ranges);
    return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  }
}
