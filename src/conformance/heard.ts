import type { Address } from '../protocol/address.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { Draft } from '../protocol/message.ts';
import type { Reading } from './reading.ts';

/** A request that the program has sent to one of the peers that the judge plays. */
export interface Heard {
  /** Milliseconds, by the clock of this process. */
  readonly at: number;
  /** 0 for the peer that the person was told of, 1 for the one that it tells of. */
  readonly source: 0 | 1;
  readonly bytes: Buffer;
  /** Undefined where it is no message. */
  readonly request: Reading | undefined;
  /** Host and port from which its connection comes. */
  readonly from: { readonly host: string; readonly port: number };
  /** Whether somebody listens at its origin; undefined where nobody has looked. */
  readonly isReachable: Promise<boolean> | undefined;
  /** Our reply, once it is sent. */
  reply: { readonly clock: number; readonly at: number } | undefined;
}

/** Name on the wire and content of what is offered: what the program makes of them is looked at. */
export const OFFERED: Readonly<Record<string, Buffer>> = {
  'tres-chunks-e-um-pouco.bin': Buffer.from(
    Array.from({ length: 3 * 256 + 100 }, (_, at) => (at * 37 + 11) % 256),
  ),
  'um-chunk.txt': Buffer.alloc(256, 'um chunk de 256 bytes\n'),
  'ação%20um.txt': Buffer.from('um nome com acentos e um espaço\n'),
};

/** The one that the person is asked to download. */
export const WANTED = 'tres-chunks-e-um-pouco.bin';

/** A DL as it was asked for. */
export interface Wish {
  readonly heard: Heard;
  readonly name: string;
  readonly size: number;
  readonly index: number;
}

/** The name of an offered file that a token means: as listed, with its size behind it, or in base64 (habits of the field). */
export function offeredName(token: string): string | undefined {
  const plain = token.replace(/:[0-9]+$/, '');
  const names = [token, plain, Buffer.from(token, 'base64').toString()];
  return names.find((name) => Object.hasOwn(OFFERED, name));
}

/** What was asked for with DL, as far as it can be read. */
export function wishes(heard: readonly Heard[]): Wish[] {
  return heard.flatMap((each) => {
    if (each.request?.type !== 'DL') return [];
    const [token = '', size = '', index = ''] = each.request.args;
    const isWish = /^[0-9]{1,15}$/.test(size) && /^[0-9]{1,15}$/.test(index);
    return isWish
      ? [{ heard: each, name: offeredName(token) ?? token, size: Number(size), index: Number(index) }]
      : [];
  });
}

/** The bytes that are asked for; undefined where there are none. */
export function bytesOf({ name, size, index }: Wish): Buffer | undefined {
  const data = OFFERED[name];
  if (data === undefined || (size === 0 && index > 0)) return undefined;
  if (size === 0) return data;
  return index * size < data.length ? data.subarray(index * size, (index + 1) * size) : undefined;
}

/** Whether one file was asked for to its last chunk. */
export function isFetched(all: readonly Wish[]): boolean {
  return all.some(({ name, size }) => {
    const { length = Infinity } = OFFERED[name] ?? {};
    const asked = new Set(
      all.filter((wish) => wish.name === name && wish.size === size).map(({ index }) => index),
    );
    return size === 0 || asked.size >= Math.ceil(length / size);
  });
}

/** The reply to a request; undefined where none is due, or there is nothing to send. */
export function replyTo(heard: Heard, dialect: Dialect, other: Address): Draft | undefined {
  const { type, args: [token = ''] = [] } = heard.request ?? {};
  if (type === 'HELLO')
    return dialect.answersHello === 'always' ? { type: 'RETURN_HELLO', capabilities: [] } : undefined;
  if (type === 'GET_PEERS')
    return { type: 'PEER_LIST', peers: [{ address: other, status: 'ONLINE', clock: 0 }] };
  if (type === 'LS') {
    const files = Object.entries(OFFERED).map(([name, { length }]) => ({ token: name, size: length }));
    return { type: 'LS_LIST', files };
  }
  const [wish] = wishes([heard]);
  const data = wish && bytesOf(wish);
  if (wish === undefined || data === undefined) return undefined;
  const told = dialect.echoesChunkSize ? wish.size : data.length;
  const size = wish.size === 0 ? 0 : told;
  // As it was asked for, without a size that came behind it.
  return { type: 'FILE', token: token.includes(':') ? wish.name : token, size, index: wish.index, data };
}
