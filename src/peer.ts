import type { Clock } from './clock.ts';
import { ConnectionError, ProtocolError, RemoteError } from './errors.ts';
import type { Reporter } from './events.ts';
import { Handlers, type Share } from './handlers.ts';
import type { Neighbours } from './neighbours.ts';
import { outcomeOf, type RequestOptions } from './network/ask.ts';
import type { OwnRequest } from './network/awaited-replies.ts';
import { ChunkStream, type WantedFile } from './network/chunk-stream.ts';
import { Client } from './network/client.ts';
import { RepliesElsewhere } from './network/elsewhere.ts';
import type { ExchangeEvent } from './network/exchange.ts';
import { FairShare } from './network/fair-share.ts';
import { Handshake } from './network/handshake.ts';
import { KnownPeers } from './network/known-peer.ts';
import { Listener } from './network/listener.ts';
import { MessageReceivedEvent, MessageSentEvent } from './network/message-events.ts';
import { Pace } from './network/pace.ts';
import { Pool } from './network/pool.ts';
import { Recogniser } from './network/recogniser.ts';
import { Reports } from './network/reports.ts';
import { RequestServer, type About } from './network/request-server.ts';
import { Secure } from './network/secure.ts';
import { Connection, type OnEvent } from './network/socket.ts';
import { DEFAULT_TIMING, slowed, type Timing } from './network/timing.ts';
import type { Address } from './protocol/address.ts';
import { DEFAULT_DIALECT, proveByReply, type Dialect } from './protocol/dialect.ts';
import { encodeForSocket, stamp } from './protocol/encode.ts';
import type {
  Draft,
  Message,
  MessageOf,
  MessageType,
  REPLY_TYPE,
  RequestDraft,
  RequestType,
} from './protocol/message.ts';

/**
 * This process on the network: owns the server and every socket, and is the only user of Clock.
 *
 * One path out (`#send`): tick, report, encode, write, all in the same turn, so that a clock value is never older than the write that
 * carries it. One path in (`#onEvent`): whatever happens on a connection comes up here; a message is witnessed, reported and noted
 * of its sender once, and then goes to the client that has asked or to the server that answers.
 * What never happens here: choosing chunks, touching the disk, words for a person.
 */
export interface PeerOptions {
  /** Where we listen and what we call ourselves; port 0 lets the system choose. */
  readonly address: Address;
  /** Where we listen, when that is another host than what we call ourselves. */
  readonly listenHost?: string | undefined;
  readonly clock: Clock;
  readonly neighbours: Neighbours;
  readonly share: Share;
  readonly reporter: Reporter;
  /** Dialects that the user has fixed; all others are learnt. */
  readonly dialects?: ReadonlyMap<Address, Dialect>;
  /** Waits other than the usual ones. */
  readonly timing?: Partial<Timing>;
  /** Nothing but the nine messages of the course, one request a connection. */
  readonly pure?: boolean;
  /** Every message waits so long before it leaves, in milliseconds. */
  readonly delayMs?: number;
  /** Of a private network, 256 bits: nothing is said to or heard from whoever has another one, or none. */
  readonly key?: Buffer | undefined;
}

export class Peer {
  readonly #clock: Clock;
  readonly #reports: Reports;
  readonly #handlers: Handlers;
  readonly #reporter: Reporter;
  readonly #timing: Timing;
  readonly #pace: Pace;
  readonly #known: KnownPeers;
  readonly #pool: Pool;
  readonly #handshake: Handshake;
  readonly #elsewhere: RepliesElsewhere;
  readonly #client: Client;
  readonly #recogniser: Recogniser;
  readonly #server: RequestServer;
  readonly #listener: Listener;
  readonly #pure: boolean;
  /** Requests that a person waits for too: not those of a running download. */
  readonly #waiting = new Set<{ readonly to: Address; readonly since: number }>();
  readonly #listenHost: string | undefined;
  #address: Address;

