import net from 'node:net';
import { formatAddress, parseAddress, splitAddress, type Address } from '../protocol/address.ts';
import { dialectNamed, DEFAULT_DIALECT, type Dialect } from '../protocol/dialect.ts';
import { encode } from '../protocol/encode.ts';
import { replyTo, type Heard } from './heard.ts';
import { read, type Reading } from './reading.ts';
import { Wire } from './wire.ts';

/*
 * The two peers that listen while the program asks. They answer in the dialect of who asks, as the protocol says for a server
 * (section 7): a space before the newline, a FIN that came with the request, an empty connection before it, or nothing of that.
 */

/** A FIN that is sent with a request comes with it, or never. */
const FIN_MS = 150;
/** An empty connection is a hint for as long as this. */
const EMPTY_MS = 1_000;
/** A HELLO to a program that waits for its own reply. */
const PROBE_MS = 1_000;
/** After the first reply to a stranger, for a second request on the same connection. */
const LINGER_MS = 500;
/** A piece of a request without its newline, after which nothing more is expected. */
const QUIET_MS = 400;
const DIAL_MS = 2_000;
/** A connection that is kept waits for the person at the other program. */
const PATIENCE_MS = 600_000;
/** How far the clock is put ahead in the replies that a person waits for: who does not hear it shows. */
const AHEAD = 40;

const TYPES_WITH_REPLY: readonly string[] = ['GET_PEERS', 'LS', 'DL'];

export interface ListenerOptions {
  readonly address: Address;
  readonly onHeard: (heard: Heard) => void;
}

/** Two peers that share the same files and know each other. */
export class Listener {
  readonly heard: Heard[] = [];
  readonly #peers: readonly [ListeningPeer, ListeningPeer];

  private constructor({ onHeard }: ListenerOptions) {
    const dialects = new Map<Address, Dialect>();
    const hear = (heard: Heard) => {
      this.heard.push(heard);
      onHeard(heard);
    };
    this.#peers = [new ListeningPeer(0, dialects, hear), new ListeningPeer(1, dialects, hear)];
    this.dialects = dialects;
  }

  /** What was learnt of each origin. */
  readonly dialects: ReadonlyMap<Address, Dialect>;

  /** Listens at an address, and at another free port of its host. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const [first, second] = listener.#peers;
    const { host, port } = splitAddress(options.address);
    await first.listen(host, port);
    await second.listen(host, 0).catch((error: unknown) => {
      first.close();
      throw error;
    });
    first.other = second.address;
    second.other = first.address;
    return listener;
  }

  get addresses(): readonly [Address, Address] {
    return [this.#peers[0].address, this.#peers[1].address];
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
  }
}

class ListeningPeer {
  address = '' as Address;
  other = '' as Address;
  readonly #source: 0 | 1;
  readonly #dialects: Map<Address, Dialect>;
  readonly #onHeard: (heard: Heard) => void;
  readonly #server: net.Server;
  readonly #wires = new Set<Wire>();
  readonly #looked = new Map<string, Promise<boolean>>();
  #clock = 0;
  #lastEmpty = -Infinity;
  #isAhead = false;

  constructor(source: 0 | 1, dialects: Map<Address, Dialect>, onHeard: (heard: Heard) => void) {
    this.#source = source;
    this.#dialects = dialects;
    this.#onHeard = onHeard;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const from = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      const wire = new Wire(socket);
      this.#wires.add(wire);
      void this.#serve(wire, from).finally(() => {
        wire.finish();
        this.#wires.delete(wire);
      });
    });
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, resolve);
    });
    this.address = formatAddress({ host, port: (this.#server.address() as net.AddressInfo).port });
  }

  close(): void {
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
  }

  /** Takes every request of a connection. */
  async #serve(wire: Wire, from: Heard['from']): Promise<void> {
    for (let number = 0; ; number++) {
      const isKnown = number > 0;
      const bytes = await this.#nextRequest(wire);
      if (bytes === undefined) {
        if (!isKnown) this.#lastEmpty = performance.now();
        return;
      }
      const request = read(bytes);
      const origin = parseAddress(request?.origin ?? '');
      const isReachable = origin === undefined ? undefined : this.#look(origin);
      const heard: Heard = {
        at: performance.now(),
        source: this.#source,
        bytes,
        request,
        from,
        isReachable,
        reply: undefined,
      };
      this.#onHeard(heard);
      if (request === undefined || origin === undefined) return;
      if (request.clock !== undefined) this.#clock = Math.max(this.#clock, request.clock) + 1;
      const dialect = await this.#dialectOf(wire, origin, request, isKnown);
      if (!(await this.#answer(wire, origin, heard, dialect))) return;
      const isPatient = dialect.staysOpen || request.type === 'HELLO';
      const lingerMs = isPatient ? PATIENCE_MS : LINGER_MS;
      await wire.until(() => wire.heldBytes > 0 || wire.end !== 'open', lingerMs);
      if (wire.heldBytes === 0) {
        // Nothing followed: it is one of those that ask once a connection.
        if (!dialect.staysOpen && request.type !== 'HELLO') this.#dialects.set(origin, dialect);
        return;
      }
    }
  }

  /** Up to and with the newline, and a NUL behind it; undefined where nothing comes. */
  async #nextRequest(wire: Wire): Promise<Buffer | undefined> {
    const newline = () => wire.held.indexOf(0x0a);
    await wire.until(() => newline() !== -1 || wire.end !== 'open' || wire.heldBytes > 0, PATIENCE_MS);
    await wire.until(() => newline() !== -1 || wire.end !== 'open', QUIET_MS);
    if (wire.heldBytes === 0) return undefined;
    const at = newline();
    const length = at === -1 ? wire.heldBytes : at + 1;
    return wire.take(wire.held[length] === 0 ? length + 1 : length);
  }

