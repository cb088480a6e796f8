import { FieldProgram, REPLY_MS } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, isReply, REPLY_TO, type Words } from './words.ts';

interface Pending {
  readonly matches: (words: Words) => boolean;
  readonly resolve: (words: Words) => void;
}

/**
 * One outgoing connection to each peer, kept for ever: requests and replies are written on it, and nothing is ever read from it. What
 * others have to say is read from the connections that they open.
 */
export class OutboxProgram extends FieldProgram {
  readonly dialect = 'outbox';
  protected override readonly oneShot = false;
  readonly #outgoing = new Map<string, Promise<Wire>>();
  readonly #pending = new Set<Pending>();

  protected override async serve(wire: Wire): Promise<void> {
    for (;;) {
      await wire.until(() => wire.ended || wire.held.includes(0x0a), Infinity);
      const came = await this.read(wire, 0);
      if (came === undefined) break;
      if (isReply(came.words)) {
        this.#deliver(came.words);
        continue;
      }
      const reaction = await this.react(came.words, came.bytes, wire);
      if (came.words.type === 'BYE') this.#outgoing.delete(came.words.origin);
      if (typeof reaction !== 'object') continue;
      const out = await this.#wireTo(came.words.origin);
      out.write(Buffer.concat([this.stampReply(reaction), bytesOf('\n')]));
    }
    wire.end();
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    const wire = await this.#wireTo(to);
    const reply = REPLY_TO[type] === undefined || type === 'HELLO' ? undefined : this.#await(to, type, args);
    wire.write(Buffer.concat([this.stamp(type, args), bytesOf('\n')]));
    if (type === 'BYE') {
      this.#outgoing.delete(to);
      wire.end();
    }
    return reply;
  }

  /** The only connection that it opens to that address; a new one where the other side has closed it. */
  #wireTo(to: string): Promise<Wire> {
    const known = this.#outgoing.get(to);
    if (known !== undefined) return known;
    const wire = this.dial(to);
    this.#outgoing.set(to, wire);
    void wire
      .then(async (opened) => {
        await opened.until(() => opened.ended, Infinity);
        if (this.#outgoing.get(to) !== wire) return;
        this.#outgoing.delete(to);
        this.seen.violate(`${to} closed the connection that is kept for ever`);
      })
      .catch(() => this.#outgoing.delete(to));
    return wire;
  }

  #await(to: string, type: string, [name, , index]: readonly string[]): Promise<Words> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(pending);
        reject(new Error(`${to} did not answer ${type}`));
      }, this.quirks.replyMs ?? REPLY_MS);
      const pending: Pending = {
        matches: (words) =>
          words.origin === to &&
          words.type === REPLY_TO[type] &&
          (type !== 'DL' || (words.args[0] === name && words.args[2] === index)),
        resolve: (words) => {
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
