import { MAX_NAME_BYTES } from '../limits.ts';
import type { MessageReceived, MessageSent } from '../events.ts';
import { headArguments } from '../protocol/encode.ts';
import type { Address } from '../protocol/address.ts';
import type { Draft, Message, MessageType } from '../protocol/message.ts';

/*
 * The events of every single message. Most messages of a large download are not looked at by anybody, so the arguments,
 * which cost more than all the rest, are made when they are read.
 */

/** Entries of a list that are shown and logged. */
export const MAX_SHOWN_ARGS = 64;
/** Characters of an argument: no honest one is longer than the longest file name, percent-encoded, with its size. */
export const MAX_SHOWN_ARG_CHARS = 3 * MAX_NAME_BYTES + 32;
const SHOWN_BASE64_CHARS = 20;
/** Bytes whose base64 is as long as what is shown of it. */
const SHOWN_BYTES = (SHOWN_BASE64_CHARS / 4) * 3;

export class MessageSentEvent implements MessageSent {
  readonly event = 'message-sent';
  readonly to: Address;
  readonly type: MessageType;
  readonly clock: number;
  readonly reply: boolean;
  readonly chunks: number | undefined;
  readonly #draft: Draft;

  constructor(to: Address, draft: Draft, clock: number, reply: boolean, chunks: number | undefined) {
    this.to = to;
    this.type = draft.type;
    this.clock = clock;
    this.reply = reply;
    this.chunks = chunks;
    this.#draft = draft;
  }

  get token(): string | undefined {
    const { type } = this.#draft;
    return type === 'FILE' || type === 'DATA' ? this.#draft.token : undefined;
  }

  get bytes(): number | undefined {
    if (this.#draft.type === 'DATA') return this.#draft.length;
    if (this.#draft.type !== 'FILE') return undefined;
    const { data, rest } = this.#draft;
    return data.length + (rest?.bytes ?? 0);
  }

  get endsFile(): boolean {
    return this.#draft.type === 'DATA' && this.#draft.endsFile === true;
  }

  get args(): readonly string[] {
    return shownArguments(this.#draft);
  }
}

export class MessageReceivedEvent implements MessageReceived {
  readonly event = 'message-received';
  readonly from: Address;
  readonly type: MessageType;
  readonly clock: number;
  readonly clockAfter: number;
  readonly reply: boolean;
  readonly chunks: number | undefined;
  readonly #message: Message;

  constructor(message: Message, clockAfter: number, reply: boolean, chunks: number | undefined) {
    this.from = message.origin;
    this.type = message.type;
    this.clock = message.clock;
    this.clockAfter = clockAfter;
    this.reply = reply;
    this.chunks = chunks;
    this.#message = message;
  }

  /** Cheaper than all arguments. */
  get token(): string | undefined {
    const { type } = this.#message;
    return type === 'DL' || type === 'GET' ? this.#message.token : undefined;
  }

  get args(): readonly string[] {
    return shownArguments(this.#message);
  }
}

/** The arguments of a message for screen and log: as on the wire; the base64, long lists and long texts cut. */
function shownArguments(draft: Draft): readonly string[] {
  return cutArguments(draft).map((arg) =>
    arg.length <= MAX_SHOWN_ARG_CHARS ? arg : `${arg.slice(0, MAX_SHOWN_ARG_CHARS)}…`,
  );
}

function cutArguments(draft: Draft): readonly string[] {
  switch (draft.type) {
    case 'FILE': {
      const data = draft.data.toString('base64', 0, SHOWN_BYTES);
      return data === '' ? headArguments(draft) : [...headArguments(draft), data];
    }
    case 'PEER_LIST':
      return shownList(
        draft.peers.length,
        headArguments({ ...draft, peers: draft.peers.slice(0, MAX_SHOWN_ARGS) }),
      );
    case 'LS_LIST':
      return shownList(
        draft.files.length,
        headArguments({ ...draft, files: draft.files.slice(0, MAX_SHOWN_ARGS) }),
      );
    default: {
      const args = headArguments(draft);
      return args.length <= MAX_SHOWN_ARGS ? args : [...args.slice(0, MAX_SHOWN_ARGS), '…'];
    }
  }
}

/** The first entries of a list behind the count of all. */
function shownList(count: number, [, ...entries]: readonly string[]): string[] {
  return [String(count), ...entries, ...(count > entries.length ? ['…'] : [])];
}
