import type { MessageReceived, MessageSent } from '../../../src/events.ts';
import { A2 } from './addresses.ts';

/** Messages as Peer reports them in a fast transfer: `args` is a getter, which a copy of the object would lose. */
abstract class LazyMessage {
  readonly type: 'DL' | 'FILE';
  readonly clock = 7;
  readonly reply: boolean;
  readonly chunks: number;
  /** How often `args` was read. */
  static reads = 0;
  readonly #args: readonly string[];

  constructor(args: readonly string[], type: 'DL' | 'FILE' = 'DL', chunks = 4) {
    this.#args = args;
    this.type = type;
    this.reply = type === 'FILE';
    this.chunks = chunks;
  }

  get args(): readonly string[] {
    LazyMessage.reads += 1;
    return this.#args;
  }

  static readsDuring(work: () => void): number {
    LazyMessage.reads = 0;
    work();
    return LazyMessage.reads;
  }
}

export class LazySent extends LazyMessage implements MessageSent {
  readonly event = 'message-sent';
  readonly to = A2;
}

export class LazyReceived extends LazyMessage implements MessageReceived {
  readonly event = 'message-received';
  readonly from = A2;
  readonly clockAfter = 8;

  get token(): string | undefined {
    return this.type === 'DL' ? 'big.bin' : undefined;
  }
}
