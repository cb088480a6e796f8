import { Transform, type TransformCallback } from 'node:stream';
import { MAX_TYPED_CHARS } from '../limits.ts';
import type { Input } from './streams.ts';

/**
 * The keys of a terminal in raw mode, one at a time. What readline gets in one piece it takes for pasted text and
 * puts it at the end of the line, wherever the cursor stands: text pasted into the middle, or typed faster than it
 * is read, would land in the wrong place.
 */
export class KeyByKey extends Transform {
  readonly isTTY = true;
  readonly #input: Input;
  readonly #decoder = new TextDecoder();
  readonly #typed: () => number;

  /** @param typed characters of the line so far */
  constructor(input: Input, typed: () => number) {
    super();
    this.#typed = typed;
    this.#input = input;
    // A terminal that was closed answers reads with EIO: no key comes any more.
    input.on('error', () => this.end());
    input.pipe(this);
  }

  /** Called by readline. */
  setRawMode(isRaw: boolean): this {
    this.#input.setRawMode?.(isRaw);
    return this;
  }

  /** A stopped process that goes on has to begin reading anew, or Ctrl-C and the end of input go unnoticed. */
  restart(): void {
    this.#input.pause();
    this.#input.resume();
  }

  /** Leaves the input as it was found. */
  release(): void {
    this.#input.unpipe(this);
    this.#input.pause();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    // What a line costs grows with the square of its length; nothing that is asked for here is this long.
    let room = MAX_TYPED_CHARS - this.#typed();
    for (const key of this.#decoder.decode(chunk, { stream: true })) {
      if (key === '\r' || key === '\n') room = MAX_TYPED_CHARS;
      else if (key >= ' ' && key !== '\x7f' && room-- <= 0) continue;
      this.push(key);
    }
    done();
  }
}
