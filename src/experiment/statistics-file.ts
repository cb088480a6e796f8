import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../disk/file-error.ts';
import type { GroupSummary } from '../download/statistics.ts';
import { FileError, UsageError } from '../errors.ts';
import { escape } from '../terminal/escape.ts';
import { reason } from '../terminal/reasons.ts';
import { csv } from './csv.ts';
import { isThere, writeWhole } from './whole-file.ts';

const HEADER = ['chunk_bytes', 'peers', 'arquivo_bytes', 'n', 'media_s', 'desvio_padrao_s'];

/** What menu 5 shows of the downloads, as a table of its own: the same columns, exact numbers. */
export class StatisticsFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Looks whether it could be written now: at the end of a lesson it is too late to find out.
   * @throws UsageError
   */
  static async at(path: string): Promise<StatisticsFile> {
    try {
      await access(dirname(path), constants.W_OK);
      if (await isThere(path)) throw new FileError('exists', path);
    } catch (error) {
      const { code } = fileError(error, path);
      throw new UsageError(`--estatisticas: "${escape(path)}" ${reason(code)}`, { cause: error });
    }
    return new StatisticsFile(path);
  }

  /** @throws FileError where it cannot be written after all */
  async write(groups: readonly GroupSummary[]): Promise<void> {
    const rows = groups.map(({ chunkSize, sources, fileSize, count, mean, deviation }) => [
      chunkSize,
      sources,
      fileSize,
      count,
      mean,
      deviation,
    ]);
    await writeWhole(this.#path, csv(HEADER, rows, 'virgula'));
  }
}
