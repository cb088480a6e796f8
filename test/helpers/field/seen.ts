import { performance } from 'node:perf_hooks';
import type { Words } from './words.ts';

export interface SeenRequest extends Words {
  /** As it came, framing included. */
  readonly bytes: Buffer;
  /** Number of its connection. */
  readonly connection: number;
  readonly at: number;
}

/** What a program of the field lived through. */
export class Seen {
  /** Connections that others opened to it. */
  connections = 0;
  /** Of these, the ones that brought no data. */
  empty = 0;
  readonly requests: SeenRequest[] = [];
  /** Replies that came on connections of their own. */
  readonly replies: Words[] = [];
  /** What a program of the field must not be exposed to, in words. */
  readonly violations: string[] = [];
  /** What is against the letter of its dialect, and does it no harm. */
  readonly oddities: string[] = [];
  /** Why it ended, where it did. */
  died: string | undefined;
  /** Most DL that were open at a time. */
  peakDownloads = 0;

  violate(what: string): void {
    this.violations.push(what);
  }

  add(words: Words, bytes: Buffer, connection: number): void {
    this.requests.push({ ...words, bytes, connection, at: performance.now() });
  }

  count(type: string): number {
    return this.requests.filter((request) => request.type === type).length;
  }

  /**
   * Connections that brought nothing, or only HELLO.
   * @param hellos how many of them were wanted
   */
  extraConnections(hellos = 0): number {
    const used = this.requests.filter(({ type }) => type !== 'HELLO').map(({ connection }) => connection);
    return Math.max(0, this.connections - new Set(used).size - this.replies.length - hellos);
  }
}
