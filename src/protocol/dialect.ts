import { MAX_AWAITED_REPLIES } from '../limits.ts';
import { lengthPrefix } from './length-buffer.ts';
import { SESSION, type Message } from './message.ts';

/**
 * How the programs of the field put messages into a stream (section 7): one row per dialect, and nothing outside this
 * file knows their names. A row says how a reply to such a program is framed, where it goes and who closes, what tells
 * it from the others, and how much it can take at once. A new dialect is a new row.
 *
 * What never happens here: sockets, time, memory of who spoke what (that is `dialects.ts`), or the meaning of a message.
 */

/** How payloads are told apart in a stream; unknown before its first byte. */
export type Framing = 'unknown' | 'length' | 'text';

export type DialectName =
  'session' | 'line' | 'prefixed' | 'raw' | 'callback' | 'persistent' | 'outbox' | 'multiline';

/** What was seen of a reply to us. */
export interface ReplyEvidence {
  readonly framing: Framing;
  /** The last line ended with its newline. */
  readonly terminated: boolean;
  /** The other side closed behind it. */
  readonly closed: boolean;
  /** It came on a connection that the other side opened for it. */
  readonly cameBack: boolean;
  /** It is not the first one on its connection. */
  readonly again: boolean;
  /** A list was told on more than one line. */
  readonly manyLines: boolean;
  /** A list of several entries was told on a single line. */
  readonly manyOnOneLine: boolean;
  readonly isReturnHello: boolean;
  /** It is a RETURN_HELLO that offers sessions. */
  readonly offersSession: boolean;
}

/** What a reply shows when it comes; how it ends shows later. */
export function evidenceOf(
  message: Message,
  { framing, lines, again }: { readonly framing: Framing; readonly lines: number; readonly again: boolean },
): ReplyEvidence {
  return {
    framing,
    terminated: true,
    closed: false,
    cameBack: false,
    again,
    manyLines: lines > 1,
    manyOnOneLine: lines === 1 && entryCount(message) > 1,
    isReturnHello: message.type === 'RETURN_HELLO',
    offersSession: message.type === 'RETURN_HELLO' && message.capabilities.includes(SESSION),
  };
}

/**
 * What a reply on a connection that its sender has opened shows of it.
 * @param closed whether that connection, or the one of the request, was closed by it
 */
export function evidenceOfCallback(message: Message, closed: boolean): ReplyEvidence {
  return { ...evidenceOf(message, { framing: 'text', lines: 1, again: false }), cameBack: true, closed };
}

function entryCount(message: Message): number {
  if (message.type === 'LS_LIST') return message.files.length;
  return message.type === 'PEER_LIST' ? message.peers.length : 0;
}

/** What was seen of a request to us. */
export interface RequestEvidence {
  /** It is a HELLO that asks for a session. */
  readonly asksForSession: boolean;
  /** A space stood before its newline. */
  readonly trailingSpace: boolean;
  /** More than its type stood before that: some programs leave a space there alone. */
  readonly hasArguments: boolean;
  /** The FIN came with it, although it wants a reply. */
  readonly closedAtOnce: boolean;
  /** It is not the first one on its connection. */
  readonly again: boolean;
}

export interface Dialect {
  readonly name: DialectName;
  /** Latin-1 text before a payload of that many bytes, and behind it. */
  readonly opening: (payloadBytes: number) => string;
  readonly closing: string;
  /** Between the entries of a list behind the first one, and behind the last one in front of `closing`. */
  readonly entrySeparator: string;
  readonly listEnd: string;
  /**
   * Whether a reply goes back on the connection of its request, on a new one to the address of the asker, or on the one that is kept to
   * that address, where requests go as well.
   */
  readonly replies: 'here' | 'on-new-connection' | 'on-own-connection';
  /** Whether the connection outlives the reply. */
  readonly staysOpen: boolean;
  /** One of ours may look like this as long as nobody has asked it for a session. */
  readonly mayBeOurs: boolean;
  /** Takes further requests before it has answered the former, and answers in their order; refusals are answered too. */
  readonly isSession: boolean;
  /** Whether a HELLO wants a RETURN_HELLO: always, never, or where its sender keeps the connection open. */
  readonly answersHello: 'always' | 'never' | 'if-open';
  /** A FILE must tell the requested chunk size, even where the chunk is shorter. */
  readonly echoesChunkSize: boolean;
  /** Chunks that may be asked of one such program at the same time. */
  readonly requestsAtOnce: number;
  /** What proves it, by the name under which it is reported; and whether a reply can be of it. */
  readonly replyProof?: { readonly name: string; readonly holds: (seen: ReplyEvidence) => boolean };
  readonly requestProof?: { readonly name: string; readonly holds: (seen: RequestEvidence) => boolean };
  readonly fits: (seen: ReplyEvidence) => boolean;
  /** Whether a request can be of it; all can, unless it says otherwise. */
  readonly fitsRequest?: (seen: RequestEvidence) => boolean;
}

const isText = ({ framing, cameBack }: ReplyEvidence): boolean => framing === 'text' && !cameBack;

