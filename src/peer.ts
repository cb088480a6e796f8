import net from 'node:net';
import type { Clock } from './clock.ts';
import { Complaints } from './complaints.ts';
import { Connection } from './connection.ts';
import { ConnectionError, FileError, ProtocolError, StartError, type StartErrorCode } from './errors.ts';
import type { Reporter } from './events.ts';
import { Handlers, type Share } from './handlers.ts';
import {
  HELLO_FIN_WAIT_MS,
  IDLE_TIMEOUT_MS,
  LISTEN_BACKLOG,
  MAX_INBOUND_CONNECTIONS,
  MAX_NEIGHBOURS,
  REPLY_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  SLOWEST_BYTES_PER_MS,
} from './limits.ts';
import type { NeighbourChange, Neighbours } from './neighbours.ts';
import { formatAddress, splitAddress, type Address } from './protocol/address.ts';
import { decode } from './protocol/decode.ts';
import { LINE, replyReader, requestReader } from './protocol/dialect.ts';
import { encode, encodeRest } from './protocol/encode.ts';
import {
  REPLY_TYPE,
  type Draft,
  type Message,
  type MessageOf,
  type RequestDraft,
  type RequestType,
} from './protocol/message.ts';
import { shownArguments } from './shown-arguments.ts';

/**
 * This process on the network: owns the server and every socket, and is the only user of Clock.
 *
 * One path out (`#send`): tick, report, encode, write, all in the same turn, so a clock value is never older than
 * the write that carries it. One path in (`#receive`): decode, witness, report, note the neighbour; every message
 * passes it exactly once, request or reply. What a request means is decided in `handlers.ts`.
 * What never happens here: choosing chunks, touching the disk, words for a person.
 * Cost: a connection is a socket and its reader; at most MAX_INBOUND_CONNECTIONS are held for others.
 */
export interface PeerOptions {
  /** Where we listen and what we call ourselves; port 0 lets the system choose. */
  readonly address: Address;
  readonly clock: Clock;
  readonly neighbours: Neighbours;
  readonly share: Share;
  readonly reporter: Reporter;
}

interface RequestOptions {
  readonly signal?: AbortSignal;
  /** For DL: how many chunks the download has. */
  readonly chunks?: number;
}

/** Facts about a message that only its sender or receiver knows. */
interface About {
  readonly reply: boolean;
  readonly chunks?: number | undefined;
}

const START_CODES: Readonly<Record<string, StartErrorCode>> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-forbidden',
  EADDRNOTAVAIL: 'address-not-local',
  ENOTFOUND: 'address-not-local',
  EAI_AGAIN: 'address-not-local',
};

/** Types that answer something; nobody may send them unasked. */
const REPLIES: ReadonlySet<string> = new Set(Object.values(REPLY_TYPE));

function nothingOnTimeout(error: unknown): undefined {
  if (!(error instanceof ConnectionError && error.code === 'reply-timeout')) throw error;
}

export class Peer {
  readonly #clock: Clock;
  readonly #neighbours: Neighbours;
  readonly #handlers: Handlers;
  readonly #reporter: Reporter;
  readonly #server: net.Server;
  readonly #inbound = new Set<Connection>();
  readonly #outbound = new Set<Connection>();
  /** Inbound connections with a request in hand: these are not given up for new ones. */
  readonly #busy = new Set<Connection>();
  readonly #complaints = new Complaints(() => performance.now());
  #address: Address;

  constructor({ address, clock, neighbours, share, reporter }: PeerOptions) {
    this.#address = address;
    this.#clock = clock;
    this.#neighbours = neighbours;
    this.#handlers = new Handlers(neighbours, share);
    this.#reporter = reporter;
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Our listening address; with port 0 the real one is known once `listen` has resolved. */
  get address(): Address {
    return this.#address;
  }

  /** The value of our Lamport clock. */
  get clock(): number {
    return this.#clock.value;
  }

  /** @throws StartError `port-taken`, `port-forbidden`, `address-not-local`, `listen-failed` */
  async listen(): Promise<void> {
    const { host, port } = splitAddress(this.#address);
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException) =>
        reject(new StartError(START_CODES[cause.code ?? ''] ?? 'listen-failed', { cause }));
      this.#server.once('error', onError);
      this.#server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
    // Once we listen, what can fail is a single accept (descriptors used up): that connection is lost, not the peer.
    this.#server.on('error', () => this.#reject('?', 'too-many-connections'));
    const bound = this.#server.address();
    if (bound !== null && typeof bound === 'object')
      this.#address = formatAddress({ host, port: bound.port });
    this.#reporter.report({ event: 'peer-started', address: this.#address });
  }

  /** Closes the server and every connection. No BYE is sent here. */
  async close(): Promise<void> {
    const connections = [...this.#inbound, ...this.#outbound];
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of connections) connection.destroy();
    await Promise.all([closed, ...connections.map((connection) => connection.closed)]);
    this.#reporter.report({ event: 'peer-stopped' });
  }

  /** Puts an address into the list of neighbours, OFFLINE until it is heard of. */
  know(address: Address): void {
    this.#note(address, this.#neighbours.know(address));
  }

  /**
   * Says HELLO and takes the RETURN_HELLO that some programs answer. Whether it got there stands in the
   * neighbour's status.
   */
  async hello(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#tell(to, { type: 'HELLO', capabilities: [] }, signal);
  }

  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#tell(to, { type: 'BYE' }, signal);
  }

