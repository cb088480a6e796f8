import { describe, expect, it } from 'vitest';
import { RepetitionFilter } from '../../../src/log/repetition-filter.ts';
import type { AppEvent, MessageReceived, MessageSent } from '../../../src/events.ts';
import type { MessageType } from '../../../src/protocol/message.ts';
import type { Address } from '../../../src/protocol/address.ts';

const ASKER = '10.0.0.2:5001' as Address;

/** What a filter lets through, and a peer that reports as ours does. */
function logged() {
  const events: AppEvent[] = [];
  const time = { now: 0 };
  const filter = new RepetitionFilter({ report: (event) => events.push(event) }, () => time.now);
  let clock = 0;
  const receive = (
    type: MessageType,
    from: Address,
    args: readonly string[],
    chunks?: number,
    reply = false,
  ) => {
    clock += 1;
    filter.report({
      event: 'message-received',
      from,
      type,
      args,
      clock: 1,
      clockAfter: clock,
      reply,
      chunks,
    });
    filter.report({ event: 'clock-updated', clock, cause: 'receive' });
  };
  const send = (type: MessageType, to: Address, args: readonly string[], reply = true) => {
    clock += 1;
    filter.report({ event: 'clock-updated', clock, cause: 'send' });
    filter.report({ event: 'message-sent', to, type, args, clock, reply });
  };
  /** A request for a chunk, and its reply. */
  const serve = (index: number, chunks: number, from = ASKER) => {
    receive('DL', from, ['a', '256', String(index)], chunks);
    send('FILE', from, ['a', '256', String(index), 'AAAA']);
  };
  const omitted = () =>
    events.reduce((sum, event) => sum + (event.event === 'events-omitted' ? event.count : 0), 0);
  return { events, time, filter, receive, send, serve, omitted };
}

const isMessage = (event: AppEvent): event is MessageReceived | MessageSent =>
  event.event === 'message-received' || event.event === 'message-sent';

describe('an honest log', () => {
  it('has every event of every download, however fast, and however often it is repeated', () => {
    const { events, serve, filter } = logged();
    const chunks = 3_000;
    for (let pass = 0; pass < 10; pass += 1) {
      for (let index = 0; index < chunks; index += 1) serve((index * 7) % chunks, chunks);
    }
    filter.flush();
    expect(events).toHaveLength(10 * chunks * 4);
  });

  it('has all that we ask and are answered', () => {
    const { events, receive, send, filter } = logged();
    for (let round = 0; round < 6_000; round += 1) {
      send('LS', ASKER, [], false);
      receive('LS_LIST', ASKER, ['0'], undefined, true);
    }
    filter.flush();
    expect(events).toHaveLength(24_000);
  });

  it('has events in the order in which they came', () => {
    const { events, receive, send, filter } = logged();
    receive('LS', ASKER, []);
    send('LS_LIST', ASKER, ['0']);
    filter.report({ event: 'leaving', cause: 'menu' });
    expect(events.map(({ event }) => event)).toEqual([
      'message-received',
      'clock-updated',
      'clock-updated',
      'message-sent',
      'leaving',
    ]);
  });
});

describe('a host that asks for the same over and over', () => {
  it.each([
    ['the same chunk', (one: ReturnType<typeof logged>) => one.serve(3, 1_000)],
    ['a file of one chunk', (one: ReturnType<typeof logged>) => one.serve(0, 1)],
    [
      'what is not there',
      (one: ReturnType<typeof logged>) => {
        one.receive('DL', ASKER, ['%41', '256', '0']);
        one.send('ERROR', ASKER, ['DL', 'not-found', '%41', '256', '0']);
      },
    ],
    [
      'a list',
      (one: ReturnType<typeof logged>) => {
        one.receive('LS', ASKER, []);
        one.send('LS_LIST', ASKER, ['0']);
      },
    ],
  ])('as %s fills the log no more, and is counted', (_, ask) => {
    const one = logged();
    const { events, filter, omitted } = one;
    for (let round = 0; round < 20_000; round += 1) ask(one);
    filter.flush();
    const written = events.filter(({ event }) => event !== 'events-omitted').length;
    expect(written).toBeLessThan(4 * 5_100);
    expect(written + omitted()).toBe(80_000);
    // Both halves of an exchange, or none.
    expect(events.filter(isMessage).filter(({ reply }) => reply).length * 4).toBe(written);
  });

  it('is logged again after a pause', () => {
    const { events, time, receive, filter } = logged();
    for (let round = 0; round < 10_000; round += 1) receive('LS', ASKER, []);
    time.now += 1_000;
    filter.flush();
    events.length = 0;
    for (let round = 0; round < 200; round += 1) receive('LS', ASKER, []);
    expect(events.filter(isMessage)).toHaveLength(100);
    filter.report({ event: 'leaving', cause: 'menu' });
    expect(events.at(-1)).toEqual({ event: 'leaving', cause: 'menu' });
    time.now += 1_000;
    receive('LS', ASKER, []);
    expect(events.find(({ event }) => event === 'events-omitted')).toEqual({
      event: 'events-omitted',
      host: '10.0.0.2',
      count: 200,
    });
  });

  it('does not silence another one, nor get more by calling itself by many names', () => {
    const { events, receive, serve, filter } = logged();
    for (let round = 0; round < 60_000; round += 1) {
      receive('LS', `10.${round & 255}.${(round >> 8) & 255}.3:${5_000 + (round % 7)}` as Address, []);
    }
    filter.flush();
    expect(events.filter(isMessage).length).toBeLessThan(51_000);
    events.length = 0;
    for (let index = 0; index < 100; index += 1) serve(index, 1_000);
    filter.flush();
    // All but the first chunk, which has to be paid for.
    expect(events.filter(isMessage).length).toBeGreaterThanOrEqual(2 * 99);
  });
});
