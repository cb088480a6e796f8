/** How a program departs from its dialect's plain form (protocol, section 7: the table's variants and "Details seen"). */
export interface Quirks {
  /** What stands at the end of what it writes; a newline by default. Line and callback only. */
  readonly ending?: 'none' | 'nul';
  /** Line: leaves the connection open after its answer, and after HELLO; a second request on it is never read. */
  readonly forgetsToClose?: boolean;
  /** Line, as client: how it reads a reply; up to the newline by default. */
  readonly reads?: 'once' | 'to-end';
  /** Line: answers HELLO too. Prefixed and raw always do. */
  readonly answersHello?: boolean;
  /** Callback, as client: ms between its request and its FIN; 0, the default, sends both together. */
  readonly finDelayMs?: number;
  /** Persistent: ms before every reply on a connection but the first one, as where they are written byte by byte. */
  readonly againDelayMs?: number;
  /** Outbox, as client: its patience with a reply in ms. */
  readonly replyMs?: number;
  /** Callback, as client: resets the connection of every reply of that number in order. */
  readonly resetsReplies?: number;

  /** One connection at a time; the next is looked at when the first is over. On by default in prefixed and raw. */
  readonly serial?: boolean;
  /** Serial, and a connection that its client leaves open is never given up. */
  readonly hangs?: boolean;
  /** Takes what one read brings for the whole request. */
  readonly singleRead?: boolean;
  /** A longer request, newline included, is cut off and not understood. */
  readonly maxRequestBytes?: number;

  /** A program of part 1 of the course: closes without a word on LS and DL. */
  readonly part1?: boolean;
  /** Understands GET_PEERS only with a space before its newline; closes on it otherwise, or says nothing. */
  readonly spacedPeers?: 'closes' | 'silent';
  /** Answers GET_PEERS with PEERS_LIST. */
  readonly peersList?: boolean;
  /** Added to the count of every list. */
  readonly countError?: number;
  readonly listsRequester?: boolean;
  readonly listsItself?: boolean;
  /** Origin of its replies: `0.0.0.0:port`, or its host with another port. */
  readonly replyOrigin?: 'wildcard' | 'other-port';
  /** Replies without clock. */
  readonly noClock?: boolean;
  /** FILE tells the requested size, also where the chunk is shorter. On by default in prefixed and raw. */
  readonly echoesSize?: boolean;
  /** Listed, but gone when asked for. */
  readonly lost?: readonly string[];
  /** What stands where the base64 of a missing file should be; `''` is nothing behind the last space. */
  readonly missing?: string;
  /** Answers every DL with FILE `name 0 0 <whole file>`. */
  readonly wholeFile?: boolean;
  /** Names travel in base64 in DL and FILE; a plain name gets a closed connection, or silence. */
  readonly base64Names?: 'closes' | 'silent';
  /** Every DL of that number in order is answered with another chunk's FILE. */
  readonly swapsEvery?: number;
  /** Resets or closes without data at random, by a seed; DL only. */
  readonly flaky?: { readonly seed: number; readonly share: number };
  /** Resets the first request of these types. */
  readonly resetsFirst?: readonly string[];
  /** Ends when asked for what it did not offer; true by default. */
  readonly dies?: boolean;
  /** ms before every answer. */
  readonly replyDelayMs?: number;
}
