import type net from 'node:net';
import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';
import { SOCKET_BUFFER_BYTES } from '../limits.ts';
import type { Draft, Message } from '../protocol/message.ts';
import type { OwnRequest } from './awaited-replies.ts';
import { Exchange, type ExchangeEvent, type ExchangeOptions } from './exchange.ts';
import type { FairShare } from './fair-share.ts';

/** A silent connection is checked by the kernel after this long: its peer may have lost its power. */
const KEEP_ALIVE_MS = 60_000;

/** What is written in one turn in pieces up to this size leaves as one; for a larger one that costs more than its system call. */
const SMALL_WRITE_BYTES = 32 * 1024;

/** What a connection tells the one who looks after it. Events that end the connection have had their effect already. */
export type OnEvent = (connection: Connection, event: ExchangeEvent) => void;

export interface ConnectionOptions extends Omit<ExchangeOptions, 'now'> {
  /** Of the processor, with the other connections. */
  readonly processor: FairShare;
}

/** Messages that are looked at in one go, before other connections have their turn. */
const MESSAGES_A_TURN = 256;
/** And milliseconds; the clock is looked at after so many messages. */
const TURN_MS = 5;
const MESSAGES_A_LOOK = 16;

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

/** What a socket's error says about the other side; all that is not listed broke the connection. */
export function connectionError(cause: Error): ConnectionError {
  const code = 'code' in cause && typeof cause.code === 'string' ? CODES[cause.code] : undefined;
  return new ConnectionError(code ?? 'reset', { cause });
}

/**
 * One socket, one exchange, one timer: carries bytes and times between them. Nothing else touches a socket.
 *
 * Both directions close on their own (`allowHalfOpen`): a program that sends a request and its FIN still gets the reply. A flood of
 * messages is looked at in portions, so that it starves nobody else.
 */
export class Connection {
  readonly exchange: Exchange;
  /** Resolves when the socket is closed, whatever the reason. */
  readonly closed: Promise<void>;
  readonly #socket: net.Socket;
  readonly #onEvent: OnEvent;
  readonly #processor: FairShare;
  #remoteHost: string;
  #error: ConnectionError | undefined;
  /** What is written in this turn leaves at its end. */
  #isCorked = false;
  #isPumping = false;
  #isPumpDue = false;
  #hasFinished = false;
  #timer: NodeJS.Timeout | undefined;
  #timerEndsAt = Infinity;
  /** Nothing is read before this is over. */
  #isHeld = false;
  /** What waits in the socket, as last told to the exchange. */
  #waitingBytes = 0;
  readonly #drainWaiters = new Set<() => void>();
  readonly #endWaiters = new Set<(hasEnded: boolean) => void>();

