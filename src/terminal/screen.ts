import { Chalk, type ChalkInstance } from 'chalk';
import type {
  AppEvent,
  Ask,
  DownloadProgressed,
  DownloadStarted,
  MessageReceived,
  MessageSent,
  NeighbourView,
  Reporter,
} from '../events.ts';
import { painted } from './colors.ts';
import { complete } from './completion.ts';
import { RESUME_HINT } from './download-sentences.ts';
import { wrapSentence } from './layout.ts';
import { LiveStatus, type Waiting } from './live-status.ts';
import { questionText } from './questions.ts';
import { describe } from './sentences.ts';
import { chunkFailuresCut, Summary } from './summary.ts';
import type { Terminal } from './terminal.ts';

/** Downloads of more chunks are shown as progress, not message by message. */
export const CHUNKS_SHOWN_EACH = 64;
/** Blocks belong to downloads of more chunks than that; digests are asked for by the program itself. */
const SUMMED_UP: readonly string[] = ['DIGEST', 'DIGEST_OF', 'GET', 'DATA'];

/** Failed chunks of one download that get a line each where messages are summed up. */
const CHUNK_FAILURES_SHOWN = 3;

/** How often a running download is shown on a pipe. */
export const PROGRESS_LINE_INTERVAL_MS = 2_000;

/** Neighbours whose status is remembered, for the lines that repeat it. */
const MAX_STATUSES = 2_000;

export interface ScreenOptions {
  readonly terminal: Pick<
    Terminal,
    | 'print'
    | 'status'
    | 'bar'
    | 'touchBar'
    | 'ask'
    | 'width'
    | 'height'
    | 'isLive'
    | 'isInteractive'
    | 'colorLevel'
  >;
  /** Our address, the origin of what we send. */
  readonly address: () => string;
  /** Whether the messages of large downloads are shown one by one too. */
  readonly messages: 'todas' | 'resumo';
  /** Who is online, for the status row; without it there is none. */
  readonly online?: (() => readonly NeighbourView[]) | undefined;
  /** The requests that have no answer yet; nobody is waited for without it. */
  readonly waiting?: () => readonly Waiting[];
  /** Milliseconds from any zero, for tests. */
  readonly now?: () => number;
}

type ClockUpdated = Extract<AppEvent, { event: 'clock-updated' }>;
type Address = NeighbourView['address'];
type Status = NeighbourView['status'];

/**
 * Events as text on the terminal, and the questions of the commands.
 *
 * Where messages are summed up, those about digests get one line, and the DL and FILE of a large download, ours or somebody
 * else's, one when it begins and a progress line while ours runs. They come by the ten thousand a second, so leaving one
 * out must cost next to nothing. No tick stays hidden: before the next clock that is shown, at the end and after a second
 * of silence, a line says how many messages were left out and how far they have moved our clock.
 * A clock line goes with its message: the one before it when received, the one after it when sent; the latter is held back
 * until that message comes, in the same turn.
 * Where all messages are shown, the status of the neighbour stands after each as in the course, changed or not.
 */
