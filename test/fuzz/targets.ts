import { RemoteError } from '../../src/errors.ts';
import { isReplyTo } from '../../src/network/ask.ts';
import { Exchange } from '../../src/network/exchange.ts';
import { DEFAULT_TIMING } from '../../src/network/timing.ts';
import type { Address } from '../../src/protocol/address.ts';
import { DEFAULT_DIALECT } from '../../src/protocol/dialect.ts';
import { REPLY_TYPE, type RequestDraft } from '../../src/protocol/message.ts';
import type { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { mutated, segments } from './mutations.ts';

/*
 * Three ways in for bytes that others choose. Each takes a source of chance and does one round; it throws where something
 * happens that never should: an exception that is none of ours, a request that is never settled, a peer that no longer answers.
 */

export type Target = (random: RandomNumbers) => Promise<void> | void;

const OWN = '127.0.0.1:5001' as Address;
const THEM = '127.0.0.1:9003' as Address;
const LINES_A_ROUND = 8;
/** No event follows another for ever. */
const MOST_EVENTS = 10_000;

const DRAFTS: readonly RequestDraft[] = [
  { type: 'GET_PEERS' },
  { type: 'LS' },
  { type: 'DL', token: 'f', size: 3, index: 0 },
  { type: 'DIGEST', token: 'f' },
];

/** The state machine alone: any bytes, in any pieces, at any time. Every request of ours is settled at the end, once. */
export function exchange(random: RandomNumbers): void {
  const isOurs = random.below(2) === 0;
  let now = 0;
  const dialled = isOurs ? { dialled: THEM } : {};
  const each = new Exchange({ own: OWN, ...dialled, timing: DEFAULT_TIMING, awaitedBytes: () => 5_000, now });
  const open = new Set<object>();
  const drain = () => {
    for (let count = 0; ; count++) {
      if (count > MOST_EVENTS) throw new Error('events without end');
      const event = each.next(now);
      if (event === undefined && !each.isDecoding) return;
      if (event === undefined) continue;
      if (event.event === 'request') {
        each.prepared(event, { dialect: DEFAULT_DIALECT });
        while (each.takeDue() !== undefined) each.replied(now);
      } else if (event.event === 'unknown') {
        each.prepared(event, { dialect: DEFAULT_DIALECT });
        while (each.takeDue() !== undefined) each.replied(now);
      } else if (event.event === 'reply' || event.event === 'failed') {
        if (!open.delete(event.request)) throw new Error('a request was settled twice');
      } else if (event.event === 'done' || event.event === 'broken' || event.event === 'stalled') {
        if (!each.isClosing) throw new Error(`${event.event}, and not closing`);
      }
    }
  };
  for (let line = random.below(LINES_A_ROUND); line >= 0; line--) {
    if (random.below(2) === 0) {
      const draft = random.pick(DRAFTS);
      const request = {
        draft,
        replyType: REPLY_TYPE[draft.type],
        timeoutMs: 1_000,
        maxReplyBytes: 5_000,
        isOptional: random.below(4) === 0,
        accepts: (message: Parameters<typeof isReplyTo>[0]) => isReplyTo(message, draft),
        settle: () => undefined,
      };
      open.add(request);
      each.ask(request, now);
    }
    if (isOurs && random.below(4) === 0) each.become('session');
    for (const piece of segments(mutated(random), random)) {
      each.receive(piece, now);
      drain();
    }
    now += random.below(3) === 0 ? random.below(10_000) : 1;
    each.tick(now);
    drain();
  }
  if (random.below(2) === 0) each.end();
  drain();
  each.close(now);
  drain();
  if (open.size > 0) throw new Error(`${open.size} requests were never settled`);
}

/** A listening peer: connections that say such bytes and end in any way. An honest client is answered after it. */
export async function server(random: RandomNumbers): Promise<void> {
  await using peer = await TestPeer.start({
    files: { f: Buffer.from('abc'), 'a b': Buffer.alloc(1_000, 'x') },
  });
  const clients: RawSocket[] = [];
  for (let left = 1 + random.below(10); left > 0; left--) {
    const client = await RawSocket.connect(peer.port);
    clients.push(client);
    if (random.below(3) === 0) client.write('127.0.0.1:9001 1 HELLO sessao\n');
    for (let line = random.below(LINES_A_ROUND); line >= 0; line--) client.write(mutated(random));
    const end = random.below(4);
    if (end === 0) client.reset();
    else if (end === 1) client.end('');
  }
  const reply = String(await RawSocket.exchange(peer.port, '127.0.0.1:2 1 LS\n'));
  for (const client of clients) client[Symbol.dispose]();
  if (!/^\S+ \d+ LS_LIST 2 /.test(reply)) throw new Error(`LS was answered with ${JSON.stringify(reply)}`);
}

/** A peer that asks: such bytes as the reply. Its request ends with a reply or with an error of ours. */
export async function client(random: RandomNumbers): Promise<void> {
  await using neighbour = await RawServer.start((connection) => {
    void connection
      .until(() => connection.receivedBytes > 0 || connection.closed, 5_000, 'a request')
      .then(() => {
        for (let line = random.below(3); line >= 0; line--) connection.write(mutated(random));
        if (random.below(3) === 0) connection.reset();
        else if (random.below(3) > 0) connection.end('');
      })
      .catch(() => connection.reset());
  });
  await using peer = await TestPeer.start({
    knows: [neighbour.address],
    timing: { reply: 100, callback: 50, close: 50 },
  });
  try {
    await peer.peer.request(neighbour.address, random.pick(DRAFTS.slice(0, 3)));
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
  }
}

export const TARGETS: Readonly<Record<string, Target>> = { exchange, server, client };
