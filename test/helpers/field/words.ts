/**
 * A message as the programs of the field see it: cut at single spaces, nothing else.
 * On purpose not the decoder of `src`: what is tested must not be its own measure.
 */
export interface Words {
  readonly origin: string;
  readonly clock: number;
  readonly type: string;
  readonly args: readonly string[];
}

const REPLIES: ReadonlySet<string> = new Set(['RETURN_HELLO', 'PEER_LIST', 'PEERS_LIST', 'LS_LIST', 'FILE']);

export const REPLY_TO: Readonly<Record<string, string>> = {
  HELLO: 'RETURN_HELLO',
  GET_PEERS: 'PEER_LIST',
  LS: 'LS_LIST',
  DL: 'FILE',
};

/** Strict: a peer of section 1 and nothing of section 7. */
export function parseWords(text: string): Words | undefined {
  const [origin = '', clock = '', type = '', ...args] = text.split(' ');
  if (!/^[^\s:]+:\d+$/.test(origin) || !/^\d+$/.test(clock) || !/^[A-Z]+(_[A-Z]+)?$/.test(type))
    return undefined;
  return { origin, clock: Number(clock), type, args };
}

export function isReply({ type }: Words): boolean {
  return REPLIES.has(type);
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8');
}
