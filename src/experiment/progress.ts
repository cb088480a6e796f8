import { size, wholeDuration } from '../terminal/formats.ts';
import type { Block } from './plan.ts';
import type { Standing } from './run.ts';

/** Columns of the bar itself. */
const BAR = 24;
/** The estimate of what a chunk costs forgets slowly: the first ones of all are not typical. */
const NEWEST = 0.1;

type Timed = {
  readonly program: string;
  readonly chunkSize: number;
  readonly peers: number;
  readonly fileSize: number;
};

const keyOf = ({ program, chunkSize, peers, fileSize }: Timed): string =>
  `${program} ${chunkSize} ${peers} ${fileSize}`;

const chunksOf = ({ chunkSize, fileSize }: Timed): number => 1 + fileSize / chunkSize;

/** How far an experiment is, as a line: a bar and the time that is left, by what downloads of the same kind took. */
export class ProgressLine {
  readonly #todo: readonly Timed[];
  readonly #took = new Map<string, number>();
  #perChunk: number | undefined;

  constructor(blocks: readonly Block[]) {
    this.#todo = blocks.flatMap(({ program, downloads }) => downloads.map((each) => ({ ...each, program })));
  }

  line({ next, done, last, program }: Standing): string {
    if (last !== undefined) {
      this.#took.set(keyOf(last), last.seconds);
      const rate = last.seconds / chunksOf(last);
      this.#perChunk = (this.#perChunk ?? rate) * (1 - NEWEST) + rate * NEWEST;
    }
    const all = this.#todo.length;
    const filled = Math.round((BAR * done) / all);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
    const { chunkSize, peers, fileSize } = next;
    const what = `${program}, chunk ${size(chunkSize)}, peers: ${peers}, arquivo ${size(fileSize)}`;
    return `${bar} ${done} de ${all}${this.#left(done)} | ${what}`;
  }

  #left(done: number): string {
    const perChunk = this.#perChunk;
    if (perChunk === undefined) return '';
    const seconds = this.#todo
      .slice(done)
      .reduce((sum, each) => sum + (this.#took.get(keyOf(each)) ?? chunksOf(each) * perChunk), 0);
    return `, faltam ${wholeDuration(seconds)}`;
  }
}
