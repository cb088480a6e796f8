import net from 'node:net';
import { formatAddress, type Address } from '../protocol/address.ts';
import { firstReply, read, type Reading } from './reading.ts';
import { Stopped, type Manner, type Target } from './target.ts';
import { Wire } from './wire.ts';

/** After a whole reply, for what should not follow it, and for the end of the connection. */
const SETTLE_MS = 30;
/** The same where the connection is not going to end. */
const OPEN_SETTLE_MS = 8;
/** Silence in the middle of a reply, after which it counts as all that comes. */
const QUIET_MS = 1_000;
/** Nobody must answer HELLO and BYE, but most close then; on a busy machine that takes a while. */
const HELLO_MS = 1_000;
/** The same once it is known that nothing comes, nor an end. */
const QUIET_HELLO_MS = 80;
/** A reply that comes back on a connection of its own takes no longer. */
const BACK_MS = 2_000;

const REPLY_TYPES: Readonly<Record<string, readonly string[]>> = {
  HELLO: ['RETURN_HELLO'],
  GET_PEERS: ['PEER_LIST', 'PEERS_LIST'],
  LS: ['LS_LIST'],
  DL: ['FILE'],
};
const REQUESTS: readonly string[] = ['HELLO', 'GET_PEERS', 'LS', 'DL', 'BYE'];

/** One request and what became of it. */
export interface Exchange {
  readonly type: string;
  /** Our clock in the request. */
  readonly clock: number;
  readonly sent: Buffer;
  /** All that came, framing included. */
  readonly reply: Buffer;
  readonly reading: Reading | undefined;
  /** Where it came: on the connection of the request, or on another one to us. */
  readonly came: 'here' | 'back' | 'nowhere';
  /** How the connection of the request was when we left it. */
  readonly end: 'open' | 'closed' | 'reset';
}

export interface AskOptions {
  /** Milliseconds for the reply; `--prazo` by default. */
  readonly waitMs?: number;
  /** Milliseconds after the reply in which the connection may end. */
  readonly settleMs?: number;
  /** Writes the bytes of a request in another way than in one piece; returns once all are written. */
  readonly write?: (wire: Wire, bytes: Buffer) => Promise<void>;
  /** On this connection, which stays open, instead of one of its own. */
  readonly on?: Wire;
}

interface Pending {
  readonly types: readonly string[];
  readonly args: readonly string[];
  back: Buffer | undefined;
  readonly wire: Wire;
}

export interface AskerOptions {
  /** What others say does not lift its clock, which thus stays behind everybody's: a peer that hears nothing. */
  readonly isDeaf?: boolean;
}

/** One peer that the judge plays: an address on which it listens, a clock, and one request at a time or several. */
export class Asker {
  clock = 0;
  address = '' as Address;
  readonly #target: Target;
  readonly #isDeaf: boolean;
  readonly #server: net.Server;
  readonly #wires = new Set<Wire>();
  readonly #pending = new Set<Pending>();
  /** The one connection to a program that wants one for everything. */
  #kept: Wire | undefined;