  constructor(options: PeerOptions) {
    const {
      address,
      clock,
      neighbours,
      share,
      reporter,
      dialects,
      timing,
      pure = false,
      delayMs = 0,
      key,
    } = options;
    this.#address = address;
    this.#listenHost = options.listenHost;
    this.#pure = pure;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#reports = new Reports(neighbours, reporter);
    this.#handlers = new Handlers(neighbours, share);
    this.#timing = slowed({ ...DEFAULT_TIMING, ...timing }, delayMs);
    this.#pace = new Pace(delayMs);
    this.#known = new KnownPeers(reporter, dialects);

    const processor = new FairShare();
    const common = { known: this.#known, timing: this.#timing, pace: this.#pace, pure, processor };
    const onEvent: OnEvent = (connection, event) => this.#onEvent(connection, event);
    const own = () => this.#address;
    const onNoKey = (remoteHost: string) => this.#reports.rejected(remoteHost, 'no-key');
    const secure = key === undefined ? undefined : new Secure({ key, timing: this.#timing, onNoKey });
    this.#pool = new Pool({ ...common, own, onEvent, secure });
    const send = (connection: Connection, to: Address, draft: Draft, chunks?: number) =>
      this.#send(connection, to, draft, DEFAULT_DIALECT, { reply: false, chunks });
    this.#handshake = new Handshake({ ...common, pool: this.#pool, send });
    this.#elsewhere = new RepliesElsewhere(this.#timing);
    this.#client = new Client({
      elsewhere: this.#elsewhere,
      ...common,
      pool: this.#pool,
      handshake: this.#handshake,
      send,
    });
    this.#recogniser = new Recogniser({
      ...common,
      probe: (peer, mayAssume) => this.#handshake.probe(peer, mayAssume),
    });
    this.#server = new RequestServer({
      ...common,
      pool: this.#pool,
      recogniser: this.#recogniser,
      handlers: this.#handlers,
      send: (...message) => this.#send(...message),
      onRefused: (remoteHost, request, error) => this.#reports.refused(remoteHost, request, error),
    });
    this.#listener = new Listener({
      onSocket: (outer) => {
        const socket = secure?.accept(outer) ?? outer;
        const host = socket.remoteAddress ?? '?';
        const awaitedBytes = () => this.#elsewhere.awaitedBytes(host);
        return new Connection(
          socket,
          { own: this.#address, awaitedBytes, timing: this.#timing, processor },
          onEvent,
        );
      },
      onTooMany: (remoteHost) => this.#reports.rejected(remoteHost, 'too-many-connections'),
      onAcceptFailed: () => this.#reports.rejected('?', 'accept-failed'),
    });
  }

  /** Our listening address; with port 0 the real one is known once `listen` has resolved. */
  get address(): Address {
    return this.#address;
  }

  /** The value of our Lamport clock. */
  get clock(): number {
    return this.#clock.value;
  }

  /** Whom we have asked and still wait for, since when in milliseconds of the monotonic clock. */
  get waiting(): { readonly to: Address; readonly since: number }[] {
    return [...this.#waiting];
  }

  /** @throws StartError `port-taken`, `port-forbidden`, `address-not-local`, `listen-failed` */
  async listen(): Promise<void> {
    this.#address = await this.#listener.listen(this.#address, this.#listenHost);
    this.#reporter.report({ event: 'peer-started', address: this.#address });
  }

  /** Closes the server and every connection. No BYE is sent here. */
  async close(): Promise<void> {
    this.#pool.close();
    const connections = this.#connections();
    const closed = this.#listener.close();
    for (const connection of connections) connection.destroy();
    await Promise.all([closed, ...connections.map((connection) => connection.closed)]);
    this.#reporter.report({ event: 'peer-stopped' });
  }

  /** Puts an address into the list of neighbours, OFFLINE until it is heard of. */
  know(address: Address): void {
    this.#reports.know(address);
  }

  /** Somebody on the local network announces this address: hearsay, whose teller is the sender of the announcement. */
  found(address: Address, teller: string): void {
    this.#reports.overheard(address, teller);
  }

  /** Its announcement is taken back, which anybody could do: whoever has answered us before is asked. */
  withdrawn(address: Address): void {
    if (this.#reports.mayHaveLeft(address)) void this.hello(address);
    else this.#reports.withdrawn(address);
  }

  /** Says HELLO. Whether it got there stands in the neighbour's status; a failure is reported. */
  async hello(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#orReported(to, 'HELLO', () => this.#handshake.hello(to, signal));
  }

  /** Says BYE; as `hello`. */
  async bye(to: Address, signal?: AbortSignal): Promise<void> {
    await this.#orReported(to, 'BYE', () => this.#client.bye(to, signal));
  }

  /**
   * Sends a request and returns its reply. A failure is reported, and changes the neighbour's status where it says something about
   * the neighbour.
   * @throws ConnectionError the neighbour cannot be reached, or its reply never came
   * @throws ProtocolError what came is no reply to this request
   */
  async request<T extends RequestType>(
    to: Address,
    draft: Extract<RequestDraft, { type: T }>,
    options: RequestOptions = {},
  ): Promise<MessageOf<(typeof REPLY_TYPE)[T]>> {
    const isSeen = draft.type !== 'DL' && draft.type !== 'DIGEST';
    const waiting = { to, since: performance.now() };
    if (isSeen) this.#waiting.add(waiting);
    try {
      const reply = await this.#client.request(to, draft, options);
      if (reply.type === 'PEER_LIST') {
        this.#reports.hear(reply.peers, to, (clock) => this.#clock.follows(clock));
      }
      return reply as MessageOf<(typeof REPLY_TYPE)[T]>;
    } catch (error) {
      this.#failed(to, draft.type, error);
      throw error;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** The chunks of a file of this neighbour. What fails is noted as by `request`. */
  chunksFrom(to: Address, wanted: WantedFile): ChunkStream {
    return new ChunkStream({
      to,
      wanted,
      timeoutMs: this.#timing.reply,
      session: () => this.#known.look(to).session,
      open: async () => {
        await this.#handshake.prepare(to, { chunks: wanted.chunks });
        return this.hasBlocks(to);
      },
      request: (draft, options) => this.request(to, draft, options),
      onFailed: (error, type) => this.#failed(to, type, error),
    });
  }

  /** Whether this neighbour has offered to answer DIGEST. */
  hasDigests(neighbour: Address): boolean {
    return this.#known.look(neighbour).hasDigests;
  }

  /** Whether this neighbour has offered blocks, and may be asked for them. */
  hasBlocks(neighbour: Address): boolean {
    return !this.#pure && this.#known.look(neighbour).hasBlocks;
  }

  /** Gets ready for a download of so many chunks from this neighbour. What fails now fails again, and counts, later. */
  async prepare(neighbour: Address, options: RequestOptions): Promise<void> {
    await this.#handshake.prepare(neighbour, options).catch((error: unknown) => {
      if (!(error instanceof ConnectionError)) throw error;
    });
  }

  /** How many chunks this neighbour can be asked for at the same time. */
  requestsAtOnce(neighbour: Address): number {
    return (this.#known.look(neighbour).dialect ?? DEFAULT_DIALECT).requestsAtOnce;
  }

  /** Whether it is known that this neighbour answers a request for a chunk with that chunk, and not with the whole file. */
  givesChunks(neighbour: Address): boolean {
    return this.#known.look(neighbour).givesChunks;
  }

  /** The one path out. */
  #send(connection: Connection, to: Address, draft: Draft, dialect: Dialect, { reply, chunks }: About): void {
    const clock = this.#clock.tick();
    this.#reporter.report({ event: 'clock-updated', clock, cause: 'send' });
    this.#reporter.report(new MessageSentEvent(to, draft, clock, reply, chunks));
    connection.write(encodeForSocket(stamp(draft, this.#address, clock), dialect));
    if (reply || draft.type === 'BYE') return;
    // Each try of one that is dialled and never answers would make it come and go.
    if (draft.type === 'HELLO' || !this.#known.look(to).isSilent) this.#reports.observe(to, 'ONLINE');
  }

  #sendOwn(connection: Connection, { draft, chunks, framing = DEFAULT_DIALECT }: OwnRequest): void {
    const { neighbour } = connection.exchange;
    if (neighbour === undefined || connection.isClosing) return;
    this.#send(connection, neighbour, draft, framing, { reply: false, chunks });
  }

  /** The one path in: all that happens on any connection. */
  #onEvent(connection: Connection, event: ExchangeEvent): void {
    switch (event.event) {
      case 'turn':
        if (this.#pace.isSlow) void this.#pace.turn().then(() => this.#sendOwn(connection, event.request));
        else this.#sendOwn(connection, event.request);
        return;
      case 'failed':
        return event.request.settle(event.error);
      case 'request':
      case 'reply':
      case 'stray':
        return this.#onMessage(connection, event);
      case 'head':
        return this.#receive(connection, event.message, { reply: true, chunks: event.request.chunks });
      case 'slice':
        return takeSlice(connection, event);
      case 'unknown':
        this.#reports.rejected(connection.remoteHost, event.error.code);
        return this.#server.refuse(connection, event);
      case 'ended':
        if (event.isEmpty) this.#recogniser.noteEmptyConnection(connection.remoteHost);
        return this.#learn(connection, event.lastReply);
      case 'broken':
        return this.#onBroken(connection, event);
      case 'looked':
      case 'done':
      case 'stalled':
    }
  }

  #onMessage(
    connection: Connection,
    event: Extract<ExchangeEvent, { event: 'request' | 'reply' | 'stray' }>,
  ): void {
    const { message } = event;
    const { exchange } = connection;
    const elsewhere = event.event === 'stray' ? this.#elsewhere.take(connection, message) : undefined;
    const isExpected = elsewhere !== undefined || message.type === 'RETURN_HELLO' || exchange.isAsking;
    if (event.event === 'stray' && !isExpected) {
      // It may be late; a program with one outgoing connection would not open another.
      if (this.#known.look(message.origin).dialect?.replies !== 'on-own-connection') connection.finish();
      return this.#reports.rejected(connection.remoteHost, 'unrequested-reply');
    }
    const about = { reply: event.event !== 'request', chunks: this.#chunksOf(event, elsewhere) };
    this.#receive(connection, message, about);
    switch (event.event) {
      case 'request':
        if (message.type === 'BYE') this.#goodbye(connection, message);
        else this.#server.serve(connection, event, about.chunks);
        return;
      case 'reply':
        return this.#onReply(connection, event);
      case 'stray':
        this.#learn(connection, event.seen);
        if (elsewhere === undefined) return finishStray(connection);
        void this.#elsewhere.arrived(connection, elsewhere, message).then((goesOn) => {
          if (goesOn) exchange.become('persistent');
          else finishStray(connection);
        });
    }
  }

  #receive(connection: Connection, message: Message, { reply, chunks }: About): void {
    const isFollowed = this.#clock.follows(message.clock);
    const clockAfter = this.#clock.witness(message.clock);
    this.#reporter.report(new MessageReceivedEvent(message, clockAfter, reply, chunks));
    this.#reporter.report({ event: 'clock-updated', clock: clockAfter, cause: 'receive' });
    if (!isFollowed) this.#reports.clockIgnored(message.origin, message.clock);
    const speaker = connection.exchange.neighbour ?? message.origin;
    const clock = isFollowed ? message.clock : 0;
    if (connection.exchange.isOurs || this.#recogniser.isFrom(message, connection)) {
      this.#known.look(speaker).isSilent = false;
      if (message.type === 'BYE') this.#reports.left(speaker, clock);
      else this.#reports.observe(speaker, 'ONLINE', clock);
      return;
    }
    // Anybody may say anything in the name of others.
    if (message.type !== 'BYE') void this.#overheard(speaker, clock, connection.remoteHost);
    else if (this.#known.look(speaker).kept === undefined && this.#reports.mayHaveLeft(speaker)) {
      void this.hello(speaker);
    }
  }

  async #overheard(speaker: Address, clock: number, remoteHost: string): Promise<void> {
    this.#reports.overheard(speaker, remoteHost);
    if (await this.#known.isNamed(speaker, remoteHost)) this.#reports.observe(speaker, 'ONLINE', clock);
  }

  /** How many chunks the file has that a message is about, where that is known. */
  #chunksOf(
    event: Extract<ExchangeEvent, { event: 'request' | 'reply' | 'stray' }>,
    elsewhere: { readonly chunks: number | undefined } | undefined,
  ): number | undefined {
    if (event.event !== 'request') return (elsewhere ?? event.request)?.chunks;
    return event.message.type === 'DL' ? this.#handlers.chunksOf(event.message) : undefined;
  }

  #onReply(
    connection: Connection,
    {
      message,
      request,
      seen,
    }: { readonly message: Message; readonly request: OwnRequest } & Extract<
      ExchangeEvent,
      { event: 'reply' }
    >,
  ): void {
    const { neighbour } = connection.exchange;
    if (seen !== undefined && neighbour !== undefined) {
      this.#learn(connection, seen);
      if (message.type === 'RETURN_HELLO') this.#known.get(neighbour).capabilities = message.capabilities;
    }
    request.settle(outcomeOf(message));
  }

  #learn(connection: Connection, seen: Parameters<typeof proveByReply>[0] | undefined): void {
    const { exchange } = connection;
    if (exchange.neighbour === undefined || seen === undefined) return;
    const peer = this.#known.get(exchange.neighbour);
    peer.learn(proveByReply(seen, peer.dialect));
    if (seen.again && exchange.isOurs) peer.answersAgain = true;
    if (peer.dialect?.staysOpen === true && !peer.dialect.isSession) exchange.become('persistent');
  }

  /** Anybody may say BYE for another: what runs between us and the other goes on. */
  #goodbye(connection: Connection, message: Message): void {
    const isFrom = this.#recogniser.isFrom(message, connection);
    connection.finish();
    if (!isFrom) return;
    this.#known.forget(message.origin);
    // What it has asked for before is of no use any more, and how its connections end shows nothing.
    for (const other of this.#connections()) {
      if (other === connection || other.exchange.neighbour !== message.origin) continue;
      other.finish();
      if (!other.exchange.isOurs) other.destroy();
    }
  }

  #onBroken({ remoteHost, exchange }: Connection, event: Extract<ExchangeEvent, { event: 'broken' }>): void {
    const { error, sample } = event;
    if (error instanceof ProtocolError) {
      this.#reports.rejected(remoteHost, error.code, NO_MESSAGE.includes(error.code) ? sample : '');
    } else if (!exchange.isOurs) this.#reports.rejected(remoteHost, 'request-timeout');
  }

  #connections(): Connection[] {
    return [...this.#listener.connections, ...this.#pool.connections];
  }

  async #orReported(to: Address, type: MessageType, work: () => Promise<void>): Promise<void> {
    const waiting = { to, since: performance.now() };
    this.#waiting.add(waiting);
    try {
      await work();
    } catch (error) {
      this.#failed(to, type, error);
      if (!(error instanceof RemoteError)) throw error;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Reports what failed towards a neighbour; whatever else is wrong is not its doing. */
  #failed(to: Address, type: MessageType, error: unknown): void {
    // A chunk has other tries, and the download tells of this one; a digest need not be told.
    const isQuiet = type === 'DL' || type === 'GET' || type === 'DIGEST';
    if (error instanceof ProtocolError) {
      if (!isQuiet) this.#reporter.report({ event: 'request-failed', to, type, code: error.code });
      // What sends this is no EACHare.
      if (!isQuiet && NO_MESSAGE.includes(error.code)) this.#reports.observe(to, 'OFFLINE');
    }
    if (!(error instanceof ConnectionError) || error.code === 'aborted') return;
    const { code } = error;
    if (!isQuiet) this.#reporter.report({ event: 'request-failed', to, type, code });
    // A close in good order alone does not mean that a source is gone; programs of part 1 know neither LS nor DL.
    if ((isQuiet && code === 'reset') || (code === 'no-reply' && (isQuiet || type === 'LS'))) return;
    // Our own shortage says nothing about the neighbour.
    if (code === 'no-resources') return;
    if (code === 'reply-timeout') this.#known.get(to).isSilent = true;
    this.#reports.observe(to, 'OFFLINE');
  }
}

/** Ends a connection of theirs on which a reply has come: that is all that was to be said. */
function finishStray(connection: Connection): void {
  const { exchange } = connection;
  if (!exchange.isOurs && !exchange.isAsking && exchange.state.name === 'one-shot') connection.finish();
}

/** What an HTTP server, or anything else that is no EACHare, makes us say. */
const NO_MESSAGE: readonly string[] = ['malformed', 'bad-origin'];

/** Bytes of a block, for whoever has asked for it; the next ones wait where it cannot take more. */
function takeSlice(
  connection: Connection,
  { bytes, request, whole }: Extract<ExchangeEvent, { event: 'slice' }>,
): void {
  const ready = request.take?.(bytes);
  if (ready !== undefined) connection.holdUntil(ready);
  if (whole !== undefined) request.settle(whole);
}
