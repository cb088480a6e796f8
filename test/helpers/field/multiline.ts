import type { Reply } from './answers.ts';
import { FieldProgram, REPLY_MS } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, textOf, type Words } from './words.ts';

/** Lists with an entry a line and an empty line at their end; reads to the end of the connection, always. */
export class MultilineProgram extends FieldProgram {
  readonly dialect = 'multiline';

  protected override async serve(wire: Wire): Promise<void> {
    const request = await this.read(wire);
    if (request === undefined) return;
    const reaction = await this.react(request.words, request.bytes, wire);
    await this.finish(wire, reaction, (reply) => this.#frame(reply));
  }

  #frame(reply: Reply): Buffer {
    const end = reply.entries === undefined ? '\n' : '\n\n';
    return Buffer.concat([this.stampReply(reply, '\n'), bytesOf(end)]);
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    const wire = await this.dial(to);
    try {
      wire.write(Buffer.concat([this.stamp(type, args), bytesOf(' \n')]));
      const bytes = await wire.readToEnd(REPLY_MS);
      if (bytes === undefined) throw new Error(`${to} did not close after ${type}`);
      if (type !== 'HELLO' && type !== 'BYE') return this.#parse(bytes, to);
      if (bytes.length > 0) this.seen.violate(`${type} was answered: ${JSON.stringify(textOf(bytes))}`);
      return undefined;
    } finally {
      wire.end();
      wire.destroy();
    }
  }

  /** The head has the first entry on its line, if there is one. */
  #parse(bytes: Buffer, from: string): Words {
    const text = textOf(bytes);
    const isFile = text.split(' ')[2] === 'FILE';
    const end = isFile ? '\n' : '\n\n';
    if (!text.endsWith(end)) throw new Error(`no end: ${JSON.stringify(text.slice(-200))}`);
    const lines = text.slice(0, -end.length).split('\n');
    if (!isFile && lines.slice(1).some((line) => line.includes(' ')))
      this.seen.violate(`several entries on a line: ${JSON.stringify(text.slice(0, 200))}`);
    const head = lines[0]?.split(' ') ?? [];
    if (!isFile && head.length > 5) this.seen.violate(`several entries on a line: ${lines[0]}`);
    return this.reply(bytesOf(lines.join(' ')), from);
  }
}
