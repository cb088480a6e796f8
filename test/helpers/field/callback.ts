import { FieldProgram, REPLY_MS, type FieldOptions } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, isReply, REPLY_TO, type Words } from './words.ts';

interface Pending {
  readonly matches: (words: Words) => boolean;
  readonly resolve: (words: Words) => void;
}

/** Never answers on the connection of the request: the reply goes to the address of who asked. */
export class CallbackProgram extends FieldProgram {
  readonly dialect = 'callback';
  readonly #ending: Buffer;
  readonly #pending = new Set<Pending>();
  #replies = 0;

  constructor(options: FieldOptions) {
    super(options);
    this.#ending = bytesOf(options.quirks?.ending === 'none' ? '' : '\n');
  }

  protected override async serve(wire: Wire): Promise<void> {
    const came = await this.read(wire);
    if (came === undefined) return;
    if (isReply(came.words) && ++this.#replies % (this.quirks.resetsReplies ?? Infinity) === 0) {
      wire.reset();
      return;
    }
    wire.end();
    if (isReply(came.words)) {
      this.#deliver(came.words);
      return;
    }
    const reaction = await this.react(came.words, came.bytes, wire);
    if (typeof reaction !== 'object') return;
    const back = await this.dial(came.words.origin);
    back.end(Buffer.concat([this.stampReply(reaction), this.#ending]));
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    const wire = await this.dial(to);
    const request = Buffer.concat([this.stamp(type, args), this.#ending]);
    if (type === 'HELLO' || type === 'BYE') {
      wire.end(request);
      await wire.until(() => wire.ended, REPLY_MS);
      return undefined;
    }
    const reply = this.#await(to, type, args);
    if (this.quirks.finDelayMs === undefined) wire.end(request);
    else {
      wire.write(request);
      await wire.until(() => false, this.quirks.finDelayMs);
      wire.end();
    }
    await wire.until(() => wire.ended, REPLY_MS);
    if (wire.held.length > 0) this.seen.violate('answered on the connection of the request');
    wire.destroy();
    return reply;
  }

  /** The reply to one request; several may be open. */
  #await(to: string, type: string, [name, , index]: readonly string[]): Promise<Words> {
    return new Promise((resolve, reject) => {
      const matches = (words: Words) =>
        words.origin === to &&
        words.type.replace('PEERS_', 'PEER_') === REPLY_TO[type] &&
        (type !== 'DL' || (words.args[0] === name && words.args[2] === index));
      const timer = setTimeout(() => {
        this.#pending.delete(pending);
        reject(new Error(`${to} did not answer ${type}`));
      }, REPLY_MS);
      const pending = {
        matches,
        resolve: (words: Words) => {
          clearTimeout(timer);
          this.#pending.delete(pending);
          resolve(words);
        },
      };
      this.#pending.add(pending);
    });
  }

  #deliver(words: Words): void {
    this.seen.replies.push(words);
    this.witness(words);
    const pending = [...this.#pending].find(({ matches }) => matches(words));
    if (pending !== undefined) pending.resolve(words);
    else if (words.type !== 'RETURN_HELLO') this.seen.violate(`${words.type} that nobody asked for`);
  }
}
