import type { RemoteError } from '../errors.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { MAX_REQUEST_BYTES } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import { evidenceOf, type ReplyEvidence } from '../protocol/dialect.ts';
import { refusedHead } from '../protocol/decode.ts';
import { RawSlice } from '../protocol/block-reader.ts';
import { REPLIES, type Draft, type Message } from '../protocol/message.ts';
import { AwaitedReplies, type OwnRequest } from './awaited-replies.ts';
import { Incoming, type Expected, type Read } from './incoming.ts';
import { RequestsInHand, type Prepared, type TheirRequest, type UnknownRequest } from './requests-in-hand.ts';
import type { Timing } from './timing.ts';

/**
 * What happens on one connection, without the connection: bytes and times go in, events come out (the model is h11). It decides
 * what the other side may say now and how much, which reply belongs to which request, the order in which their requests are
 * answered, lists over several lines, and every deadline. All that this depends on is written here, and in the three queues that
 * only this file knows: `incoming.ts`, `awaited-replies.ts` (our requests), `requests-in-hand.ts` (theirs).
 *
 * What never happens here: sockets, timers, promises, the meaning of a message, memory of other connections.
 * Cost: a message is decoded when `next` asks for it, so that its caller can stop after any of them; a long list is decoded in
 * slices. What waits is bounded by MAX_QUEUED_LINES, MAX_QUEUED_BYTES and MAX_REQUESTS_IN_HAND.
 */

/** What the two sides may do next. */
export type State =
  /** The other side has opened it, and has said nothing yet. */
  | { readonly name: 'fresh'; readonly since: number }
  /** One message at a time; most programs send one and close. */
  | { readonly name: 'one-shot' }
  /** An asker of which nothing is known has its reply: it may ask again, or the connection is closed. */
  | { readonly name: 'lingering'; readonly until: number }
  /** It began with a HELLO whose sender leaves it open: requests of theirs may be many. */
  | { readonly name: 'greeted' }
  /** Both have agreed on it (section 6): requests are pipelined, and refusals are answered. */
  | { readonly name: 'session' }
  /** Serves both directions for as long as both programs run (section 7, "persistent"). */
  | { readonly name: 'persistent' }
  /** Nothing that comes is taken any more. */
  | { readonly name: 'closing'; readonly since: number };

type StateName = State['name'];

interface Rules {
  /** What may come of it; all else is a mistake of ours. */
  readonly next: readonly StateName[];
  /** Requests of theirs may come while others of theirs are in hand. */
  readonly theirsPipelined: boolean;
  /** Requests of ours need not wait for the replies before them. */
  readonly oursPipelined: boolean;
  /** Silence ends it. */
  readonly idles: boolean;
}

const serial = { theirsPipelined: false, oursPipelined: false };

/** The transition table. */
const RULES: Readonly<Record<StateName, Rules>> = {
  fresh: { next: ['one-shot', 'closing'], ...serial, idles: false },
  'one-shot': {
    next: ['lingering', 'greeted', 'session', 'persistent', 'closing'],
    ...serial,
    idles: true,
  },
  lingering: { next: ['one-shot', 'persistent', 'closing'], ...serial, idles: false },
  greeted: {
    next: ['session', 'persistent', 'closing'],
    theirsPipelined: true,
    oursPipelined: false,
    idles: true,
  },
  session: { next: ['closing'], theirsPipelined: true, oursPipelined: true, idles: true },
  persistent: { next: ['session', 'closing'], theirsPipelined: true, oursPipelined: false, idles: false },
  closing: { next: [], ...serial, idles: false },
};

export type ExchangeEvent =
  | TheirRequest
  | UnknownRequest
  /** The reply to a request of ours. `seen` is what it shows of its sender; undefined where there is nothing to learn. */
  | {
      readonly event: 'reply';
      readonly message: Message;
      readonly request: OwnRequest;
      readonly seen: ReplyEvidence | undefined;
    }
  /** A reply that no request of ours on this connection waits for; `request` is the one in whose place it came. */
  | {
      readonly event: 'stray';
      readonly message: Message;
      readonly request?: OwnRequest;
      readonly seen?: ReplyEvidence | undefined;
    }
  /** The head of the block that a request of ours has asked for: its bytes follow, and settle the request with it. */
  | { readonly event: 'head'; readonly message: Message; readonly request: OwnRequest }
  /** Bytes of that block; `head` comes again with the last ones. */
  | {
      readonly event: 'slice';
      readonly bytes: Buffer;
      readonly request: OwnRequest;
      readonly whole: Message | undefined;
    }
  /** There will be no reply. */
  | { readonly event: 'failed'; readonly request: OwnRequest; readonly error: Error }
  /** It is the turn of a request of ours: to be written now. */
  | { readonly event: 'turn'; readonly request: OwnRequest }
  /** The other side has closed its direction, or its time to do so is over. */
  | { readonly event: 'looked'; readonly hasEnded: boolean }
  | { readonly event: 'ended'; readonly isEmpty: boolean; readonly lastReply: ReplyEvidence | undefined }
  /** The other side breaks the rules, or takes too long to ask: nothing more is taken. */
  | {
      readonly event: 'broken';
      readonly error: RemoteError;
      /** The first bytes of what is no message, a character for each. */
      readonly sample: string;
    }
  /** Nothing more is to be said: the connection closes in good order. */
  | { readonly event: 'done' }
  /** The other side does not reply, read or close in time: the connection is broken off. */
  | { readonly event: 'stalled' };

