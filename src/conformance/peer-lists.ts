import type { Exchange } from './asker.ts';
import type { Exam } from './exam.ts';

/** An entry of a PEER_LIST as it stands there. */
export interface PeerEntry {
  readonly text: string;
  readonly address: string;
  readonly status: string;
  readonly clock: string;
}

/** Host and port, and behind them whatever is told. */
const ENTRY = /^(.+?:[0-9]{1,5})(?::([^:]*))?(?::(.*))?$/;
const IPV6_ENTRY = /^(\[[^\]]*\]:[0-9]{1,5})(?::([^:]*))?(?::(.*))?$/;

export function peerEntry(text: string): PeerEntry | undefined {
  const [, address, status = '', clock = ''] = (text.startsWith('[') ? IPV6_ENTRY : ENTRY).exec(text) ?? [];
  return address === undefined ? undefined : { text, address, status, clock };
}

/** The entries of the list that came, those that can be read. */
export function peersIn({ reading }: Exchange): PeerEntry[] {
  const [, ...items] = reading?.args ?? [];
  return items.flatMap((item) => peerEntry(item) ?? []);
}

/** Who is asked about, as the list has it. */
export function entryOf(exchange: Exchange, address: string): PeerEntry | undefined {
  return peersIn(exchange).find((entry) => entry.address === address);
}

/** What the program tells bia after each of the things that dora says to it, in the order in which they are said. */
export interface Greetings {
  readonly hello: Exchange;
  /** After dora's HELLO and caio's GET_PEERS, too. */
  readonly afterHello: Exchange;
  /** The largest clock that ana had sent by then. */
  readonly anaClock: number;
  /** Asked by ana herself. */
  readonly byAna: Exchange;
  readonly afterSecondHello: Exchange;
  readonly bye: Exchange;
  readonly afterBye: Exchange;
  readonly afterSecondBye: Exchange;
  readonly afterReturn: Exchange;
}

export function greetings(exam: Exam): Promise<Greetings> {
  return exam.once('greetings', async () => {
    const { ana, bia, caio, dora } = exam.askers;
    const list = () => bia.ask('GET_PEERS');
    await caio.ask('GET_PEERS');
    const hello = await dora.ask('HELLO');
    const byAna = await ana.ask('GET_PEERS');
    const anaClock = byAna.clock;
    const afterHello = await list();
    await dora.ask('HELLO');
    const afterSecondHello = await list();
    const bye = await dora.ask('BYE');
    const afterBye = await list();
    await dora.ask('BYE');
    const afterSecondBye = await list();
    await dora.ask('HELLO');
    const afterReturn = await list();
    return {
      hello,
      afterHello,
      anaClock,
      byAna,
      afterSecondHello,
      bye,
      afterBye,
      afterSecondBye,
      afterReturn,
    };
  });
}
