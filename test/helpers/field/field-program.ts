import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { Answers, replyText, type FieldNeighbour, type Reaction, type Reply } from './answers.ts';
import type { Quirks } from './quirks.ts';
import { Seen } from './seen.ts';
import { Wire } from './wire.ts';
import { bytesOf, isReply, parseWords, REPLY_TO, textOf, type Words } from './words.ts';

/**
 * A program of the field (protocol, section 7): a small peer on a port of its own, in the process of the test.
 *
 * Here is what all of them share: server, clock, neighbours, what they answer, and the record of what was done to
 * them. A dialect is a subclass with two methods: `serve` takes an accepted connection, `ask` sends a request and
 * reads its reply. Nobody is corrected here: what a real program could not take is noted in `seen.violations`, and
 * the strict ones die of it. What other fakes write is not judged, they have their dialects' endings.
 */
export interface FieldOptions {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly neighbours?: readonly string[];
  readonly quirks?: Quirks;
  /** 0, the default, is any free port. */
  readonly port?: number;
}

export interface ListedPeer {
  readonly address: string;
  readonly status: string;
  readonly clock: number;
}

export interface ListedFile {
  readonly name: string;
  readonly size: number;
}

/** The reference program's patience with a reply. */
export const REPLY_MS = 5_000;
/** A list that comes later finds nobody who waits for it. */
const LATE_LIST_MS = 2_000;
/** An open connection on which nothing happens for longer is in the way of a one-shot program. */
const IDLE_MS = 1_000;
/** Pieces of a reply that come within this time are still one `recv`. */
export const ONE_READ_MS = 30;

/** Origins of the running fakes. */
const FIELD = new Set<string>();

export abstract class FieldProgram implements AsyncDisposable {
  abstract readonly dialect: string;
  readonly seen = new Seen();
  readonly neighbours = new Map<string, FieldNeighbour>();
  readonly files: ReadonlyMap<string, Buffer>;
  address = '';
  clock = 0;
  protected readonly quirks: Quirks;
  /** Whether HELLO is answered. */
  protected answersHello = false;
  /** Whether each request has a connection of its own, closed behind the reply. */
  protected readonly oneShot: boolean = true;
  #answers!: Answers;
  readonly #server: net.Server;
  readonly #wires = new Set<Wire>();
  #queue: Promise<void> = Promise.resolve();
  readonly #open = new Map<Wire, Words>();
  readonly #sizes = new Map<string, number>();

