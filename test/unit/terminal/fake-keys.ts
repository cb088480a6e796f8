import { PassThrough } from 'node:stream';

/** A keyboard: an input stream with the properties of a terminal. */
export class FakeKeys extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}
