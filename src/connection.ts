import net from 'node:net';
import { ConnectionError, EachareError, type ConnectionErrorCode } from './errors.ts';
import {
  CLOSE_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  MAX_QUEUED_LINES,
  REPLY_TIMEOUT_MS,
  SOCKET_BUFFER_BYTES,
} from './limits.ts';
import { splitAddress, type Address } from './protocol/address.ts';
import type { FrameReader, Framing } from './protocol/dialect.ts';

const CODES: Readonly<Record<string, ConnectionErrorCode>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'no-resources',
  EMFILE: 'no-resources',
  ENFILE: 'no-resources',
  ENOBUFS: 'no-resources',
  ETIMEDOUT: 'connect-timeout',
};

function connectionError(cause: Error): ConnectionError {
  const code = 'code' in cause && typeof cause.code === 'string' ? CODES[cause.code] : undefined;
  return new ConnectionError(code ?? 'reset', { cause });
}

/**
 * One socket and the reader of its frames: payloads are taken one by one with `next`, never pushed.
 *
 * Every wait has a deadline. A reader that is not asked pauses the socket, so a sender cannot fill our memory.
 * Both directions close on their own (`allowHalfOpen`): whoever sends a request and its FIN still gets the answer.
 */
export class Connection {
  /** Host of the other end of the socket, brackets left out; '?' where it was gone at once. */
  readonly remoteHost: string;
  /** Resolves when the socket is closed, whatever the reason. */
  readonly closed: Promise<void>;

  /** Whether the last payload came without the newline that ends a line, only with the end of the stream. */
  lacksLastNewline = false;

  readonly #socket: net.Socket;
  readonly #reader: FrameReader;
  readonly #queue: Buffer[] = [];
  readonly #over: Promise<void>;
  #failure: EachareError | undefined;
  #ended = false;
  #finished = false;
  #wake: (() => void) | undefined;

