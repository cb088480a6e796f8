import type net from 'node:net';
import { ConnectionError, EachareError, type ConnectionErrorCode } from '../errors.ts';
import { CLOSE_TIMEOUT_MS, KEEP_ALIVE_MS, REPLY_TIMEOUT_MS, SOCKET_BUFFER_BYTES } from '../limits.ts';
import type { FrameReader, Framing } from '../protocol/frame-reader.ts';
import { connectionError } from './connection-error.ts';
import { PayloadQueue } from './payload-queue.ts';
import { WriteBatch } from './write-batch.ts';

/**
 * One socket and the reader of its frames: payloads are taken one by one with `next`, never pushed.
 *
 * Every wait has a deadline. A reader that is not asked pauses the socket, so a sender cannot fill our memory.
 * Both directions close on their own (`allowHalfOpen`): whoever sends a request and its FIN still gets the answer.
 */
export class Connection {
  /** Resolves when the socket is closed, whatever the reason. */
  readonly closed: Promise<void>;

  /** Whether the last payload came without the newline that ends a line, only with the end of the stream. */
  lacksLastNewline = false;

  readonly #socket: net.Socket;
  readonly #reader: FrameReader;
  readonly #queue = new PayloadQueue();
  readonly #batch = new WriteBatch((piece) => this.#socket.write(piece, 'latin1'));
  #failure: EachareError | undefined;
  #ended = false;
  #finished = false;
  #endedFirst = false;
  #isPaused = false;
  #heardAt = performance.now();
  #remoteHost: string;
  readonly #waiters = new Set<() => void>();

  constructor(socket: net.Socket, reader: FrameReader) {
    this.#socket = socket;
    this.#reader = reader;
    this.#remoteHost = socket.remoteAddress ?? '?';
    socket.on('connect', () => (this.#remoteHost = socket.remoteAddress ?? '?'));
    socket.on('error', (error) => this.#fail(connectionError(error)));
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => this.#end());
    socket.on('drain', () => this.#wakeAll());
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#fail(new ConnectionError('reset'));
        resolve();
      });
    });
  }

  /**
   * The next payload; undefined once the other side has closed in good order.
   * @param timeoutMs how long to wait for it
   * @throws ConnectionError `reply-timeout`, `reset`
   * @throws ProtocolError `line-too-long`
   */
  async next(timeoutMs: number): Promise<Buffer | undefined> {
    if (!this.#ready) await this.#waitFor(() => this.#ready, timeoutMs);
    const payload = this.take();
    if (payload === undefined && this.#failure !== undefined) throw this.#failure;
    return payload;
  }

  /** The next payload if it is here already. */
  take(): Buffer | undefined {
    const payload = this.#queue.shift();
    if (payload === undefined) return undefined;
    if (this.#isPaused && !this.#queue.isFull) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    return payload;
  }

  /** Host of the other end of the socket, brackets left out; '?' where it was gone at once. */
  get remoteHost(): string {
    return this.#remoteHost;
  }

  /** How the other side frames its payloads, as far as it has shown it. */
  get framing(): Framing {
    return this.#reader.framing;
  }

  /** The other side has sent its FIN; payloads may still wait to be taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The other side has sent its FIN before we sent ours. */
  get endedFirst(): boolean {
    return this.#endedFirst;
  }

  /** Nothing more can be written. */
  get isClosing(): boolean {
    return this.#finished || this.#socket.destroyed || !this.#socket.writable;
  }

  /** Waits until the connection has ended in any way, at most that long. Takes no payload. */
  async closedWithin(timeoutMs: number): Promise<void> {
    const isOver = () => this.#ended || this.#failure !== undefined || this.#socket.destroyed;
    await this.#waitFor(isOver, timeoutMs).catch(() => undefined);
  }

  /** Longest payload in bytes that is taken from now on. */
  set limit(bytes: number) {
    this.#reader.limit = bytes;
  }

  /** Milliseconds since something last came in. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Takes an unfinished payload as it stands, for programs that end their request with silence. */
  takeUnfinished(isComplete: (bytes: Buffer) => boolean): Buffer | undefined {
    return isComplete(this.#reader.peek()) ? this.#reader.end() : undefined;
  }

  /** Whether the other side sends its FIN within that time, and nothing else before. */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    await this.#waitFor(() => this.#ready, timeoutMs).catch(() => undefined);
    return this.#ended && this.#queue.length === 0;
  }

  /**
   * Hands bytes, or Latin-1 text, to the socket in this very turn; they leave in order. What is written in one turn leaves in one piece.
   * A socket that is gone takes them silently.
   */
  write(piece: Buffer | string): void {
    if (!this.isClosing) this.#batch.add(piece);
  }

  /** More was written than the socket's buffer takes: whoever has more to say should wait until it is `drained`. */
  get isCongested(): boolean {
    return (
      this.#socket.writableNeedDrain || this.#batch.bytes + this.#socket.writableLength >= SOCKET_BUFFER_BYTES
    );
  }

  /**
   * Waits until the other side has taken what was written, as far as the socket's buffer asks for it.
   * @throws ConnectionError `write-timeout`, `reset`
   */
  async drained(timeoutMs: number = REPLY_TIMEOUT_MS): Promise<void> {
    this.#batch.flush();
    const settled = () => !this.#socket.writableNeedDrain || this.#socket.destroyed;
    await this.#waitFor(settled, timeoutMs, 'write-timeout');
    if (this.#socket.destroyed) throw this.#failure ?? new ConnectionError('reset');
  }

  /** Says that we have nothing more to send; what the other side still says can be read. */
  end(): void {
    this.#batch.flush();
    if (!this.#socket.writableEnded) this.#socket.end();
  }

  /** Closes in good order: what was written is delivered, what still arrives is dropped, and it ends within a deadline. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#queue.clear();
    if (this.#socket.destroyed) return;
    this.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Breaks off with a RST, so that nobody takes what was sent for complete. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get #ready(): boolean {
    return this.#queue.length > 0 || this.#ended || this.#failure !== undefined;
  }

  #take(bytes: Buffer): void {
    if (this.#finished || this.#failure !== undefined) return;
    this.#heardAt = performance.now();
    try {
      for (const payload of this.#reader.push(bytes)) this.#queue.push(payload);
    } catch (error) {
      if (!(error instanceof EachareError)) throw error;
      this.#fail(error);
      return;
    }
    // Whoever waits takes what it can in this turn.
    this.#wakeAll();
    if (!this.#queue.isFull || this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #end(): void {
    if (this.#failure !== undefined) return;
    const last = this.#finished ? undefined : this.#reader.end();
    if (last !== undefined) {
      this.lacksLastNewline = this.#reader.framing === 'text';
      this.#queue.push(last);
    }
    this.#ended = true;
    this.#endedFirst = !this.#socket.writableEnded;
    this.#wakeAll();
  }

  /** The first failure stays; after a close in good order there is none. */
  #fail(error: EachareError): void {
    if (!this.#ended) this.#failure ??= error;
    this.#wakeAll();
  }

  /** Several may wait at the same time, for payloads or for room to write; each has its own condition. */
  #waitFor(
    condition: () => boolean,
    timeoutMs: number,
    timeoutCode: ConnectionErrorCode = 'reply-timeout',
  ): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (condition()) done();
      };
      const done = (error?: ConnectionError) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => done(new ConnectionError(timeoutCode)), timeoutMs);
      this.#waiters.add(look);
    });
  }

  #wakeAll(): void {
    for (const look of this.#waiters) look();
  }
}
