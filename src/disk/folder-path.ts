import { join, sep } from 'node:path';
import { bytesFromName, nameFromBytes } from '../protocol/name-bytes.ts';

/**
 * Where the shared folder is: as the user wrote it, for errors; its real path in bytes, for the system,
 * because a name that is no UTF-8 has no path that is a string.
 */
export class FolderPath {
  readonly shown: string;
  readonly real: Buffer;
  readonly #prefix: Buffer;

  constructor(shown: string, real: Buffer) {
    this.shown = shown;
    this.real = real;
    const separator = Buffer.from(sep);
    const isRoot = real.subarray(-separator.length).equals(separator);
    this.#prefix = isRoot ? real : Buffer.concat([real, separator]);
  }

  /** The path of an entry, in bytes. The name was checked to be a name, not a path. */
  entry(name: string): Buffer {
    return Buffer.concat([this.#prefix, bytesFromName(name)]);
  }

  /** The path of an entry as the user would look for it. */
  shownEntry(name: string): string {
    return join(this.shown, name);
  }

  /** The names that lead from this folder to a real path, undefined where that one lies outside. */
  namesTo(real: Buffer): readonly string[] | undefined {
    if (!real.subarray(0, this.#prefix.length).equals(this.#prefix)) return undefined;
    return nameFromBytes(real.subarray(this.#prefix.length)).split(sep);
  }
}