  constructor(target: Target, { isDeaf = false }: AskerOptions = {}) {
    this.#target = target;
    this.#isDeaf = isDeaf;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      void this.#serve(this.#hold(new Wire(socket)));
    });
  }

  /** Listens on a free port of a host. */
  async listen(host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port: 0 }, resolve);
    });
    const { port } = this.#server.address() as net.AddressInfo;
    this.address = formatAddress({ host, port });
  }

  /** Local events of ours: the clock moves on without a message. */
  skip(events: number): void {
    this.clock += events;
  }

  /** A message of ours, stamped now. */
  stamp(type: string, args: readonly string[] = []): Buffer {
    this.clock += 1;
    return Buffer.from(`${[this.address, this.clock, type, ...args].join(' ')}\n`);
  }

  /**
   * Sends a request and takes what comes.
   * @throws as `Target.dial`
   */
  async ask(type: string, args: readonly string[] = [], options: AskOptions = {}): Promise<Exchange> {
    const { manner } = this.#target;
    const wire = options.on ?? (await this.#connection());
    const types = REPLY_TYPES[type] ?? [];
    const pending: Pending = { types, args, back: undefined, wire };
    this.#pending.add(pending);
    const spaced = type === 'GET_PEERS' && manner.wantsSpace ? [''] : args;
    const sent = this.stamp(type, spaced);
    const { clock } = this;
    if (options.write === undefined) wire.write(sent);
    else await options.write(wire, sent);
    const reply = await this.#reply(pending, type, manner, options);
    this.#pending.delete(pending);
    if (wire.flooded) throw new Stopped('o programa responde sem parar');
    const reading = read(reply);
    if (reading?.clock !== undefined) this.#witness(reading.clock);
    const came = pending.back !== undefined ? 'back' : reply.length > 0 ? 'here' : 'nowhere';
    const { end } = wire;
    if (!manner.keeps && options.on === undefined) wire.destroy();
    return this.#target.record({ type, clock, sent, reply, reading, came, end });
  }

  /** Opens a connection without a word. */
  async dial(): Promise<Wire> {
    return this.#hold(await this.#target.dial());
  }

  close(): void {
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
  }

  async #connection(): Promise<Wire> {
    if (!this.#target.manner.keeps) return this.dial();
    if (this.#kept?.end !== 'open') {
      this.#kept = await this.dial();
      // Programs that keep one connection want a HELLO first.
      await this.ask('HELLO', [], { on: this.#kept });
    }
    return this.#kept;
  }

  /** From now on everything goes over this connection. */
  keep(wire: Wire): void {
    this.#kept = wire;
  }

  async #reply(pending: Pending, type: string, manner: Manner, options: AskOptions): Promise<Buffer> {
    const { wire } = pending;
    const isOptional = type === 'HELLO' || type === 'BYE';
    const helloMs = manner.leavesOpen ? QUIET_HELLO_MS : HELLO_MS;
    const until = performance.now() + (options.waitMs ?? (isOptional ? helloMs : this.#target.deadlineMs));
    const left = () => until - performance.now();
    const isWhole = () => pending.back !== undefined || firstReply(this.#answered(pending)) !== undefined;
    const isOver = () => isWhole() || wire.end !== 'open';
    await wire.until(() => isOver() || wire.heldBytes > 0, left());
    for (let before = 0; !isOver() && wire.heldBytes > before && left() > 0;) {
      before = wire.heldBytes;
      await wire.until(() => isOver() || wire.heldBytes > before, Math.min(left(), QUIET_MS));
    }
    const mayComeBack = !isOptional && manner.answers !== 'here' && wire.heldBytes === 0;
    // Its end is answered with ours: nobody is kept waiting by a half of a connection.
    if (mayComeBack && wire.end === 'closed') wire.finish();
    if (mayComeBack) await wire.until(() => pending.back !== undefined, Math.min(left(), BACK_MS));
    await wire.until(
      () => wire.end !== 'open',
      options.settleMs ?? (manner.leavesOpen ? OPEN_SETTLE_MS : SETTLE_MS),
    );
    if (pending.back !== undefined) return pending.back;
    return wire.take(manner.keeps ? (firstReply(wire.held) ?? wire.heldBytes) : wire.heldBytes);
  }

  /** What is held of a reply; on a kept connection requests of the other side may come before it. */
  #answered({ wire, types }: Pending): Buffer {
    for (; this.#target.manner.keeps;) {
      const length = firstReply(wire.held);
      const reading = length === undefined ? undefined : read(wire.held.subarray(0, length));
      const isOther =
        reading !== undefined && (REQUESTS.includes(reading.type) || reading.type === 'RETURN_HELLO');
      if (length === undefined || reading === undefined || !isOther || types.includes(reading.type)) break;
      wire.take(length);
      this.#respond(wire, reading);
    }
    return wire.held;
  }

  #witness(clock: number): void {
    if (!this.#isDeaf) this.clock = Math.max(this.clock, clock) + 1;
  }

  #hold(wire: Wire): Wire {
    this.#wires.add(wire);
    return wire;
  }

  /** Takes what the other side sends on a connection that it opened: a reply that comes back, or a request of its own. */
  async #serve(wire: Wire): Promise<void> {
    const isDue = () => wire.end !== 'open' || firstReply(wire.held) !== undefined;
    for (;;) {
      await wire.until(isDue, this.#target.deadlineMs * 10);
      if (!isDue() || wire.heldBytes === 0) break;
      await wire.until(() => wire.end !== 'open', SETTLE_MS);
      const bytes = wire.take(wire.heldBytes);
      const reading = read(bytes);
      if (reading === undefined) break;
      const pending = this.#pendingFor(reading);
      if (pending !== undefined) {
        pending.back = bytes;
        pending.wire.wake();
      } else this.#respond(wire, reading);
      if (wire.end !== 'open') break;
    }
    wire.finish();
  }

  #pendingFor({ type, args: [name, , index] }: Reading): Pending | undefined {
    const open = [...this.#pending].filter(({ types, back }) => back === undefined && types.includes(type));
    return open.find(({ args }) => args[0] === name && args[2] === index) ?? open[0];
  }

  /** A peer that shares nothing and knows nobody. */
  #respond(wire: Wire, { type, clock }: Reading): void {
    if (clock !== undefined) this.#witness(clock);
    const answer = { GET_PEERS: 'PEER_LIST', LS: 'LS_LIST' }[type];
    if (answer !== undefined) wire.write(this.stamp(answer, ['0']));
    if (!this.#target.manner.keeps) wire.finish();
  }
}