  constructor(socket: net.Socket, reader: FrameReader) {
    this.#socket = socket;
    this.#reader = reader;
    this.remoteHost = socket.remoteAddress ?? '?';
    socket.on('error', (error) => this.#fail(connectionError(error)));
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => this.#end());
    this.#over = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#fail(new ConnectionError('reset'));
        resolve();
      });
    });
  }

  /**
   * Connects to a neighbour.
   * @throws ConnectionError `refused`, `unreachable`, `unknown-host`, `connect-timeout`, `no-resources`, `aborted`
   */
  static async dial(address: Address, reader: FrameReader, signal?: AbortSignal): Promise<Connection> {
    if (signal?.aborted) throw new ConnectionError('aborted');
    const socket = net.connect({
      ...splitAddress(address),
      allowHalfOpen: true,
      noDelay: true,
      writableHighWaterMark: SOCKET_BUFFER_BYTES,
    } as net.NetConnectOpts);
    const connection = new Connection(socket, reader);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => done(new ConnectionError('connect-timeout')), CONNECT_TIMEOUT_MS);
      const onConnect = () => done();
      const onAbort = () => done(new ConnectionError('aborted'));
      const onClose = () => done(connection.#failure ?? new ConnectionError('reset'));
      const done = (error?: EachareError) => {
        clearTimeout(timer);
        socket.off('connect', onConnect).off('close', onClose);
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined) return resolve();
        socket.destroy();
        reject(error);
      };
      socket.on('connect', onConnect).on('close', onClose);
      signal?.addEventListener('abort', onAbort);
    });
    return connection;
  }

  /**
   * The next payload; undefined once the other side has closed in good order.
   * @param timeoutMs how long to wait for it
   * @throws ConnectionError `reply-timeout`, `reset`, `aborted`
   * @throws ProtocolError `line-too-long`
   */
  async next(timeoutMs: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (!this.#ready) await this.#waitFor(() => this.#ready, timeoutMs, signal);
    const payload = this.#queue.shift();
    if (payload !== undefined) {
      if (this.#queue.length < MAX_QUEUED_LINES && this.#socket.isPaused()) this.#socket.resume();
      return payload;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  /** How the other side frames its payloads, as far as it has shown it. */
  get framing(): Framing {
    return this.#reader.framing;
  }

  /** The other side has sent its FIN; payloads may still wait to be taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing more can be written. */
  get isClosing(): boolean {
    return this.#finished || this.#socket.destroyed || !this.#socket.writable;
  }

  /** Waits until the other side has sent its FIN, at most that long. Takes no payload. */
  async closedWithin(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([this.#over, patience]);
    clearTimeout(timer);
  }

  /** Lets longer payloads come in, once it is known that replies come on it too. */
  raiseLimit(bytes: number): void {
    this.#reader.limit = Math.max(this.#reader.limit, bytes);
  }

  /** Takes an unfinished payload as it stands, for programs that end their request with silence. */
  takeUnfinished(isComplete: (bytes: Buffer) => boolean): Buffer | undefined {
    return isComplete(this.#reader.peek()) ? this.#reader.end() : undefined;
  }

  /** Whether the other side sends its FIN within that time, and nothing else before. */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    try {
      if (!this.#ready) await this.#waitFor(() => this.#ready, timeoutMs);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return false;
    }
    return this.#queue.length === 0;
  }

  /** Hands bytes to the socket in this very turn; they leave in order. A socket that is gone takes them silently. */
  write(bytes: Buffer): void {
    if (!this.#finished && this.#socket.writable) this.#socket.write(bytes);
  }

  /**
   * Waits until the other side has taken what was written, as far as the socket's buffer asks for it.
   * @throws ConnectionError `write-timeout`, `reset`
   */
  async drained(timeoutMs: number = REPLY_TIMEOUT_MS): Promise<void> {
    if (this.#socket.destroyed) throw this.#failure ?? new ConnectionError('reset');
    if (!this.#socket.writableNeedDrain) return;
    const onDrain = () => this.#wake?.();
    this.#socket.on('drain', onDrain);
    try {
      const settled = () => !this.#socket.writableNeedDrain || this.#socket.destroyed;
      await this.#waitFor(settled, timeoutMs, undefined, 'write-timeout');
    } finally {
      this.#socket.off('drain', onDrain);
    }
    if (this.#socket.destroyed) throw this.#failure ?? new ConnectionError('reset');
  }

  /** Says that we have nothing more to send; what the other side still says can be read. */
  end(): void {
    if (!this.#socket.writableEnded) this.#socket.end();
  }

  /** Closes in good order: what was written is delivered, what still arrives is dropped, and it ends within a deadline. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#queue.length = 0;
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
    try {
      this.#queue.push(...this.#reader.push(bytes));
    } catch (error) {
      if (!(error instanceof EachareError)) throw error;
      this.#fail(error);
      return;
    }
    if (this.#queue.length >= MAX_QUEUED_LINES) this.#socket.pause();
    this.#wake?.();
  }

  #end(): void {
    if (this.#failure !== undefined) return;
    const last = this.#finished ? undefined : this.#reader.end();
    if (last !== undefined) {
      this.lacksLastNewline = this.#reader.framing === 'text';
      this.#queue.push(last);
    }
    this.#ended = true;
    this.#wake?.();
  }

  /** The first failure stays; after a close in good order there is none. */
  #fail(error: EachareError): void {
    if (!this.#ended) this.#failure ??= error;
    this.#wake?.();
  }

  /** One waiter at a time: a connection has one owner. */
  #waitFor(
    condition: () => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
    timeoutCode: ConnectionErrorCode = 'reply-timeout',
  ): Promise<void> {
    if (signal?.aborted) return Promise.reject(new ConnectionError('aborted'));
    return new Promise((resolve, reject) => {
      const done = (code?: ConnectionErrorCode) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#wake = undefined;
        if (code === undefined) resolve();
        else reject(new ConnectionError(code));
      };
      const onAbort = () => done('aborted');
      const timer = setTimeout(() => done(timeoutCode), timeoutMs);
      signal?.addEventListener('abort', onAbort);
      this.#wake = () => {
        if (condition()) done();
      };
    });
  }
}
