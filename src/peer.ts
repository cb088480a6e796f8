import net from 'node:net';
import { Callbacks } from './network/callbacks.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './network/connection.ts';
import { Dialects } from './network/dialects.ts';
import { ConnectionError, ProtocolError } from './errors.ts';
import type { RejectionCode, Reporter } from './events.ts';
import { Handlers, type Share } from './handlers.ts';
import { News } from './network/news.ts';
import { Answers } from './network/answers.ts';
import { Inbound } from './network/inbound.ts';
import { Conversation } from './network/conversation.ts';
import { Hosts } from './network/hosts.ts';
import { Links } from './network/links.ts';
import { listen } from './network/listen.ts';
import { ChunkStream, type WantedFile } from './network/chunk-stream.ts';
import { Recogniser } from './network/recogniser.ts';
import { SOCKET_BUFFER_BYTES } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { Greetings } from './network/greetings.ts';
import { Outbound } from './network/outbound.ts';
import type { Address } from './protocol/address.ts';
import { DEFAULT_DIALECT, type Dialect } from './protocol/dialect.ts';
import { encodeForSocket } from './protocol/encode.ts';
import { stamp } from './protocol/stamp.ts';
import type {
  Draft,
  Message,
  MessageOf,
  MessageType,
  REPLY_TYPE,
  RequestDraft,
  RequestType,
} from './protocol/message.ts';
import { MessageReceivedEvent, MessageSentEvent } from './network/message-events.ts';
import type { About, RequestOptions, Wire } from './network/wire.ts';

/**
 * This process on the network: owns the server and every socket, and is the only user of Clock.
 *
 * One path out (`send`): tick, report, encode, write, all in the same turn, so a clock value is never older than the
 * write that carries it. One path in (`receive`): witness, report, note the neighbour; every message passes it exactly
 * once, request or reply. What the paths lead through are the connections in `network/`; what a request means is
 * decided in `handlers.ts`.
 * What never happens here: choosing chunks, touching the disk, words for a person.
 */
export interface PeerOptions {
  /** Where we listen and what we call ourselves; port 0 lets the system choose. */
  readonly address: Address;
  readonly clock: Clock;
  readonly neighbours: Neighbours;
  readonly share: Share;
  readonly reporter: Reporter;
  /** Dialects that the user has fixed; all others are learnt. */
  readonly dialects?: ReadonlyMap<Address, Dialect>;
}

export class Peer implements Wire {
  readonly #clock: Clock;
  readonly #news: News;
  readonly #handlers: Handlers;
  readonly #reporter: Reporter;
  readonly #server: net.Server;
  readonly #dialects: Dialects;
  readonly #links: Links;
  readonly #inbound: Inbound;
  readonly #greetings: Greetings;
  readonly #outbound: Outbound;
  #address: Address;