  constructor(socket: net.Socket, { processor, ...options }: ConnectionOptions, onEvent: OnEvent) {
    this.exchange = new Exchange({ ...options, now: performance.now() });
    this.#processor = processor;
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.#remoteHost = socket.remoteAddress ?? '?';
    socket.on('error', (error) => (this.#error ??= connectionError(error)));
    socket.on('connect', () => (this.#remoteHost = socket.remoteAddress ?? '?'));
    socket.on('data', (bytes) => {
      this.exchange.receive(bytes, performance.now());
      this.#pumpInTurn();
    });
    socket.on('end', () => {
      this.exchange.end();
      this.#pumpInTurn();
    });
    for (const event of ['drain', 'finish']) socket.on(event, () => this.#noteOutput());
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#onClose();
        resolve();
      });
    });
    this.#setTimer();
  }

  /** Host of the other end of the socket, brackets left out; '?' where it was gone at once. */
  get remoteHost(): string {
    return this.#remoteHost;
  }

  /** Nothing more can be written. */
  get isClosing(): boolean {
    return this.#hasFinished || this.#socket.destroyed || !this.#socket.writable;
  }

  /** The other side has broken it off. */
  get wasReset(): boolean {
    return this.#error?.code === 'reset';
  }

  /** More was written than the socket's buffer takes: the next should wait until it is `drained`. */
  get isCongested(): boolean {
    return this.#socket.writableNeedDrain || this.#socket.writableLength >= SOCKET_BUFFER_BYTES;
  }

  /** Takes a request of ours; its `turn` comes now or later. */
  ask(request: OwnRequest): void {
    const wasAsking = this.exchange.isAsking;
    if (this.exchange.ask(request, performance.now())) this.#onEvent(this, { event: 'turn', request });
    else this.#pumpSoon();
    if (!wasAsking) this.#setTimer();
  }

  /** The reply to this request of ours has come on another connection. */
  answeredElsewhere(draft: Draft, message: Message): void {
    this.exchange.answeredElsewhere(draft, message, performance.now());
    this.#pumpSoon();
  }

  /** Reads nothing until the user of what comes can take more; that time does not count as silence. */
  holdUntil(ready: Promise<void>): void {
    if (this.#isHeld) return;
    this.#hold(true);
    const release = () => this.#hold(false);
    ready.then(release, release);
  }

  /** Looks at what has come, and tells of it, for as long as others may wait. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    const start = performance.now();
    let now = start;
    let isOver = false;
    for (let count = 1; ; count++) {
      const event = this.exchange.next(now);
      if (event === undefined) break;
      this.#take(event);
      if (count % MESSAGES_A_LOOK === 0) now = performance.now();
      isOver = count >= MESSAGES_A_TURN || now - start >= TURN_MS;
      if (isOver) break;
    }
    this.#isPumping = false;
    if (isOver || this.exchange.isDecoding) this.#pumpSoon();
    if (this.exchange.isFull || this.#isHeld) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    this.#setTimer();
  }

  /**
   * Hands bytes, or Latin-1 text, to the socket in this very turn; they leave in order. What is written in one turn in small pieces
   * leaves as one: a write costs a system call whatever its size. A socket that is gone takes them silently.
   */
  write(piece: Buffer | string): void {
    if (this.isClosing) return;
    if (piece.length > SMALL_WRITE_BYTES) {
      this.#flush();
      this.#socket.write(piece, 'latin1');
      return this.#noteOutput();
    }
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => this.#flush());
    }
    this.#socket.write(piece, 'latin1');
  }

  /**
   * Hands bytes to the socket, with all small pieces before them.
   * @param onTaken called once they are sent, or never will be: only then they may be changed
   */
  writeRaw(bytes: Buffer, onTaken: () => void): void {
    if (this.isClosing) return onTaken();
    this.#socket.write(bytes, onTaken);
    if (this.#isCorked) this.#flush();
    else this.#noteOutput();
  }

  /**
   * Waits until the other side has taken what was written, as far as the socket's buffer asks for it.
   * @throws ConnectionError `write-timeout`, `reset`
   */
  async drained(): Promise<void> {
    this.#flush();
    while (this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => this.#drainWaiters.add(resolve));
    }
    if (this.#socket.destroyed) throw this.#error ?? new ConnectionError('reset');
  }

  /** Whether the other side sends its FIN within that time, and nothing else before. */
  endsWithin(milliseconds: number): Promise<boolean> {
    if (this.exchange.hasEnded || this.#socket.destroyed) return Promise.resolve(true);
    this.exchange.lookForEnd(performance.now() + milliseconds);
    const ends = new Promise<boolean>((resolve) => this.#endWaiters.add(resolve));
    this.#pumpSoon();
    return ends;
  }

  /** Says that we have nothing more to send; what the other side still says is read. */
  end(): void {
    this.#flush();
    if (this.#socket.writableEnded) return;
    this.exchange.finished();
    this.#socket.end();
  }

  /** Closes in good order: what was written is delivered, what still arrives is dropped, and it ends within a deadline. */
  finish(): void {
    if (this.#hasFinished) return;
    this.end();
    this.#hasFinished = true;
    this.exchange.close(performance.now());
    this.#socket.resume();
    this.#noteOutput();
    this.#pumpSoon();
  }

  /** Breaks off with a RST, so that nobody takes what was sent for complete. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what the event ends, and passes it on. */
  #take(event: ExchangeEvent): void {
    switch (event.event) {
      case 'looked':
        for (const resolve of this.#endWaiters) resolve(event.hasEnded);
        this.#endWaiters.clear();
        return;
      case 'stalled':
        if (this.#waitingBytes > 0) this.#error ??= new ConnectionError('write-timeout');
        this.#socket.destroy();
        return;
      case 'done':
      case 'broken':
        this.finish();
        break;
      default:
    }
    this.#onEvent(this, event);
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.exchange.hold(isHeld, performance.now());
    this.#pumpSoon();
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    this.#timerEndsAt = -Infinity;
    const error = this.exchange.isAsking ? (this.#error ?? new ConnectionError('reset')) : undefined;
    this.exchange.close(performance.now(), error);
    this.pump();
    for (const resolve of this.#endWaiters) resolve(true);
    for (const resolve of this.#drainWaiters) resolve();
  }

  #flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
    this.#noteOutput();
  }

  /** Tells the exchange whether the other side takes what is written. */
  #noteOutput(): void {
    const { writableLength, writableNeedDrain } = this.#socket;
    const waiting = writableNeedDrain || this.#hasFinished ? writableLength : 0;
    if (waiting === 0) {
      for (const resolve of this.#drainWaiters) resolve();
      this.#drainWaiters.clear();
    }
    if (waiting === this.#waitingBytes) return;
    this.#waitingBytes = waiting;
    this.exchange.output(waiting, performance.now());
    this.#setTimer();
  }

  #pumpInTurn(): void {
    if (this.#isPumpDue) return;
    if (this.#processor.hasTime()) this.pump();
    else this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    this.#processor.queue(this.#remoteHost, () => {
      this.#isPumpDue = false;
      this.pump();
    });
  }

  /** A timer that ends earlier than it must looks again. */
  #setTimer(): void {
    const { dueAt } = this.exchange;
    if (this.#timerEndsAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerEndsAt = dueAt;
    if (dueAt === Infinity) return;
    const wait = Math.max(1, Math.ceil(dueAt - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What has arrived by now counts: it is read before this is judged.
      setImmediate(() => this.#onTimer());
    }, wait);
  }

  #onTimer(): void {
    if (this.#timerEndsAt === -Infinity) return;
    this.#timerEndsAt = Infinity;
    this.#noteOutput();
    this.exchange.tick(performance.now());
    this.pump();
  }
}
