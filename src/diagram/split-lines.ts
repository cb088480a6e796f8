import { StringDecoder } from 'node:string_decoder';
import { UsageError } from '../errors.ts';

/** A line is a few hundred characters; a file without a newline in so many is something else. */
const MAX_LINE_CHARS = 64 * 1024 * 1024;

/** Bytes in, whole lines out; what follows the last newline waits for more. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #file: string;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Takes the next bytes of the file.
   * @throws UsageError where no newline comes
   */
  push(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_CHARS) {
      throw new UsageError(`"${this.#file}" não é um registro de eventos (uma linha não termina)`);
    }
    return lines;
  }

  /** What stands after the last newline: nothing, or a line that was being written. */
  get rest(): string {
    return this.#rest;
  }
}
