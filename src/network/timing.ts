/**
 * How long this peer waits for others, in milliseconds. One object, handed in from outside, so that a test passes small ones.
 * Waits for bytes count from the last byte that came.
 */
export interface Timing {
  /** A connection to a neighbour. In a LAN it is there within milliseconds; the kernel repeats a lost SYN after 1 s. */
  readonly connect: number;
  /** In a private network: from there until the other side has shown that it has the key. */
  readonly handshake: number;
  /** Silence while a reply is due, after which its sender counts as gone; other programs allow 5 s too. */
  readonly reply: number;
  /** Silence of a reader while we have something to write to it. */
  readonly write: number;
  /** From the first byte of a request, or the begin of a connection that brings none, to its end. */
  readonly request: number;
  /** A request without an end is taken as complete after this silence; a DL after a longer one: half a number is another chunk. */
  readonly requestSilence: number;
  readonly chunkRequestSilence: number;
  /** For the FIN that one-shot programs send right after a request. */
  readonly endLook: number;
  /** A HELLO waits so long for the answer or the close that some programs give, before the menu comes back. */
  readonly helloAnswer: number;
  /** For the close after a reply of a program of which nothing is known. */
  readonly closeLook: number;
  /** A request on a connection that the other side left open is answered within this, or it only forgot to close. */
  readonly trial: number;
  /** Between the lines of a list that has several. */
  readonly listGap: number;
  /** For the connection of a program that replies on a new one. */
  readonly callback: number;
  /** For what a program says to our HELLO when its dialect has to be found out before we can answer it. */
  readonly probe: number;
  /** Between two such HELLOs to different ports of one host: whoever asks in many names must not have us dial them all. */
  readonly probeInterval: number;
  /** An empty connection is a hint at the dialect of its host for this long. */
  readonly emptyHint: number;
  /** A connection stays open this long after the reply to an asker of which nothing is known: it may ask again. */
  readonly linger: number;
  /** A connection that may carry further requests is closed after this silence. */
  readonly idle: number;
  /** After our last byte the other side gets this long to close, then the socket is destroyed. */
  readonly close: number;
}

export const DEFAULT_TIMING: Timing = {
  connect: 2_000,
  handshake: 2_000,
  reply: 5_000,
  write: 5_000,
  request: 5_000,
  requestSilence: 300,
  chunkRequestSilence: 1_500,
  endLook: 50,
  helloAnswer: 300,
  closeLook: 25,
  trial: 500,
  listGap: 500,
  callback: 2_000,
  probe: 300,
  probeInterval: 1_000,
  emptyHint: 1_000,
  linger: 500,
  idle: 60_000,
  close: 1_000,
};

/** The same waits where every message of both sides is held back so long. */
export function slowed(timing: Timing, delayMs: number): Timing {
  const patience = 4 * delayMs;
  const { reply, trial, helloAnswer, probe, callback, linger } = timing;
  return {
    ...timing,
    reply: reply + patience,
    trial: trial + patience,
    helloAnswer: helloAnswer + patience,
    probe: probe + patience,
    callback: callback + patience,
    linger: linger + patience,
  };
}

/**
 * A reply may take longer than its silence allows while it comes at this rate at least, in bytes a millisecond: a list of
 * megabytes over a slow link is welcome, a byte a second is not.
 */
export const SLOWEST_BYTES_PER_MS = 8;
