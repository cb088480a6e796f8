import type { AppEvent, Reporter } from '../events.ts';
import { progressLines } from './download-sentences.ts';
import { Terminal } from './terminal.ts';

/** What a command of one line shows while it works: the download under way, on stderr, where that is a screen. */
export class Progress implements Reporter {
  readonly #terminal: Terminal | undefined;

  constructor({ isShown, noColor }: { readonly isShown: boolean; readonly noColor: boolean }) {
    if (isShown && process.stderr.isTTY)
      this.#terminal = new Terminal({ output: process.stderr, readInput: false, noColor });
  }

  report(event: AppEvent): void {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    switch (event.event) {
      case 'peer-started':
        return terminal.status('Procurando peers…');
      case 'download-progressed':
        return terminal.status(progressLines(event, terminal.width - 1, terminal.height));
      case 'download-finished':
      case 'download-failed':
        return this.clear();
      default:
    }
  }

  /** What is shown gives way to a result. */
  clear(): void {
    this.#terminal?.status(undefined);
  }

  close(): void {
    this.#terminal?.close();
  }
}