  /**
   * Sends a request over a connection of its own and returns the reply.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  async request<T extends RequestType>(
    to: Address,
    draft: Extract<RequestDraft, { type: T }>,
    options: RequestOptions = {},
  ): Promise<MessageOf<(typeof REPLY_TYPE)[T]>> {
    const bytes = 'size' in draft ? draft.size : 0;
    const deadline = REPLY_TIMEOUT_MS + bytes / SLOWEST_BYTES_PER_MS;
    return this.#withConnection(to, draft.type, options.signal, async (connection) => {
      this.#send(connection, to, draft, { reply: false, chunks: options.chunks });
      this.#observe(to, 'ONLINE');
      const payload = await connection.next(deadline, options.signal);
      if (payload === undefined) throw new ConnectionError('no-reply');
      const reply = this.#receive(payload, { reply: true, chunks: options.chunks }, to);
      if (reply.type !== REPLY_TYPE[draft.type]) throw new ProtocolError('unexpected-type', reply.type);
      if (reply.type === 'PEER_LIST') this.#hear(reply);
      return reply as MessageOf<(typeof REPLY_TYPE)[T]>;
    });
  }

  /** One message that needs no answer. A failure is reported and changes the neighbour's status, nothing more. */
  async #tell(to: Address, draft: Draft, signal?: AbortSignal): Promise<void> {
    try {
      await this.#withConnection(to, draft.type, signal, async (connection) => {
        this.#send(connection, to, draft, { reply: false });
        this.#observe(to, draft.type === 'BYE' ? undefined : 'ONLINE');
        connection.end();
        const payload = await connection.next(HELLO_FIN_WAIT_MS * 2, signal).catch(() => undefined);
        if (payload !== undefined) this.#receive(payload, { reply: true }, to);
      });
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }

  /** Dials, lets `use` work on the connection, closes it, and accounts for what failed. */
  async #withConnection<R>(
    to: Address,
    type: Draft['type'],
    signal: AbortSignal | undefined,
    use: (connection: Connection) => Promise<R>,
  ): Promise<R> {
    let connection: Connection | undefined;
    try {
      connection = await Connection.dial(to, replyReader(), signal);
      this.#hold(this.#outbound, connection);
      return await use(connection);
    } catch (error) {
      if (error instanceof ConnectionError) this.#failed(to, type, error);
      else if (error instanceof ProtocolError) {
        this.#reporter.report({ event: 'request-failed', to, type, code: error.code });
      }
      throw error;
    } finally {
      connection?.finish();
    }
  }

  #failed(to: Address, type: Draft['type'], { code }: ConnectionError): void {
    if (code === 'aborted') return;
    // A chunk has other tries; programs close a DL without an answer where they do not have the file.
    if (type === 'DL' && (code === 'no-reply' || code === 'reset')) return;
    this.#reporter.report({ event: 'request-failed', to, type, code });
    // Our own shortage says nothing about the neighbour.
    if (code !== 'no-resources') this.#observe(to, 'OFFLINE');
  }

  #accept(socket: net.Socket): void {
    const connection = new Connection(socket, requestReader());
    this.#hold(this.#inbound, connection);
    if (this.#inbound.size > MAX_INBOUND_CONNECTIONS) this.#giveUpOldest();
    this.#serve(connection)
      .catch((error: unknown) => {
        if (error instanceof ProtocolError) this.#reject(connection.remoteHost, error.code);
        else if (!(error instanceof ConnectionError)) throw error;
        else if (error.code === 'reply-timeout') this.#reject(connection.remoteHost, 'request-timeout');
      })
      .finally(() => {
        this.#busy.delete(connection);
        connection.finish();
      });
  }

  #hold(set: Set<Connection>, connection: Connection): void {
    set.add(connection);
    void connection.closed.then(() => set.delete(connection));
  }

  #giveUpOldest(): void {
    for (const connection of this.#inbound) {
      if (this.#busy.has(connection)) continue;
      connection.destroy();
      this.#inbound.delete(connection);
      this.#reject(connection.remoteHost, 'too-many-connections');
      return;
    }
  }

  /** One request, one reply, one connection; a connection that begins with HELLO and stays open carries more. */
  async #serve(connection: Connection): Promise<void> {
    let stays = false;
    for (;;) {
      const payload = stays
        ? await connection.next(IDLE_TIMEOUT_MS).catch(nothingOnTimeout)
        : await connection.next(REQUEST_TIMEOUT_MS);
      if (payload === undefined) return;
      this.#busy.add(connection);
      const request = this.#receive(payload, { reply: false });
      if (request.type === 'HELLO') {
        stays ||= !(await connection.endsWithin(HELLO_FIN_WAIT_MS));
        if (!stays) return;
        this.#send(connection, request.origin, { type: 'RETURN_HELLO', capabilities: [] }, { reply: true });
      } else {
        if (REPLIES.has(request.type)) throw new ProtocolError('unexpected-type', request.type);
        await this.#answer(connection, request);
        if (!stays) return;
      }
      this.#busy.delete(connection);
    }
  }

  async #answer(connection: Connection, request: Message): Promise<void> {
    let begun = false;
    try {
      const draft = await this.#handlers.reply(request);
      if (draft === undefined) return;
      const chunks = request.type === 'DL' ? this.#handlers.chunksOf(request) : undefined;
      this.#send(connection, request.origin, draft, { reply: true, chunks });
      begun = true;
      await connection.drained();
      if (draft.type !== 'FILE' || draft.rest === undefined) return;
      for await (const bytes of encodeRest(draft.rest, LINE)) {
        connection.write(bytes);
        await connection.drained();
      }
    } catch (error) {
      // No answer that lies: half a FILE ends in a reset, never in what looks like its end.
      if (begun) connection.reset();
      if (!(error instanceof FileError)) throw error;
      this.#refuse(request, error);
    }
  }

  /** The only way out: stamps, reports and writes in one turn. */
  #send(connection: Connection, to: Address, draft: Draft, { reply, chunks }: About): void {
    const clock = this.#clock.tick();
    this.#reporter.report({ event: 'clock-updated', clock, cause: 'send' });
    const args = shownArguments(draft);
    this.#reporter.report({
      event: 'message-sent',
      to,
      type: draft.type,
      args,
      clock,
      reply,
      ...(chunks === undefined ? {} : { chunks }),
    });
    connection.write(encode({ ...draft, origin: this.#address, clock }, LINE));
  }

  /**
   * The only way in: decodes, witnesses the clock, reports, and notes who spoke.
   * @param from whom we asked, for a reply: on a connection that we opened the connection decides, not the origin
   * @throws ProtocolError
   */
  #receive(payload: Buffer, { reply, chunks }: About, from?: Address): Message {
    const message = decode(payload);
    const speaker = from ?? message.origin;
    if (speaker === this.#address) throw new ProtocolError('own-origin');
    const clockAfter = this.#clock.witness(message.clock);
    const known = message.type === 'DL' ? this.#handlers.chunksOf(message) : chunks;
    this.#reporter.report({
      event: 'message-received',
      from: message.origin,
      type: message.type,
      args: shownArguments(message),
      clock: message.clock,
      clockAfter,
      reply,
      ...(known === undefined ? {} : { chunks: known }),
    });
    this.#reporter.report({ event: 'clock-updated', clock: clockAfter, cause: 'receive' });
    this.#observe(speaker, message.type === 'BYE' ? 'OFFLINE' : 'ONLINE', message.clock);
    return message;
  }

  #observe(address: Address, status: 'ONLINE' | 'OFFLINE' | undefined, clock?: number): void {
    if (status !== undefined) this.#note(address, this.#neighbours.observe(address, status, clock));
  }

  #hear({ peers }: MessageOf<'PEER_LIST'>): void {
    for (const entry of peers) {
      if (entry.address !== this.#address) this.#note(entry.address, this.#neighbours.hear(entry));
    }
  }

  #note(neighbour: Address, change: NeighbourChange): void {
    if (change === 'none') return;
    if (change === 'limit-reached') {
      if (this.#complaints.tell(change) === undefined) return;
      this.#reporter.report({ event: 'neighbours-limit-reached', limit: MAX_NEIGHBOURS });
      return;
    }
    const status = this.#neighbours.get(neighbour)?.status ?? 'OFFLINE';
    this.#reporter.report({
      event: change === 'added' ? 'neighbour-added' : 'neighbour-status-changed',
      neighbour,
      status,
    });
  }

  #reject(remote: string, code: ProtocolError['code'] | 'request-timeout' | 'too-many-connections'): void {
    const repeated = this.#complaints.tell(`${remote} ${code}`);
    if (repeated !== undefined) this.#reporter.report({ event: 'input-rejected', remote, code, repeated });
  }

  #refuse(request: Message, { code }: FileError): void {
    const repeated = this.#complaints.tell(`${request.origin} ${request.type} ${code}`);
    if (repeated === undefined) return;
    const name = request.type === 'DL' ? request.token : '';
    this.#reporter.report({
      event: 'request-refused',
      from: request.origin,
      type: request.type,
      name,
      code,
      repeated,
    });
  }
}
