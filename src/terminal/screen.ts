import { Chalk, type ChalkInstance } from 'chalk';
import type {
  AppEvent,
  Ask,
  DownloadProgressed,
  DownloadStarted,
  MessageReceived,
  MessageSent,
  Reporter,
} from '../events.ts';
import { CHUNKS_SHOWN_EACH, PROGRESS_LINE_INTERVAL_MS } from '../limits.ts';
import { colorOf } from './colors.ts';
import { progressLine } from './download-sentences.ts';
import { questionText } from './sentences.ts';
import { chunkFailuresCut, DIGESTS_COMPARED, SUMMARY_HINT, uploadBegins } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { describe } from './sentences.ts';
import { Uploads } from './uploads.ts';

/** Failed chunks of one download that get a line each where messages are summed up. */
const CHUNK_FAILURES_SHOWN = 3;

export interface ScreenOptions {
  readonly terminal: Pick<Terminal, 'print' | 'status' | 'ask' | 'width' | 'isLive' | 'colorLevel'>;
  /** Our address, the origin of what we send. */
  readonly address: () => string;
  /** Whether the messages of large downloads are shown one by one too. */
  readonly messages: 'todas' | 'resumo';
  /** Milliseconds from any zero, for tests. */
  readonly now?: () => number;
}

type ClockUpdated = Extract<AppEvent, { event: 'clock-updated' }>;

/**
 * Events as text on the terminal, and the questions of the commands.
 *
 * Summed up, all that is said about digests gets one line, and the DL and FILE of a large download, ours or somebody else's, one when it begins and a
 * progress line while ours runs. They come by the ten thousand a second, so leaving one out must cost next to
 * nothing. A clock line goes with its message: the one before it when received, the one behind it when sent;
 * the latter is held back until that message comes, in the same turn.
 */
export class Screen implements Reporter {
  readonly #options: ScreenOptions;
  readonly #chalk: ChalkInstance;
  readonly #now: () => number;
  readonly #uploads: Uploads;
  #heldClock: ClockUpdated | undefined;
  #lastReceivedHidden = false;
  #chunkFailures = 0;
  /** Digests were asked for since the last question to the person; one line tells it. */
  #isComparing = false;
  #lastProgress = -Infinity;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#chalk = new Chalk({ level: options.terminal.colorLevel });
    this.#now = options.now ?? (() => performance.now());
    this.#uploads = new Uploads(this.#now);
  }

  /** Asks the person, in words. */
  readonly ask: Ask = (question) => {
    const { terminal } = this.#options;
    this.#isComparing = false;
    return terminal.ask(questionText(question, terminal.width));
  };

  report(event: AppEvent): void {
    if (event.event === 'message-sent') this.#sent(event);
    else if (event.event === 'message-received') this.#received(event);
    else if (event.event === 'clock-updated') this.#clock(event);
    else if (event.event === 'download-progressed') this.#progressed(event);
    else if (event.event === 'download-started') this.#started(event);
    else if (event.event === 'chunk-failed') this.#chunkFailed(event);
    else {
      if (event.event === 'download-finished' || event.event === 'download-failed') {
        this.#options.terminal.status(undefined);
      }
      this.#show(event);
    }
  }

  #isHidden(event: MessageSent | MessageReceived): boolean {
    if (this.#options.messages !== 'resumo') return false;
    const { type, chunks = 0 } = event;
    if (type === 'DL' || type === 'FILE') return chunks > CHUNKS_SHOWN_EACH;
    return type === 'DIGEST' || type === 'DIGEST_OF' || (type === 'ERROR' && event.args[0] === 'DIGEST');
  }

  #clock(event: ClockUpdated): void {
    if (event.cause === 'send') {
      this.#showHeld();
      this.#heldClock = event;
    } else if (!this.#lastReceivedHidden) this.#show(event);
  }

  #sent(event: MessageSent): void {
    if (!this.#isHidden(event)) return this.#show(event);
    this.#heldClock = undefined;
    if (event.type !== 'DIGEST' || this.#isComparing) return;
    this.#isComparing = true;
    this.#print(DIGESTS_COMPARED);
  }

  #received(event: MessageReceived): void {
    this.#lastReceivedHidden = this.#isHidden(event);
    if (!this.#lastReceivedHidden) return this.#show(event);
    if (event.type === 'DL') this.#served(event);
  }

  /** The `args` of a hidden message stay unread. */
  #served({ from, token: name = '', chunks = 0 }: MessageReceived): void {
    if (this.#uploads.begins(from, name)) this.#print(uploadBegins(name, from, chunks));
  }

  #started(event: DownloadStarted): void {
    this.#chunkFailures = 0;
    this.#lastProgress = this.#now();
    const isSummed = event.chunks > CHUNKS_SHOWN_EACH && this.#options.messages === 'resumo';
    this.#show(event, isSummed ? ` ${SUMMARY_HINT}` : '');
  }

  #progressed(event: DownloadProgressed): void {
    if (event.chunks <= CHUNKS_SHOWN_EACH) return;
    const { terminal } = this.#options;
    if (terminal.isLive) {
      terminal.status(progressLine(event, terminal.width - 1));
      return;
    }
    const now = this.#now();
    if (now - this.#lastProgress < PROGRESS_LINE_INTERVAL_MS) return;
    this.#lastProgress = now;
    this.#show(event);
  }

  #chunkFailed(event: Extract<AppEvent, { event: 'chunk-failed' }>): void {
    this.#chunkFailures += 1;
    if (this.#options.messages === 'todas' || this.#chunkFailures <= CHUNK_FAILURES_SHOWN) this.#show(event);
    else if (this.#chunkFailures === CHUNK_FAILURES_SHOWN + 1) this.#print(chunkFailuresCut(event.name));
  }

  #showHeld(): void {
    const held = this.#heldClock;
    if (held === undefined) return;
    this.#heldClock = undefined;
    this.#show(held);
  }

  #show(event: AppEvent, suffix = ''): void {
    this.#showHeld();
    const { terminal, address } = this.#options;
    const lines = describe(event, { own: address(), width: terminal.width });
    if (lines.length === 0) return;
    const text = lines.join('\n') + suffix;
    const color = colorOf(event);
    terminal.print(color === undefined ? text : this.#chalk[color](text));
  }

  #print(line: string): void {
    this.#showHeld();
    this.#options.terminal.print(line);
  }
}
