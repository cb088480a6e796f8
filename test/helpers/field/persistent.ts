import { FieldProgram, REPLY_MS } from './field-program.ts';
import type { Wire } from './wire.ts';
import { bytesOf, isReply, REPLY_TO, textOf, parseWords, type Words } from './words.ts';

interface Pending {
  readonly type: string | undefined;
  readonly resolve: (words: Words) => void;
  readonly reject: (error: Error) => void;
}

/** The one connection to a peer, whoever opened it. */
interface Pair {
  readonly wire: Wire;
  readonly pending: Pending[];
  answered: number;
  parted: boolean;
}

/** One connection a pair, both directions, kept until the end; whoever closes it is out of reach. */
export class PersistentProgram extends FieldProgram {
  readonly dialect = 'persistent';
  protected override readonly oneShot = false;
  readonly #pairs = new Map<string, Pair>();
  readonly #unreachable = new Set<string>();

  protected override async serve(wire: Wire): Promise<void> {
    await this.#run({ wire, pending: [], answered: 0, parted: false });
  }

  protected override async ask(
    to: string,
    type: string,
    args: readonly string[],
  ): Promise<Words | undefined> {
    const pair = await this.#pairWith(to, type);
    pair.wire.write(Buffer.concat([this.stamp(type, args), bytesOf('\n')]));
    if (type === 'BYE') {
      pair.parted = true;
      this.#pairs.delete(to);
      pair.wire.end();
    }
    if (type === 'BYE' || type === 'HELLO') return undefined;
    return this.#reply(pair, to, type);
  }

  /** The connection to a peer; without one, HELLO comes first. */
  async #pairWith(to: string, type: string): Promise<Pair> {
    const known = this.#pairs.get(to);
    if (known !== undefined) return known;
    if (type !== 'HELLO' && this.#unreachable.has(to)) throw new Error(`${to} has closed the connection`);
    const pair: Pair = { wire: await this.dial(to), pending: [], answered: 0, parted: false };
    this.#pairs.set(to, pair);
    this.#unreachable.delete(to);
    void this.#run(pair, to);
    if (type !== 'HELLO') pair.wire.write(Buffer.concat([this.stamp('HELLO'), bytesOf('\n')]));
    return pair;
  }

  #reply(pair: Pair, to: string, type: string): Promise<Words> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${to} did not answer ${type}`)), REPLY_MS);
      pair.pending.push({
        type: REPLY_TO[type],
        resolve: (words) => {
          clearTimeout(timer);
          if (words.origin !== to) this.seen.violate(`${words.origin} answers for ${to}`);
          resolve(words);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** Reads everything that comes on a connection, requests and replies, until it ends. */
  async #run(pair: Pair, dialled?: string): Promise<void> {
    const { wire } = pair;
    let peer = dialled;
    for (;;) {
      await wire.until(() => wire.ended || wire.held.includes(0x0a), Infinity);
      const line = wire.held.subarray(0, wire.held.indexOf(0x0a));
      const words = wire.held.includes(0x0a) ? parseWords(textOf(line)) : undefined;
      if (words !== undefined && isReply(words)) {
        wire.take(line.length + 1);
        this.#deliver(pair, words);
        continue;
      }
      const request = await this.read(wire, 0);
      if (request === undefined) break;
      peer ??= request.words.origin;
      if (dialled === undefined && request.words.type !== 'BYE') {
        this.#pairs.set(peer, pair);
        this.#unreachable.delete(peer);
      }
      if (!(await this.#answer(pair, request))) break;
    }
    wire.end();
    for (const { reject } of pair.pending) reject(new Error(`${peer ?? '?'} has closed the connection`));
    if (peer === undefined || this.#pairs.get(peer) !== pair) return;
    this.#pairs.delete(peer);
    this.#unreachable.add(peer);
    const mayClose = this.quirks.againDelayMs !== undefined;
    if (pair.answered > 0 && !pair.parted && !mayClose)
      this.seen.violate(`${peer} closed a connection in use`);
  }

  /** False where the connection ends with it. */
  async #answer(pair: Pair, { words, bytes }: { words: Words; bytes: Buffer }): Promise<boolean> {
    const reaction = await this.react(words, bytes, pair.wire);
    if (words.type === 'BYE') pair.parted = true;
    if (reaction === 'reset') pair.wire.reset();
    if (reaction === 'reset' || reaction === 'eof') {
      pair.parted = true;
      return false;
    }
    const { againDelayMs } = this.quirks;
    if (pair.answered > 0 && againDelayMs !== undefined) await pair.wire.until(() => false, againDelayMs);
    if (typeof reaction === 'object') {
      pair.wire.write(Buffer.concat([this.stampReply(reaction), bytesOf('\n')]));
      pair.answered += 1;
    }
    return true;
  }

  /** An answer to HELLO is not waited for, and does no harm. */
  #deliver(pair: Pair, words: Words): void {
    this.witness(words);
    const [first] = pair.pending;
    if (first?.type === words.type) {
      pair.pending.shift();
      first.resolve(words);
    } else if (words.type !== 'RETURN_HELLO') this.seen.violate(`${words.type} that nobody asked for`);
  }
}
