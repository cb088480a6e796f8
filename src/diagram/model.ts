/**
 * The shapes that the room hands on, from left to right: what stands in the logs (`Logs`), what follows from it
 * (`Model`), and then pictures of it. All are plain data: a model travels into the page as JSON, and the same pure
 * functions run here and in the browser.
 */

/** A message as one peer has logged it. */
export interface LoggedMessage {
  readonly sent: boolean;
  /** The other side: `to` of a sending, `from` of a receipt. */
  readonly other: string;
  readonly type: string;
  /** As on the wire, joined by single spaces. */
  readonly args: string;
  /** The clock that the message carries. */
  readonly carried: number;
  /** The clock of the one who logged it, once the message was taken into account. */
  readonly clock: number;
  readonly reply: boolean;
  /** For DL and FILE, where known: how many chunks the file has. */
  readonly chunks: number | undefined;
  /** Milliseconds since 1970, on the clock of that machine. */
  readonly at: number;
  readonly seq: number;
  /** A log that has grown too large goes on in another file. */
  readonly file: string;
  /** Line of the file, from 1. */
  readonly row: number;
}

/** A download of which the log tells. */
export interface LoggedDownload {
  readonly file: string;
  readonly row: number;
  readonly what: 'started' | 'doubted' | 'finished' | 'failed';
  readonly name: string;
  readonly size: number;
  readonly chunkSize: number;
  /** Bytes that an earlier run has left. */
  readonly resumed: number;
  /** Bytes that each source has given. */
  readonly shares: readonly (readonly [source: string, bytes: number])[];
  /** How many messages of the run were logged before it. */
  readonly after: number;
}

/** Something that the line itself shows to be wrong. */
export interface Oddity {
  readonly file: string;
  readonly row: number;
  readonly text: string;
}

/** One run of a peer, from its start to its end or to where its log breaks off. */
export interface Run {
  readonly id: string;
  readonly file: string;
  address: string;
  readonly messages: LoggedMessage[];
  readonly downloads: LoggedDownload[];
  readonly firstAt: number;
  lastAt: number;
  lastSeq: number;
  /** The run has said that it stops: nothing of it is missing at the end. */
  ended: boolean;
  /** Exchanges with a host that asks for the same over and over were left out (`events-omitted`). */
  isThinned: boolean;
  /** Lines whose `seq` does not follow the one before. */
  readonly gaps: {
    readonly file: string;
    readonly row: number;
    readonly from: number;
    readonly to: number;
  }[];
  /** Lines of the clock that disagree with the message beside them. */
  readonly clockOddities: Oddity[];
  /** How often a line of the clock was compared with its message. */
  clockLines: number;
}

/** Whether the beginning of a run is in no file: it went with a log that was too large. */
export function startsLate({ gaps }: Run): boolean {
  return gaps[0]?.from === 1;
}

export interface Logs {
  readonly runs: readonly Run[];
  readonly lines: number;
  /** What was passed over, for the person. */
  readonly notes: readonly string[];
}

/** A vertical line of the picture: one run of a peer with a log, or a program of which only others tell. */
export interface Lifeline {
  readonly address: string;
  /** What the person reads: the name given with `--nome`, or the address; a later run has its number behind it. */
  readonly name: string;
  readonly hasLog: boolean;
  readonly file: string;
}

/**
 * What became of a message: `whole` both ends are known; `lost` the receiver's log does not have it; `open` the other
 * side has no log of that moment; `twice` a second receipt of one sending; `unsent` the sender's log does not have it.
 */
export type Fate = 'whole' | 'lost' | 'open' | 'twice' | 'unsent';

export interface DiagramEvent {
  /** Index of its lifeline. */
  readonly line: number;
  readonly sent: boolean;
  /** In no log, concluded from the receipt of another peer. */
  readonly ghost: boolean;
  /** Index of the other side's lifeline, -1 where it is not known. */
  other: number;
  readonly type: string;
  readonly args: string;
  readonly carried: number;
  readonly clock: number;
  readonly reply: boolean;
  readonly at: number;
  readonly file: string;
  readonly row: number;
  /** Index of the event at the other end of the message, -1 where it is not known. */
  partner: number;
  fate: Fate;
  /** The broken rule in words. */
  wrong?: string;
}

export interface Model {
  readonly lines: readonly Lifeline[];
  readonly events: readonly DiagramEvent[];
  /** Indices of all events in an order that respects causality. */
  readonly order: readonly number[];
  /** Vector clocks in the order of `events`, one entry a lifeline; empty until they are asked for. */
  readonly vectors: readonly (readonly number[])[];
  readonly notes: readonly string[];
}