  async #dialectOf(wire: Wire, origin: Address, request: Reading, isAgain: boolean): Promise<Dialect> {
    const known = this.#dialects.get(origin);
    const learn = (name: string) => {
      const dialect = dialectNamed(name) ?? DEFAULT_DIALECT;
      this.#dialects.set(origin, dialect);
      return dialect;
    };
    if (isAgain) return known?.staysOpen === true ? known : learn('persistent');
    if (known !== undefined) return known;
    if (/^ *\n/.test(request.tail) && request.tail.startsWith(' ')) return learn('multiline');
    const wantsReply = TYPES_WITH_REPLY.includes(request.type);
    if (performance.now() - this.#lastEmpty < EMPTY_MS) {
      const name = await this.#probe(origin);
      if (name !== undefined) return learn(name);
    }
    if (wantsReply && (await wire.until(() => wire.end === 'closed', FIN_MS))) return learn('callback');
    return DEFAULT_DIALECT;
  }

  /** Says HELLO to a program that has knocked before it asked: those that do answer it, with a length in front or without a newline. */
  async #probe(origin: Address): Promise<'prefixed' | 'raw' | undefined> {
    const wire = await this.#dial(origin);
    if (wire === undefined) return undefined;
    wire.write(encode({ type: 'HELLO', capabilities: [], ...this.#stamp() }, DEFAULT_DIALECT));
    await wire.until(() => wire.end !== 'open', PROBE_MS);
    const reading = read(wire.held);
    wire.destroy();
    if (reading?.clock !== undefined) this.#clock = Math.max(this.#clock, reading.clock) + 1;
    if (reading?.framing === 'length') return 'prefixed';
    return reading?.type === 'RETURN_HELLO' && reading.tail === '' ? 'raw' : undefined;
  }

  async #dial(origin: Address): Promise<Wire | undefined> {
    try {
      const wire = await Wire.dial(splitAddress(origin), DIAL_MS);
      this.#wires.add(wire);
      return wire;
    } catch {
      // It does not listen where it says: that is found by the case about origins.
      return undefined;
    }
  }

  /** Whether somebody listens at an origin; looked at once, and after the request: no empty connection comes in the way of it. */
  #look(origin: Address): Promise<boolean> {
    const known = this.#looked.get(origin);
    if (known !== undefined) return known;
    const look = this.#dial(origin).then((wire) => {
      wire?.destroy();
      return wire !== undefined;
    });
    this.#looked.set(origin, look);
    return look;
  }

  #stamp(): { readonly origin: Address; readonly clock: number } {
    this.#clock += 1;
    return { origin: this.address, clock: this.#clock };
  }

  /** Sends the reply, if one is due; false where the connection is over with it. */
  async #answer(wire: Wire, origin: Address, heard: Heard, dialect: Dialect): Promise<boolean> {
    const { request } = heard;
    if (request === undefined) return false;
    if (!this.#isAhead && (request.type === 'GET_PEERS' || request.type === 'LS')) {
      // Once, in a reply that nothing else is on the way with.
      this.#clock += AHEAD;
      this.#isAhead = true;
    }
    const draft = replyTo(heard, dialect, this.other);
    if (draft === undefined) return request.type === 'HELLO' && dialect.answersHello !== 'never';
    const isElsewhere = dialect.replies === 'on-new-connection';
    const to = isElsewhere ? await this.#dial(origin) : wire;
    if (to === undefined) return false;
    const stamp = this.#stamp();
    const bytes = encode({ ...draft, ...stamp }, dialect);
    heard.reply = { clock: stamp.clock, at: performance.now() };
    if (isElsewhere) to.finish(bytes);
    else if (dialect.staysOpen || !this.#dialects.has(origin)) to.write(bytes);
    else to.finish(bytes);
    return !isElsewhere && (dialect.staysOpen || !this.#dialects.has(origin));
  }
}
