import { FieldProgram, REPLY_MS, type FieldOptions } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, type Words } from './words.ts';

const PREFIX_BYTES = 8;

/** The reference program: replies behind their length, a knock before each request, one connection at a time. */
export class PrefixedProgram extends FieldProgram {
  readonly dialect: string = 'prefixed';

  constructor(options: FieldOptions) {
    super({ ...options, quirks: { serial: true, echoesSize: true, ...options.quirks } });
    this.answersHello = true;
  }

  protected override async serve(wire: Wire): Promise<void> {
    const request = await this.read(wire);
    if (request === undefined) return;
    const reaction = await this.react(request.words, request.bytes, wire);
    await this.finish(wire, reaction, (reply) => this.frame(this.stampReply(reply)));
  }

  protected frame(payload: Buffer): Buffer {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeBigUInt64BE(BigInt(payload.length));
    return Buffer.concat([prefix, payload]);
  }

  protected async readReply(wire: Wire): Promise<Buffer> {
    const prefix = await wire.readExactly(PREFIX_BYTES, REPLY_MS);
    if (prefix.length < PREFIX_BYTES || prefix[0] !== 0) {
      const came = Buffer.concat([prefix, wire.held]).toString('latin1');
      throw new Error(`no length: ${JSON.stringify(came.slice(0, 200))}`);
    }
    const length = Number(prefix.readBigUInt64BE());
    const payload = await wire.readExactly(length, REPLY_MS);
    if (payload.length < length) throw new Error(`${payload.length} of ${length} bytes`);
    if (wire.held.length > 0) this.seen.violate(`${wire.held.length} bytes behind the reply`);
    return payload;
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    if (type !== 'DL') (await this.dial(to)).destroy();
    const wire = await this.dial(to);
    try {
      wire.write(Buffer.concat([this.stamp(type, args), bytesOf('\n')]));
      return type === 'BYE' ? undefined : this.reply(await this.readReply(wire), to);
    } finally {
      wire.end();
      await wire.until(() => wire.ended, REPLY_MS);
      wire.destroy();
    }
  }
}
