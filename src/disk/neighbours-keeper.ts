import { FileError } from '../errors.ts';
import type { AppEvent, Reporter } from '../events.ts';
import type { Address } from '../protocol/address.ts';

/** The file, as far as it is needed here. */
export interface NeighboursList {
  readonly path: string;
  /** @throws FileError */
  append(address: string): Promise<void>;
}

/** Writes every new neighbour to the neighbours file, in the order in which they became known. */
export class NeighboursKeeper implements Reporter {
  readonly #file: NeighboursList;
  readonly #inFile: ReadonlySet<Address>;
  readonly #reporter: Reporter;
  #last: Promise<void> = Promise.resolve();
  #failing = false;

  /**
   * @param inFile what the file holds already
   * @param reporter hears of a file that cannot be written, once until it can again
   */
  constructor(file: NeighboursList, inFile: Iterable<Address>, reporter: Reporter) {
    this.#file = file;
    this.#inFile = new Set(inFile);
    this.#reporter = reporter;
  }

  report(event: AppEvent): void {
    if (event.event !== 'neighbour-added' || this.#inFile.has(event.neighbour)) return;
    const { neighbour } = event;
    this.#last = this.#last.then(() => this.#append(neighbour));
  }

  /** Resolves when all that was reported so far is written, or has failed and was reported. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #append(neighbour: Address): Promise<void> {
    try {
      await this.#file.append(neighbour);
      this.#failing = false;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (this.#failing) return;
      this.#failing = true;
      this.#reporter.report({
        event: 'neighbours-file-not-written',
        path: this.#file.path,
        code: error.code,
      });
    }
  }
}
