import { FieldProgram, ONE_READ_MS, REPLY_MS, type FieldOptions } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, type Words } from './words.ts';

/** A server that lets go of a connection behind its reply does so at once; a reader to the end hangs on others. */
const CLOSE_MS = 3_000;

/** One request, one line back, one connection; the variants are quirks. */
export class LineProgram extends FieldProgram {
  readonly dialect = 'line';
  readonly #ending: Buffer;

  constructor(options: FieldOptions) {
    super(options);
    this.answersHello = options.quirks?.answersHello === true;
    this.#ending = bytesOf({ none: '', nul: '\n\0', plain: '\n' }[options.quirks?.ending ?? 'plain']);
  }

  protected override async serve(wire: Wire): Promise<void> {
    const request = await this.read(wire);
    if (request === undefined) return;
    const reaction = await this.react(request.words, request.bytes, wire);
    await this.finish(wire, reaction, (reply) => Buffer.concat([this.stampReply(reply), this.#ending]));
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    const wire = await this.dial(to);
    try {
      const ending = this.quirks.ending === 'nul' ? '\n\0' : '\n';
      const request = Buffer.concat([this.stamp(type, args), bytesOf(ending)]);
      if (type === 'HELLO' || type === 'BYE') {
        wire.end(request);
        await wire.until(() => wire.ended, CLOSE_MS);
        return undefined;
      }
      wire.write(request);
      return this.#parse(await this.#readReply(wire), to);
    } finally {
      wire.end();
      await wire.until(() => wire.ended, CLOSE_MS);
      wire.destroy();
    }
  }

  async #readReply(wire: Wire): Promise<Buffer> {
    const { reads } = this.quirks;
    if (reads === undefined) return wire.readLine(REPLY_MS);
    if (reads === 'once') return wire.readOnce(ONE_READ_MS, REPLY_MS);
    await wire.until(() => wire.ended || wire.held.length > 0, REPLY_MS);
    const all = await wire.readToEnd(CLOSE_MS);
    if (all === undefined) this.seen.violate('the reply came, its end did not');
    return all ?? wire.held;
  }

  #parse(bytes: Buffer, from: string): Words {
    if (bytes.at(-1) !== 0x0a) throw new Error(`no line: ${JSON.stringify(bytes.toString().slice(0, 200))}`);
    return this.reply(bytes.subarray(0, -1), from);
  }
}
