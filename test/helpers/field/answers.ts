import { RandomNumbers } from '../random-numbers.ts';
import type { Quirks } from './quirks.ts';
import type { Seen } from './seen.ts';
import { bytesOf, textOf, type Words } from './words.ts';

/** A reply before it has an origin and a clock; `entries` are the items of a list. */
export interface Reply {
  readonly type: string;
  readonly args: readonly string[];
  readonly entries?: readonly string[];
}

/** `nothing`: none is due. `silence`: it keeps still with the connection open. */
export type Reaction = Reply | 'nothing' | 'silence' | 'eof' | 'reset' | 'die';

export interface FieldNeighbour {
  status: 'ONLINE' | 'OFFLINE';
  clock: number;
}

interface AnswersOptions {
  readonly address: string;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly neighbours: ReadonlyMap<string, FieldNeighbour>;
  readonly quirks: Quirks;
  readonly answersHello: boolean;
  readonly seen: Seen;
}

const plainOf = (token: string): string => textOf(Buffer.from(token, 'base64'));

/** What a program of the field has to say to a request, whatever its framing. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #random: RandomNumbers;
  readonly #resets: Set<string>;
  #downloads = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#random = new RandomNumbers(options.quirks.flaky?.seed ?? 1);
    this.#resets = new Set(options.quirks.resetsFirst);
  }

  react(request: Words): Reaction {
    if (this.#resets.delete(request.type)) return 'reset';
    if (this.#options.quirks.part1 === true && ['LS', 'DL'].includes(request.type)) return 'eof';
    switch (request.type) {
      case 'HELLO':
        return this.#options.answersHello ? { type: 'RETURN_HELLO', args: [] } : 'nothing';
      case 'GET_PEERS':
        return this.#peers(request.origin);
      case 'LS':
        return this.#files();
      case 'DL':
        return this.#download(request);
      case 'BYE':
        return 'nothing';
      default:
        return this.#harmed(`does not know ${request.type}`);
    }
  }

  #peers(requester: string): Reply {
    const { address, neighbours, quirks } = this.#options;
    const listed = [...neighbours].filter(([neighbour]) => neighbour !== requester || quirks.listsRequester);
    const entries = listed.map(([neighbour, { status, clock }]) => `${neighbour}:${status}:${clock}`);
    if (quirks.listsItself === true) entries.unshift(`${address}:ONLINE:1`);
    return this.#list(quirks.peersList === true ? 'PEERS_LIST' : 'PEER_LIST', entries);
  }

  #files(): Reply {
    return this.#list(
      'LS_LIST',
      [...this.#options.files].map(([name, data]) => `${name}:${data.length}`),
    );
  }

  #list(type: string, entries: readonly string[]): Reply {
    return { type, args: [String(entries.length + (this.#options.quirks.countError ?? 0))], entries };
  }

  #harmed(what: string): Reaction {
    this.#options.seen.violate(what);
    return this.#options.quirks.dies === false ? 'eof' : 'die';
  }

  #download({ args }: Words): Reaction {
    const { files, quirks } = this.#options;
    const [token = '', sizeText = '', indexText = ''] = args;
    this.#downloads += 1;
    if (quirks.flaky !== undefined && this.#random.next() < quirks.flaky.share)
      return this.#random.next() < 0.5 ? 'reset' : 'eof';
    if (files.has(token) && quirks.base64Names !== undefined)
      return quirks.base64Names === 'silent' ? 'silence' : 'eof';
    // The base64 of a name that was offered is a fair question (section 7): nobody dies of it.
    if (quirks.base64Names === undefined && files.has(plainOf(token))) return 'eof';
    const [name, data] = this.#find(token);
    const size = Number(sizeText);
    const index = Number(indexText);
    if (data === undefined) return this.#harmed(`asked for ${token}, which was not offered`);
    if (!/^\d+ \d+$/.test(`${sizeText} ${indexText}`) || args.length !== 3 || (size === 0 && index > 0))
      return this.#harmed(`asked for ${args.join(' ')}`);
    if (quirks.lost?.includes(name) === true) {
      const word = quirks.missing;
      return word === undefined ? 'eof' : { type: 'FILE', args: [token, sizeText, indexText, word] };
    }
    const whole: Reply = { type: 'FILE', args: [token, '0', '0', data.toString('base64')] };
    if (size === 0) return whole;
    if (index * size >= data.length) return this.#harmed(`asked for chunk ${args.join(' ')}`);
    return quirks.wholeFile === true ? whole : this.#chunk(token, data, size, index);
  }

  #find(token: string): [name: string, data: Buffer | undefined] {
    const { files, quirks } = this.#options;
    const name = quirks.base64Names === undefined ? token : plainOf(token);
    const [, bare = name, size] = /^(.*):(\d+)$/.exec(name) ?? [];
    const data = files.get(name) ?? files.get(bare);
    return [bare, size === undefined || data?.length === Number(size) ? data : undefined];
  }

  #chunk(token: string, data: Buffer, size: number, index: number): Reply {
    const { swapsEvery, echoesSize } = this.#options.quirks;
    const swapped = swapsEvery !== undefined && this.#downloads % swapsEvery === 0;
    const sent = swapped ? (index + 1) % Math.ceil(data.length / size) : index;
    const bytes = data.subarray(sent * size, (sent + 1) * size);
    const told = echoesSize === true ? size : bytes.length;
    return { type: 'FILE', args: [token, String(told), String(sent), bytes.toString('base64')] };
  }
}

/** A reply in words; its entries behind it, joined by `separator`. */
export function replyText(head: string, { type, args, entries = [] }: Reply, separator = ' '): Buffer {
  return bytesOf([`${head} ${[type, ...args].join(' ')}`, entries.join(separator)].filter(Boolean).join(' '));
}