  constructor({ files = {}, neighbours = [], quirks = {} }: FieldOptions) {
    this.files = new Map(Object.entries(files).map(([name, data]) => [name, Buffer.from(data)]));
    for (const neighbour of neighbours) this.neighbours.set(neighbour, { status: 'OFFLINE', clock: 0 });
    this.quirks = quirks;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Takes an accepted connection, to its end. */
  protected abstract serve(wire: Wire): Promise<void>;

  /** Sends a request and returns the reply; undefined where none is read. Throws where one was due. */
  protected abstract ask(to: string, type: string, args: readonly string[]): Promise<Words | undefined>;

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port }, resolve);
    });
    this.address = `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
    FIELD.add(this.address);
    const { quirks, answersHello, files, neighbours, seen, address } = this;
    this.#answers = new Answers({ address, files, neighbours, quirks, answersHello, seen });
  }

  /** HELLO; returns the answer of the dialects that read one. */
  async hello(to: string): Promise<Words | undefined> {
    return this.#request(to, 'HELLO', []);
  }

  async getPeers(to: string): Promise<ListedPeer[]> {
    const { args } = await this.#replyTo(to, 'GET_PEERS', []);
    return this.#items(args, 4).map(([host = '', port = '', status = '', clock = '']) => {
      if (!/^(ONLINE|OFFLINE)$/.test(status) || !/^\d+$/.test(clock) || !/^\d+$/.test(port))
        this.seen.violate(`list entry ${host}:${port}:${status}:${clock}`);
      return { address: `${host}:${port}`, status, clock: Number(clock) };
    });
  }

  async ls(to: string): Promise<ListedFile[]> {
    const { args } = await this.#replyTo(to, 'LS', []);
    return this.#items(args, 2).map(([name = '', size = '']) => {
      if (!/^\d+$/.test(size)) this.seen.violate(`list entry ${name}:${size}`);
      this.#sizes.set(`${to} ${name}`, Number(size));
      return { name, size: Number(size) };
    });
  }

  /** Fetches a file that `ls` of that peer has listed, chunk by chunk. */
  async download(to: string, name: string, chunkSize: number): Promise<Buffer> {
    return this.fetchFrom([to], name, chunkSize);
  }

  /** Fetches a file from several peers that have listed it, in turn. */
  async fetchFrom(sources: readonly string[], name: string, chunkSize: number): Promise<Buffer> {
    const [first = ''] = sources;
    const size = this.sizeOf(first, name);
    const chunks: Buffer[] = [];
    for (let index = 0; index * chunkSize < size; index++) {
      const to = sources[index % sources.length] ?? first;
      const length = Math.min(chunkSize, size - index * chunkSize);
      const told = this.quirks.echoesSize === true ? chunkSize : length;
      chunks.push(await this.fetch(to, [name, chunkSize, index].map(String), [name, told, index].join(' ')));
    }
    return Buffer.concat(chunks);
  }

  async bye(to: string): Promise<void> {
    await this.#request(to, 'BYE', []);
  }

  /** Closes everything at once, as a killed program. */
  stop(): void {
    FIELD.delete(this.address);
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await Promise.all([...this.#wires].map(({ closed }) => closed));
  }

  protected sizeOf(to: string, name: string): number {
    const size = this.#sizes.get(`${to} ${name}`);
    if (size === undefined) throw new Error(`${to} did not list ${name}`);
    return size;
  }

  /** One DL; `expected` are the heads that the arguments of a right FILE may have. */
  protected async fetch(
    to: string,
    args: readonly string[],
    ...expected: readonly string[]
  ): Promise<Buffer> {
    const reply = await this.#replyTo(to, 'DL', args);
    const base64 = reply.args[3] ?? '';
    const data = Buffer.from(base64, 'base64');
    if (reply.args.length > 4 || !expected.includes(reply.args.slice(0, 3).join(' ')))
      throw new Error(`FILE ${reply.args.slice(0, 3).join(' ')} for DL ${args.join(' ')}`);
    if (data.toString('base64') !== base64) throw new Error(`bad base64 for DL ${args.join(' ')}`);
    return data;
  }

  /** A message as bytes, without its end: ticks the clock. */
  protected stamp(type: string, args: readonly string[] = []): Buffer {
    this.clock += 1;
    return bytesOf([this.address, this.clock, type, ...args].join(' '));
  }

  /** A reply as bytes, without its frame. */
  protected stampReply(reply: Reply, separator?: string): Buffer {
    this.clock += 1;
    const { replyOrigin, noClock } = this.quirks;
    const port = Number(this.address.split(':')[1]);
    const origins = { wildcard: `0.0.0.0:${port}`, 'other-port': `127.0.0.1:${port - 1}` };
    const origin = replyOrigin === undefined ? this.address : origins[replyOrigin];
    return replyText(noClock === true ? origin : `${origin} ${this.clock}`, reply, separator);
  }

  /** Opens a connection to another peer. */
  protected async dial(to: string): Promise<Wire> {
    const wire = await Wire.dial(to);
    this.#hold(wire);
    return wire;
  }

  /** Reads one message of the line kind and its bytes; undefined where none came. */
  protected async read(
    wire: Wire,
    ms = this.#patience,
  ): Promise<{ words: Words; bytes: Buffer } | undefined> {
    const { singleRead, maxRequestBytes = Infinity } = this.quirks;
    const whole = () => wire.ended || wire.held.includes(0x0a);
    const came = () => whole() || (singleRead === true && wire.held.length > 0);
    if (!(await wire.until(came, ms))) return undefined;
    const newline = wire.held.indexOf(0x0a);
    const length = newline === -1 ? wire.held.length : newline + 1;
    if (length === 0) return undefined;
    const segments = wire.segments(length);
    const bytes = wire.take(length);
    const words = parseWords(textOf(bytes).replace(/[ \n\0]*$/, ''));
    if (words === undefined) this.seen.violate(`no message: ${JSON.stringify(textOf(bytes))}`);
    else if (!FIELD.has(words.origin)) this.#judge(bytes, segments, wire);
    if (length > maxRequestBytes) this.seen.violate(`${length} bytes: ${textOf(bytes)}`);
    return words === undefined || length > maxRequestBytes ? undefined : { words, bytes };
  }

  /** Takes a request into account and decides what to do about it. */
  protected async react(words: Words, bytes: Buffer, wire: Wire): Promise<Reaction> {
    this.seen.add(words, bytes, wire.number);
    this.witness(words);
    const reaction = this.#reaction(words, bytes);
    if (reaction === 'die') {
      this.seen.died = this.seen.violations.at(-1);
      this.stop();
      return 'reset';
    }
    if (this.quirks.replyDelayMs !== undefined) await wire.until(() => false, this.quirks.replyDelayMs);
    return reaction;
  }

  #reaction(words: Words, bytes: Buffer): Reaction {
    const { spacedPeers } = this.quirks;
    const isMissed = words.type === 'GET_PEERS' && spacedPeers !== undefined && !bytes.includes(' \n');
    if (!isMissed) return this.#answers.react(words);
    return spacedPeers === 'silent' ? 'silence' : 'eof';
  }

  /** A reply as bytes of the right frame, or what else the reaction says, and the end of the connection. */
  protected async finish(wire: Wire, reaction: Reaction, frame: (reply: Reply) => Buffer): Promise<void> {
    if (reaction === 'reset' || reaction === 'die') wire.reset();
    else if (reaction === 'silence') await wire.until(() => wire.ended, Infinity);
    else if (typeof reaction === 'object') {
      const bytes = frame(reaction);
      if (this.quirks.forgetsToClose === true) wire.write(bytes);
      else wire.end(bytes);
    }
    if (this.quirks.forgetsToClose !== true) wire.end();
  }

  protected witness({ origin, clock, type }: Words): void {
    this.clock = Math.max(this.clock, clock) + 1;
    this.neighbours.set(origin, { status: type === 'BYE' ? 'OFFLINE' : 'ONLINE', clock });
  }

  /** Parses a reply without its frame, and takes it into account. */
  protected reply(payload: Buffer, from: string): Words {
    const text = textOf(payload);
    const words = parseWords(text);
    if (words === undefined) throw new Error(`no message: ${JSON.stringify(text.slice(0, 200))}`);
    if (words.origin !== from) this.seen.violate(`${words.origin} answers for ${from}`);
    if (/^ | {2}| $|[\r\0\n]/.test(text)) this.seen.violate(`stray bytes: ${JSON.stringify(text)}`);
    this.witness(words);
    return words;
  }

  get #patience(): number {
    return this.quirks.hangs === true ? Infinity : REPLY_MS;
  }

  #hold(wire: Wire): void {
    this.#wires.add(wire);
    void wire.closed.then(() => this.#wires.delete(wire));
  }

  #accept(socket: net.Socket): void {
    this.seen.connections += 1;
    const wire = new Wire(socket, this.seen.connections);
    this.#hold(wire);
    void this.#watch(wire);
    if (this.quirks.serial === true) this.#queue = this.#queue.then(() => this.#serve(wire));
    else void this.#serve(wire);
  }

  async #serve(wire: Wire): Promise<void> {
    try {
      await this.serve(wire);
    } catch (error) {
      this.seen.violate(`failed: ${String(error)}`);
    } finally {
      wire.done = true;
      this.#open.delete(wire);
      if (this.oneShot) {
        if (this.quirks.forgetsToClose !== true) wire.end();
        void this.#left(wire);
        if (this.quirks.hangs === true || this.quirks.forgetsToClose === true)
          await wire.until(() => wire.ended, Infinity);
        wire.end();
      }
    }
  }

  /** Looks at a connection from outside, while the program may still be busy with another one. */
  async #watch(wire: Wire): Promise<void> {
    const came = () => wire.ended || wire.done || wire.held.includes(0x0a);
    if (!(await wire.until(came, IDLE_MS)) && this.oneShot) this.seen.violate('idle connection: no request');
    if (wire.ended && wire.held.length === 0 && !wire.done) this.seen.empty += 1;
    const words = parseWords(textOf(wire.held).split('\n')[0]?.trimEnd() ?? '');
    if (words === undefined || isReply(words) || FIELD.has(words.origin) || wire.done || !this.oneShot)
      return;
    const others = [...this.#open.values()].filter(({ origin }) => origin === words.origin);
    this.#open.set(wire, words);
    const downloads = [...this.#open.values()].filter(({ type }) => type === 'DL').length;
    this.seen.peakDownloads = Math.max(this.seen.peakDownloads, downloads);
    const question = ({ type }: Words) => type !== 'DL' && type !== 'BYE';
    if (this.quirks.serial === true && question(words) && others.some(question))
      this.seen.violate(`${words.type} while ${others.map(({ type }) => type).join(', ')} is unanswered`);
  }

  /** After its answer nobody may stay on a one-shot connection. */
  async #left(wire: Wire): Promise<void> {
    if (!(await wire.until(() => wire.ended, IDLE_MS)))
      this.seen.violate(`idle connection: left open after request ${wire.number}`);
  }

  /** What no program may do to another, whatever its dialect. */
  #judge(bytes: Buffer, segments: number, wire: Wire): void {
    const text = textOf(bytes);
    const shown = JSON.stringify(text.slice(0, 100));
    if (segments > 1 && bytes.length < 16_384) this.seen.violate(`in ${segments} segments: ${shown}`);
    if (!text.endsWith('\n')) this.seen.violate(`no newline: ${shown}`);
    if (text.endsWith(' \n') && this.quirks.spacedPeers === undefined)
      this.seen.violate(`trailing space: ${shown}`);
    if (/[\r\0]|^ | {2}/.test(text)) this.seen.violate(`stray bytes: ${shown}`);
    if (this.oneShot && wire.held.length > 0) this.seen.violate(`more than a request: ${shown}`);
  }

  async #request(to: string, type: string, args: readonly string[]): Promise<Words | undefined> {
    const began = performance.now();
    const reply = await this.ask(to, type, args);
    const took = performance.now() - began;
    if (type !== 'DL' && reply !== undefined && took > LATE_LIST_MS)
      this.seen.violate(`${reply.type} after ${Math.round(took)} ms`);
    const wanted = REPLY_TO[type];
    if (reply !== undefined && reply.type !== wanted && reply.type !== `${wanted?.replace('_', 'S_')}`)
      throw new Error(`${reply.type} for ${type}`);
    return reply;
  }

  async #replyTo(to: string, type: string, args: readonly string[]): Promise<Words> {
    const reply = await this.#request(to, type, args);
    if (reply === undefined) throw new Error(`${to} did not answer ${type}`);
    return reply;
  }

  /** The items of a list, cut at their colons; a raw space or colon of a name shows here. */
  #items([count, ...items]: readonly string[], parts: number): string[][] {
    if (count !== String(items.length)) this.seen.violate(`${items.length} items, count ${count}`);
    return items.map((item) => {
      const cut = item.split(':');
      if (cut.length !== parts) this.seen.violate(`list entry ${item}`);
      return cut;
    });
  }
}