/** A request that its sender has ended with silence; the last number of a DL may still be on its way for longer. */
const COMPLETE = /^\S+ [0-9]+ (?:HELLO|GET_PEERS|LS|BYE) ?$/;
const COMPLETE_CHUNK = /^\S+ [0-9]+ DL \S+ [0-9]+ [0-9]+ ?$/;

/** Of what is no message so much is shown. */
const SAMPLE_BYTES = 40;
export interface ExchangeOptions {
  /** Our own listening address: nobody else may speak in its name. */
  readonly own: Address;
  /** Whom we have dialled; undefined where the other side has opened the connection. */
  readonly dialled?: Address | undefined;
  /** Longest reply in bytes that may come on a connection of theirs to a request that was sent on another one. */
  readonly awaitedBytes?: () => number;
  readonly timing: Timing;
  /** Milliseconds, monotonic, as every `now` here. */
  readonly now: number;
}

export class Exchange {
  /** Listening address of the other side, once it is known. */
  neighbour: Address | undefined;
  readonly isOurs: boolean;
  readonly #own: Address;
  readonly #timing: Timing;
  readonly #awaitedBytes: () => number;
  readonly #incoming: Incoming;
  readonly #awaited = new AwaitedReplies();
  /** Requests of ours whose turn has not come. */
  readonly #waiting: OwnRequest[] = [];
  readonly #inHand = new RequestsInHand();
  /** Events that do not come of a payload. */
  readonly #made: ExchangeEvent[] = [];
  #state: State;
  #requests = 0;
  /** When the last byte came; and when something last came, or was done. */
  #heardAt: number;
  #activeAt: number;
  /** When the unfinished payload began, and when it was last looked at whether silence ends it. */
  #unfinishedSince = Infinity;
  #lookedAt = -Infinity;
  /** Since when the other side takes nothing of what is written. */
  #blockedSince = Infinity;
  #endLookUntil = Infinity;
  #hasEnded = false;
  #isEndTold = false;
  #hasFinished = false;
  #endedFirst = false;
  #lastReply: ReplyEvidence | undefined;
  /** The head of the block that is coming. */
  #block: Message | undefined;
  /** Nothing is read from the socket, as its user cannot take more. */
  #isHeld = false;
  #hasReplied = false;

  constructor({ own, dialled, awaitedBytes = () => 0, timing, now }: ExchangeOptions) {
    this.#own = own;
    this.neighbour = dialled;
    this.isOurs = dialled !== undefined;
    this.#awaitedBytes = awaitedBytes;
    this.#timing = timing;
    this.#incoming = new Incoming(this.isOurs, timing.listGap);
    this.#state = this.isOurs ? { name: 'one-shot' } : { name: 'fresh', since: now };
    this.#heardAt = now;
    this.#activeAt = now;
  }

  get state(): State {
    return this.#state;
  }

  get isClosing(): boolean {
    return this.#state.name === 'closing';
  }

  /** Replies of theirs are still to come. */
  get isAsking(): boolean {
    return !this.#awaited.isEmpty || this.#waiting.length > 0;
  }

  /** A request of theirs is in hand. */
  get isServing(): boolean {
    return !this.#inHand.isEmpty;
  }

  /** The other side has sent its FIN, and nothing of it is left to look at. */
  get hasEnded(): boolean {
    return this.#hasEnded && this.#incoming.isEmpty;
  }

  /** Part of a message is there, and its end is not. */
  get hasUnfinished(): boolean {
    return this.#incoming.unfinished > 0;
  }

  /** Nothing more is to be read for now. */
  get isFull(): boolean {
    return this.#incoming.isFull;
  }

  /** `next` has more to do by itself. */
  get isDecoding(): boolean {
    return this.#incoming.isDecoding;
  }