  constructor({ address, clock, neighbours, share, reporter, dialects }: PeerOptions) {
    this.#address = address;
    this.#clock = clock;
    this.#news = new News(neighbours, reporter);
    this.#handlers = new Handlers(neighbours, share);
    this.#reporter = reporter;
    this.#dialects = new Dialects(reporter, dialects);
    const onRejected = (remoteHost: string, code: RejectionCode) => this.#news.rejected(remoteHost, code);
    const hosts = new Hosts();
    const callbacks = new Callbacks();
    const owner = new Conversation({
      wire: this,
      dialects: this.#dialects,
      hosts,
      callbacks,
      answers: () => answers,
    });
    this.#links = new Links({ dialects: this.#dialects, hosts, owner, onRejected });
    const common = { wire: this, dialects: this.#dialects, links: this.#links };
    this.#greetings = new Greetings(common);
    this.#outbound = new Outbound({ ...common, greetings: this.#greetings, callbacks });
    const recogniser = new Recogniser(this.#dialects, hosts, (origin) => this.#greetings.probe(origin));
    const answers = new Answers({
      ...common,
      handlers: this.#handlers,
      outbound: this.#outbound,
      recogniser,
      onRefused: (request, error) => this.#news.refused(request, error),
      onRejected,
      onGone: (neighbour, channel) => this.#inbound.forget(neighbour, channel),
    });
    this.#inbound = new Inbound({
      owner,
      awaitedBytes: () => callbacks.longestBytes,
      onEmpty: (remoteHost) => recogniser.noteEmptyConnection(remoteHost),
      onRejected,
    });
    this.#server = net.createServer(
      { allowHalfOpen: true, noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES },
      (socket) => this.#inbound.accept(socket),
    );
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
    this.#address = await listen(this.#server, this.#address);
    // Once we listen, what can fail is a single accept (descriptors used up): that connection is lost, not the peer.
    this.#server.on('error', () => this.#news.rejected('?', 'too-many-connections'));
    this.#reporter.report({ event: 'peer-started', address: this.#address });
  }

  /** Closes the server and every connection. No BYE is sent here. */
  async close(): Promise<void> {
    this.#links.close();
    const connections = [...this.#inbound.connections, ...this.#links.connections];
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of connections) connection.destroy();
    await Promise.all([closed, ...connections.map((connection) => connection.closed)]);
    this.#reporter.report({ event: 'peer-stopped' });
  }

  /** Puts an address into the list of neighbours, OFFLINE until it is heard of. */
  know(address: Address): void {
    this.#news.know(address);
  }

  /** Says HELLO. Whether it got there stands in the neighbour's status; a failure is reported. */
  async hello(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#orReported(to, 'HELLO', () => this.#greetings.hello(to, signal));
  }

  /** Says BYE; as `hello`. */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#orReported(to, 'BYE', () => this.#outbound.bye(to, signal));
  }

  /**
   * Sends a request and returns its reply. A failure is reported, and changes the neighbour's status where it says
   * something about the neighbour.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  async request<T extends RequestType>(
    to: Address,
    draft: Extract<RequestDraft, { type: T }>,
    options: RequestOptions = {},
  ): Promise<MessageOf<(typeof REPLY_TYPE)[T]>> {
    try {
      const reply = await this.#outbound.request(to, draft, options);
      if (reply.type === 'PEER_LIST') this.#news.hear(reply.peers);
      return reply as MessageOf<(typeof REPLY_TYPE)[T]>;
    } catch (error) {
      this.#failed(to, draft.type, error);
      throw error;
    }
  }

  /** The chunks of a file of this neighbour. What fails is noted as by `request`. */
  chunksFrom(to: Address, wanted: WantedFile): ChunkStream {
    return new ChunkStream({
      to,
      wanted,
      wire: this,
      session: () => this.#links.session(to),
      request: (draft, options) => this.request(to, draft, options),
      onFailed: (error) => this.#failed(to, 'DL', error),
    });
  }

  /** Whether this neighbour has offered to answer DIGEST. */
  hasDigests(neighbour: Address): boolean {
    return this.#dialects.hasDigests(neighbour);
  }

  /** Gets ready for a download of so many chunks from this neighbour. What fails now fails again, and counts, later. */
  async prepare(neighbour: Address, options: RequestOptions): Promise<void> {
    await this.#greetings.prepare(neighbour, options).catch((error: unknown) => {
      if (!(error instanceof ConnectionError)) throw error;
    });
  }

  /** How many chunks this neighbour can be asked for at the same time. */
  requestsAtOnce(neighbour: Address): number {
    return (this.#dialects.get(neighbour) ?? DEFAULT_DIALECT).requestsAtOnce;
  }

  send(connection: Connection, to: Address, draft: Draft, dialect: Dialect, { reply, chunks }: About): void {
    const clock = this.#clock.tick();
    this.#reporter.report({ event: 'clock-updated', clock, cause: 'send' });
    this.#reporter.report(new MessageSentEvent(to, draft, clock, reply, chunks));
    connection.write(encodeForSocket(stamp(draft, this.#address, clock), dialect));
    if (!reply && draft.type !== 'BYE') this.#news.observe(to, 'ONLINE');
  }

  receive(message: Message, { reply, chunks }: About, speaker: Address = message.origin): void {
    if (speaker === this.#address) throw new ProtocolError('own-origin');
    const clockAfter = this.#clock.witness(message.clock);
    this.#reporter.report(new MessageReceivedEvent(message, clockAfter, reply, chunks));
    this.#reporter.report({ event: 'clock-updated', clock: clockAfter, cause: 'receive' });
    this.#news.observe(speaker, message.type === 'BYE' ? 'OFFLINE' : 'ONLINE', message.clock);
  }

  async #orReported(to: Address, type: MessageType, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed(to, type, error);
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  }

  /** Reports what failed towards a neighbour; whatever else is wrong is not its doing. */
  #failed(to: Address, type: MessageType, error: unknown): void {
    // A chunk has other tries, and the download tells of this one; a digest need not be told.
    const isQuiet = type === 'DL' || type === 'DIGEST';
    if (error instanceof ProtocolError && !isQuiet) {
      this.#reporter.report({ event: 'request-failed', to, type, code: error.code });
    }
    if (!(error instanceof ConnectionError) || error.code === 'aborted') return;
    const { code } = error;
    if (!isQuiet) this.#reporter.report({ event: 'request-failed', to, type, code });
    // A close alone does not mean that a source is gone.
    if (isQuiet && (code === 'no-reply' || code === 'reset')) return;
    // Our own shortage says nothing about the neighbour.
    if (code !== 'no-resources') this.#news.observe(to, 'OFFLINE');
  }
}