/** Section 1, and what all rows share unless they say otherwise. */
export const DEFAULT_DIALECT: Dialect = {
  name: 'line',
  opening: () => '',
  closing: '\n',
  entrySeparator: ' ',
  listEnd: '',
  replies: 'here',
  staysOpen: false,
  mayBeOurs: true,
  isSession: false,
  answersHello: 'if-open',
  echoesChunkSize: false,
  requestsAtOnce: 4,
  replyProof: { name: 'closed-after-reply', holds: (seen) => isText(seen) && seen.closed },
  fits: (seen) => isText(seen) && !seen.manyLines && !seen.again,
};

/** A request as one program wants GET_PEERS, with a space before its newline; most take it, and multiline ones ask so. */
export const SPACED_REQUEST: Dialect = { ...DEFAULT_DIALECT, closing: ' \n' };

/** The rows, those with the strongest proof first. */
const DIALECTS: readonly Dialect[] = [
  {
    // Programs like this one (section 6): lines, on a connection that stays. They take one-shot requests as well.
    ...DEFAULT_DIALECT,
    name: 'session',
    staysOpen: true,
    isSession: true,
    requestsAtOnce: MAX_AWAITED_REPLIES,
    replyProof: { name: 'return-hello-session', holds: ({ offersSession }) => offersSession },
    requestProof: { name: 'hello-session', holds: ({ asksForSession }) => asksForSession },
    fits: (seen) => isText(seen) && !seen.manyLines,
  },
  {
    ...DEFAULT_DIALECT,
    name: 'prefixed',
    mayBeOurs: false,
    opening: lengthPrefix,
    closing: '',
    answersHello: 'always',
    echoesChunkSize: true,
    requestsAtOnce: 1,
    replyProof: { name: 'length-prefix', holds: ({ framing }) => framing === 'length' },
    fits: ({ framing }) => framing === 'length',
  },
  {
    // Each side writes all that it has to say on the one connection that it has opened, and never reads from that.
    ...DEFAULT_DIALECT,
    name: 'outbox',
    mayBeOurs: false,
    replies: 'on-own-connection',
    staysOpen: true,
    answersHello: 'never',
    replyProof: { name: 'reply-on-kept-connection', holds: ({ cameBack, closed }) => cameBack && !closed },
    fits: ({ cameBack, closed }) => cameBack && !closed,
  },
  {
    ...DEFAULT_DIALECT,
    name: 'callback',
    mayBeOurs: false,
    replies: 'on-new-connection',
    answersHello: 'never',
    requestsAtOnce: 2,
    replyProof: { name: 'reply-on-new-connection', holds: ({ cameBack, closed }) => cameBack && closed },
    requestProof: { name: 'closed-with-request', holds: ({ closedAtOnce }) => closedAtOnce },
    fits: ({ cameBack, closed }) => cameBack && closed,
  },
  {
    ...DEFAULT_DIALECT,
    name: 'multiline',
    mayBeOurs: false,
    entrySeparator: '\n',
    listEnd: '\n',
    answersHello: 'never',
    requestsAtOnce: 1,
    replyProof: { name: 'entry-per-line', holds: ({ manyLines }) => manyLines },
    requestProof: {
      name: 'space-before-newline',
      holds: ({ trailingSpace, hasArguments }) => trailingSpace && !hasArguments,
    },
    fits: (seen) => isText(seen) && !seen.manyOnOneLine,
    fitsRequest: ({ trailingSpace, hasArguments }) => trailingSpace || hasArguments,
  },
  {
    ...DEFAULT_DIALECT,
    name: 'persistent',
    staysOpen: true,
    replyProof: { name: 'answered-again', holds: ({ again }) => again },
    requestProof: { name: 'asked-again', holds: ({ again }) => again },
    fits: (seen) => isText(seen) && !seen.closed,
  },
  {
    ...DEFAULT_DIALECT,
    name: 'raw',
    mayBeOurs: false,
    closing: '',
    answersHello: 'always',
    requestsAtOnce: 1,
    replyProof: {
      name: 'plain-return-hello',
      holds: (seen) => isText(seen) && seen.isReturnHello && seen.closed && !seen.terminated,
    },
    fits: (seen) => isText(seen) && seen.closed && !seen.terminated,
  },
  DEFAULT_DIALECT,
];

export const DIALECT_NAMES: readonly DialectName[] = DIALECTS.map(({ name }) => name).sort();

/** The row with that name, undefined where there is none. */
export function dialectNamed(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/** A dialect and the name of what proves it. */
export interface Proof {
  readonly dialect: Dialect;
  readonly evidence: string;
}

/** What a reply proves, undefined where it tells nothing new: a weaker proof does not shake what the reply also fits. */
export function proveByReply(seen: ReplyEvidence, known: Dialect | undefined): Proof | undefined {
  const dialect = DIALECTS.find(({ replyProof }) => replyProof?.holds(seen) === true);
  if (dialect?.replyProof === undefined || dialect === known) return undefined;
  const isWeaker = known !== undefined && DIALECTS.indexOf(known) < DIALECTS.indexOf(dialect);
  if (isWeaker && known.fits(seen)) return undefined;
  return { dialect, evidence: dialect.replyProof.name };
}

/** What a request proves, undefined where it tells nothing that is not known. */
export function proveByRequest(seen: RequestEvidence, known: Dialect | undefined): Proof | undefined {
  const dialect = DIALECTS.find(({ requestProof }) => requestProof?.holds(seen) === true);
  if (dialect?.requestProof === undefined || dialect === known) return undefined;
  return { dialect, evidence: dialect.requestProof.name };
}