  /** What the other side has shown, or both have agreed on. */
  become(name: 'greeted' | 'session' | 'persistent'): void {
    if (this.#state.name !== name && RULES[this.#state.name].next.includes(name)) this.#enter({ name });
  }

  /** The reply is sent; the connection closes soon, unless its asker asks again. */
  linger(now: number): void {
    if (this.#state.name === 'one-shot') this.#enter({ name: 'lingering', until: now + this.#timing.linger });
  }

  /** Nothing is taken any more; requests of ours fail with `error`. */
  close(now: number, error?: Error): void {
    if (!this.isClosing) this.#enter({ name: 'closing', since: now });
    if (this.isAsking) this.#failAll(error ?? new ConnectionError('no-reply'));
    this.#incoming.clear();
    if (this.#endLookUntil !== Infinity) this.#endLook();
  }

  /** We have sent our FIN. */
  finished(): void {
    this.#hasFinished = true;
  }

  /** A request of ours: true where it is to be written now. Otherwise its `turn` will come, or it has failed. */
  ask(request: OwnRequest, now: number): boolean {
    if (this.isClosing || this.hasEnded) {
      this.#made.push({ event: 'failed', request, error: new ConnectionError('no-reply') });
      return false;
    }
    const mayGo = RULES[this.#state.name].oursPipelined || !this.isAsking;
    if (request.replyType === 'DATA') this.#incoming.expectBlocks();
    if (mayGo) this.#awaited.add(request, now);
    else this.#waiting.push(request);
    return mayGo;
  }

  /** Gives up a request of ours; false where it is sent already. */
  withdraw(request: OwnRequest): boolean {
    const at = this.#waiting.indexOf(request);
    if (at !== -1) this.#waiting.splice(at, 1);
    return at !== -1;
  }

  /** The reply to this request of ours has come on another connection: the next ones are not held up by it. */
  answeredElsewhere(draft: Draft, message: Message, now: number): void {
    if (this.#awaited.oldest?.draft === draft) this.#awaited.shift(now)?.settle(message);
  }

  /** Nothing is read for now, so no silence is that of the other side. */
  hold(isHeld: boolean, now: number): void {
    this.#isHeld = isHeld;
    this.#heardAt = now;
    this.#activeAt = now;
    this.#awaited.resume(now);
  }

  receive(bytes: Buffer, now: number): void {
    if (this.isClosing || bytes.length === 0) return;
    this.#heardAt = now;
    this.#activeAt = now;
    this.#awaited.received(bytes.length);
    const wasUnfinished = this.hasUnfinished;
    try {
      this.#incoming.receive(bytes, this.#limit);
    } catch (error) {
      this.#broken(error, now);
    }
    if (!this.hasUnfinished) this.#unfinishedSince = Infinity;
    else if (!wasUnfinished) this.#unfinishedSince = now;
  }

  /** The other side has sent its FIN. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#endedFirst = !this.#hasFinished;
    // Some programs leave the last newline out; in a session it is a line that broke off.
    if (!this.isClosing) this.#incoming.end(this.#state.name !== 'session');
  }

  /** Looks out for the FIN of the other side for a while; a `looked` tells. */
  lookForEnd(until: number): void {
    this.#endLookUntil = until;
  }

  /** Bytes that were written and that the other side has not taken; told while there are any, and once there are none. */
  output(waiting: number, now: number): void {
    this.#blockedSince = waiting > 0 ? now : Infinity;
    this.#activeAt = now;
  }

  /** What there is to say to a request in hand. */
  prepared(request: TheirRequest | UnknownRequest, reply: Prepared): void {
    this.#inHand.prepared(request, reply);
  }

  /** The oldest request in hand once its reply is prepared; each comes once, and is then `replied`. */
  takeDue(): ReturnType<RequestsInHand['takeDue']> {
    return this.isClosing ? undefined : this.#inHand.takeDue();
  }

  /** Whether nothing is in hand before this one. */
  isNext(request: TheirRequest | UnknownRequest): boolean {
    return this.#inHand.oldest === request;
  }

  /** The oldest request in hand is done with. */
  replied(now: number): void {
    this.#activeAt = now;
    this.#inHand.shift();
  }

  /** The next event; undefined until something more comes, is asked, done, or due, or while `isDecoding`. */
  next(now: number): ExchangeEvent | undefined {
    do {
      if (this.#made.length > 0) return this.#made.shift();
    } while (!this.isClosing && this.#step(now));
    return undefined;
  }

  /** When `tick` has something to do; Infinity where nothing is waited for. */
  get dueAt(): number {
    const { close, write, idle, request } = this.#timing;
    const state = this.#state;
    if (this.#blockedSince !== Infinity) return this.#blockedSince + write;
    if (state.name === 'closing') return Math.max(state.since, this.#activeAt) + close;
    if (this.#isHeld) return Infinity;
    let due = Math.min(this.#endLookUntil, this.#awaited.dueAt(this.#heardAt), this.#incoming.listDueAt);
    if (this.isAsking || this.isServing) return due;
    if (state.name === 'fresh') due = Math.min(due, state.since + request);
    if (state.name === 'lingering') return Math.min(due, state.until);
    if (this.hasUnfinished) due = Math.min(due, this.#unfinishedSince + request, this.#silenceEndsAt);
    else if (RULES[state.name].idles) due = Math.min(due, this.#activeAt + idle);
    return due;
  }

  /** The time is `now`; to be called after what has arrived was received. */
  tick(now: number): void {
    if (now < this.dueAt) return;
    if (this.#endLookUntil <= now) this.#endLook();
    else if (this.#blockedSince !== Infinity || this.isClosing) this.#made.push({ event: 'stalled' });
    else if (this.#incoming.listDueAt <= now) this.#incoming.endList();
    else if (this.isAsking) this.#overdue(now);
    else if (this.#state.name !== 'lingering' && (this.hasUnfinished || this.#state.name === 'fresh')) {
      this.#silent(now);
    } else this.#done(now);
  }

  /** Longest payload that may come now, in bytes: what we have asked for, or a request. */
  get #limit(): number {
    return Math.max(
      MAX_REQUEST_BYTES,
      this.#awaited.isEmpty ? this.#awaitedBytes() : this.#awaited.maxReplyBytes,
    );
  }

  /** When it is looked at whether an unfinished request is one that its sender has ended with silence. */
  get #silenceEndsAt(): number {
    if (this.#state.name !== 'fresh') return Infinity;
    const ends = [this.#timing.requestSilence, this.#timing.chunkRequestSilence];
    return ends.map((silence) => this.#heardAt + silence).find((at) => at > this.#lookedAt) ?? Infinity;
  }

  #enter(state: State): void {
    const { name } = this.#state;
    if (!RULES[name].next.includes(state.name))
      throw new Error(`a connection goes from ${name} to ${state.name}`);
    this.#state = state;
  }

  /** Does what can be done next; false where nothing can. */
  #step(now: number): boolean {
    const turn = this.#awaited.isEmpty && !this.isDecoding ? this.#waiting.shift() : undefined;
    if (turn !== undefined) {
      this.#awaited.add(turn, now);
      this.#made.push({ event: 'turn', request: turn });
      return true;
    }
    if (this.#endLookUntil !== Infinity && (this.#hasEnded || !this.#incoming.isEmpty)) {
      this.#endLook();
      return true;
    }
    if (this.#inHand.isFull(RULES[this.#state.name].theirsPipelined || this.isAsking)) return false;
    try {
      const read = this.#incoming.next(this.#expected, now);
      if (read instanceof RawSlice) this.#takeSlice(read, now);
      else if (read !== undefined) this.#takeMessage(read, now);
      // One slice at a time: others may have waited.
      return read !== undefined || (!this.isDecoding && this.#hasEnded && this.#atEnd());
    } catch (error) {
      this.#broken(error, now);
      return true;
    }
  }

  get #expected(): Expected {
    const { oldest } = this.#awaited;
    if (oldest === undefined) return 'request';
    return oldest.replyType === 'FILE' ? 'file' : 'list';
  }

  #takeMessage({ message, lines, trailingSpace }: Read, now: number): void {
    const { oldest } = this.#awaited;
    const isReply = oldest !== undefined && (message.type === oldest.replyType || message.type === 'ERROR');
    if (!isReply) {
      if (oldest !== undefined && REPLIES.has(message.type))
        throw new ProtocolError('unexpected-type', message.type);
      return this.#takeTheirs(message, trailingSpace);
    }
    const isAccepted = message.type === 'ERROR' || oldest.accepts?.(message) !== false;
    if (message.type === 'DATA') {
      // Its bytes are counted already: another block in place of this one is never taken for it.
      if (!isAccepted) throw new ProtocolError('wrong-chunk');
      this.#block = message;
      this.#made.push({ event: 'head', message, request: oldest });
      return;
    }
    if (!isAccepted) {
      this.#awaited.stray(new ProtocolError('wrong-chunk'), this.#timing.trial, now);
      this.#made.push({ event: 'stray', message, request: oldest, seen: this.#evidence(message, lines) });
      return;
    }
    this.#awaited.shift(now);
    this.#made.push({ event: 'reply', message, request: oldest, seen: this.#evidence(message, lines) });
    this.#hasReplied = true;
  }

  #takeSlice({ bytes, isLast }: RawSlice, now: number): void {
    const request = isLast ? this.#awaited.shift(now) : this.#awaited.oldest;
    const whole = isLast ? this.#block : undefined;
    if (request !== undefined) this.#made.push({ event: 'slice', bytes, request, whole });
  }

  /** A session has shown what it is. */
  #evidence(message: Message, lines: number): ReplyEvidence | undefined {
    if (this.#state.name === 'session') return undefined;
    const { framing } = this.#incoming;
    this.#lastReply = evidenceOf(message, { framing, lines, again: this.#hasReplied });
    return this.#lastReply;
  }

  /** A request of theirs, or a reply that nobody waits for here. */
  #takeTheirs(message: Message, trailingSpace: boolean): void {
    if ((this.neighbour ?? message.origin) === this.#own) throw new ProtocolError('own-origin');
    if (['fresh', 'lingering'].includes(this.#state.name)) this.#enter({ name: 'one-shot' });
    if (REPLIES.has(message.type) || message.type === 'RETURN_HELLO') {
      this.#made.push({ event: 'stray', message });
      return;
    }
    this.neighbour ??= message.origin;
    if (!this.isOurs && this.neighbour !== message.origin) throw new ProtocolError('bad-origin');
    this.#requests += 1;
    const again = this.isOurs || this.#requests > 1;
    this.#made.push(this.#inHand.add({ event: 'request', message, trailingSpace, again }));
  }

  /** The other side has ended, and all is looked at; false where nothing comes of that yet. */
  #atEnd(): boolean {
    if (this.isAsking) {
      this.#failAll(new ConnectionError('no-reply'));
    } else if (!this.#isEndTold) {
      this.#isEndTold = true;
      const { lacksLastNewline } = this.#incoming;
      const last = this.#endedFirst ? this.#lastReply : undefined;
      const lastReply = last && { ...last, closed: true, terminated: !lacksLastNewline };
      this.#made.push({ event: 'ended', isEmpty: this.#state.name === 'fresh', lastReply });
    } else if (this.isServing) {
      return false;
    } else {
      this.#done(this.#activeAt);
    }
    return true;
  }

  /** All is said. */
  #done(now: number): void {
    this.close(now);
    this.#made.push({ event: 'done' });
  }

  /** The oldest reply did not come in time. */
  #overdue(now: number): void {
    const error = new ConnectionError('reply-timeout');
    if (this.#awaited.oldest?.isOptional === true) {
      const request = this.#awaited.shift(now);
      if (request !== undefined) this.#made.push({ event: 'failed', request, error });
      return;
    }
    // A late reply must not be taken for that of the next request: the connection goes with it.
    this.close(now, error);
    this.#made.push({ event: 'stalled' });
  }

  /** Some programs end their request with silence; others never do. */
  #silent(now: number): void {
    const isLong = now >= this.#heardAt + this.#timing.chunkRequestSilence;
    const isRequest = (text: string) => (isLong ? COMPLETE_CHUNK : COMPLETE).test(text);
    const begun = this.#state.name === 'fresh' ? this.#state.since : this.#unfinishedSince;
    this.#lookedAt = now;
    if (this.#state.name === 'fresh' && this.#incoming.takeUnfinished(isRequest)) return;
    if (now >= Math.min(begun, this.#unfinishedSince) + this.#timing.request) {
      this.close(now);
      this.#made.push({ event: 'broken', error: new ConnectionError('request-timeout'), sample: '' });
    }
  }

  #endLook(): void {
    this.#endLookUntil = Infinity;
    this.#made.push({ event: 'looked', hasEnded: this.hasEnded });
  }

  /** The other side has broken the rules. In a session a line that is no message we know is told apart all the same: it goes on. */
  #broken(error: unknown, now: number): void {
    if (!(error instanceof ProtocolError)) throw error;
    const { looked } = this.#incoming;
    const head = this.#state.name === 'session' && this.#awaited.isEmpty ? refusedHead(looked) : undefined;
    if (head !== undefined && head.origin === this.neighbour) {
      this.#made.push(this.#inHand.add({ event: 'unknown', head, error }));
      return;
    }
    const sample = looked.toString('latin1', 0, SAMPLE_BYTES);
    this.close(now, error);
    this.#made.push({ event: 'broken', error, sample });
  }

  #failAll(error: Error): void {
    for (const failed of this.#awaited.drain(error)) this.#made.push({ event: 'failed', ...failed });
    for (const request of this.#waiting.splice(0)) this.#made.push({ event: 'failed', request, error });
  }
}