export class Screen implements Reporter {
  readonly #options: ScreenOptions;
  readonly #chalk: ChalkInstance;
  readonly #now: () => number;
  readonly #summary: Summary;
  readonly #live: LiveStatus;
  readonly #statuses = new Map<string, Status>();
  #clock = 0;
  #heldClock: ClockUpdated | undefined;
  #lastReceived: MessageReceived | undefined;
  #chunkFailures = 0;
  #lastProgress = -Infinity;
  #isResumeHinted = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#chalk = new Chalk({ level: options.terminal.colorLevel });
    this.#now = options.now ?? (() => performance.now());
    this.#summary = new Summary({
      now: this.#now,
      width: () => options.terminal.width,
      print: (line) => this.#print(line),
      onUploads: () => options.terminal.touchBar(),
    });
    this.#live = new LiveStatus({
      waiting: () => [],
      ...options,
      chalk: this.#chalk,
      uploads: () => this.#summary.uploads(),
      now: this.#now,
    });
  }

  /** Asks the person, in words. */
  readonly ask: Ask = (question) => {
    const { terminal } = this.#options;
    this.#summary.beginCommand();
    const text = questionText(question, terminal.width, terminal.isInteractive);
    return terminal.ask(text, (line) => complete(question, line));
  };

  report(event: AppEvent): void {
    this.#live.report(event);
    switch (event.event) {
      case 'message-sent':
        return this.#sent(event);
      case 'message-received':
        return this.#received(event);
      case 'clock-updated':
        return this.#clockUpdated(event);
      case 'download-progressed':
        return this.#progressed(event);
      case 'download-started':
        return this.#started(event);
      case 'chunk-failed':
        return this.#chunkFailed(event);
      case 'neighbour-added':
      case 'neighbour-status-changed':
        this.#noteStatus(event.neighbour, event.status);
        return this.#show(event);
      case 'download-finished':
        this.#summary.account();
        return this.#show(event);
      case 'download-failed':
        this.#summary.account();
        return this.#failed(event);
      case 'statistics-shown':
        this.#summary.account();
        return this.#show(event);
      case 'leaving':
        this.#summary.end();
        return this.#show(event);
      case 'peer-stopped':
        return this.#summary.end();
      default:
        this.#show(event);
    }
  }

  get #showsAll(): boolean {
    return this.#options.messages === 'todas';
  }

  #isHidden(event: MessageSent | MessageReceived): boolean {
    if (this.#showsAll) return false;
    const { type, chunks = 0 } = event;
    if (chunks > CHUNKS_SHOWN_EACH || SUMMED_UP.includes(type)) return true;
    return type === 'ERROR' && SUMMED_UP.includes(event.args[0] ?? '');
  }

  #clockUpdated(event: ClockUpdated): void {
    this.#clock = event.clock;
    if (event.cause === 'send') {
      this.#showHeld();
      this.#heldClock = event;
      return;
    }
    const message = this.#lastReceived;
    // The clock line of a message that was left out.
    if (message === undefined) return;
    this.#show(event);
    this.#showStatus(message.from, message.type === 'BYE' ? 'OFFLINE' : 'ONLINE');
  }

  #sent(event: MessageSent): void {
    if (!this.#isHidden(event)) {
      this.#summary.account();
      this.#show(event);
      if (this.#options.terminal.isLive) this.#summary.noteSent(event);
      if (!event.reply && event.type !== 'BYE') this.#showStatus(event.to, 'ONLINE');
      return;
    }
    this.#heldClock = undefined;
    this.#summary.sent(event);
  }

  #received(event: MessageReceived): void {
    if (!this.#isHidden(event)) {
      this.#lastReceived = event;
      this.#summary.account();
      if (this.#options.terminal.isLive) this.#summary.noteRequest(event);
      return this.#show(event);
    }
    this.#lastReceived = undefined;
    this.#summary.received(event, this.#clock);
  }

  #noteStatus(neighbour: string, status: Status): void {
    if (!this.#showsAll) return;
    this.#statuses.delete(neighbour);
    this.#statuses.set(neighbour, status);
    if (this.#statuses.size <= MAX_STATUSES) return;
    const [oldest = ''] = this.#statuses.keys();
    this.#statuses.delete(oldest);
  }

  /** Where all is shown: a change has told itself already, or is about to. */
  #showStatus(neighbour: string, status: Status): void {
    if (!this.#showsAll || this.#statuses.get(neighbour) !== status) return;
    this.#show({ event: 'neighbour-status-changed', neighbour: neighbour as Address, status });
  }

  #started(event: DownloadStarted): void {
    this.#chunkFailures = 0;
    this.#lastProgress = this.#now();
    const isSummed = event.chunks > CHUNKS_SHOWN_EACH && !this.#showsAll;
    this.#show(event, isSummed ? this.#summary.hint() : '');
  }

  /** A screen shows it below all lines. */
  #progressed(event: DownloadProgressed): void {
    if (this.#options.terminal.isLive) return;
    if (event.chunks <= CHUNKS_SHOWN_EACH) return;
    const now = this.#now();
    if (now - this.#lastProgress < PROGRESS_LINE_INTERVAL_MS) return;
    this.#lastProgress = now;
    this.#show(event);
  }

  /** A person is told once a run how to go on; each of a script's lines stands for itself. */
  #failed(event: Extract<AppEvent, { event: 'download-failed' }>): void {
    const hint = event.kept === 0 || this.#isResumeHinted ? '' : RESUME_HINT;
    if (hint !== '' && this.#options.terminal.width < Infinity) this.#isResumeHinted = true;
    this.#show(event, hint);
  }

  #chunkFailed(event: Extract<AppEvent, { event: 'chunk-failed' }>): void {
    this.#chunkFailures += 1;
    if (this.#showsAll || this.#chunkFailures <= CHUNK_FAILURES_SHOWN) this.#show(event);
    else if (this.#chunkFailures === CHUNK_FAILURES_SHOWN + 1)
      this.#print(chunkFailuresCut(event.name, this.#options.terminal.width));
  }

  #showHeld(): void {
    const held = this.#heldClock;
    if (held === undefined) return;
    this.#heldClock = undefined;
    this.#show(held);
  }

  #show(event: AppEvent, hint = ''): void {
    this.#showHeld();
    const { terminal, address } = this.#options;
    const lines = describe(event, { own: address(), width: terminal.width, hint });
    if (lines.length > 0) terminal.print(painted(event, lines.join('\n'), this.#chalk));
  }

  /** A line of our own; a clock that is held back comes after it. */
  #print(line: string): void {
    const { terminal } = this.#options;
    terminal.print(wrapSentence(line, terminal.width).join('\n'));
  }
}
