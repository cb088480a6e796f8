import type { Connection } from './connection.ts';
import type { Address } from '../protocol/address.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { Draft, Message } from '../protocol/message.ts';

/** Facts about a message that only its sender or receiver knows. */
export interface About {
  /** It answers a request. */
  readonly reply: boolean;
  /** For DL and FILE: how many chunks the file has. */
  readonly chunks?: number | undefined;
}

/** The two paths that every message takes, offered by Peer to those who work on its connections. */
export interface Wire {
  /** Our listening address. */
  readonly address: Address;
  /** Ticks, reports, encodes and writes, all in this turn. */
  send(connection: Connection, to: Address, draft: Draft, dialect: Dialect, about: About): void;
  /**
   * Witnesses the clock, reports, and notes who spoke.
   * @param speaker whom we asked, for a reply: the connection decides, not the origin
   * @throws ProtocolError `own-origin`
   */
  receive(message: Message, about: About, speaker?: Address): void;
}

/** What goes with a request of ours. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For DL: how many chunks the download has. */
  readonly chunks?: number | undefined;
}
