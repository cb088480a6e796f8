import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REQUESTS_IN_HAND } from '../../../src/limits.ts';
import type { OwnRequest } from '../../../src/network/awaited-replies.ts';
import { Exchange, type ExchangeEvent } from '../../../src/network/exchange.ts';
import type { TheirRequest } from '../../../src/network/requests-in-hand.ts';
import { DEFAULT_TIMING } from '../../../src/network/timing.ts';
import type { Address } from '../../../src/protocol/address.ts';
import { DEFAULT_DIALECT } from '../../../src/protocol/dialect.ts';
import type { RequestDraft } from '../../../src/protocol/message.ts';
import { isReplyTo } from '../../../src/network/ask.ts';

const OWN = '127.0.0.1:5001' as Address;
const THEM = '127.0.0.1:5002' as Address;
const timing = DEFAULT_TIMING;

function theirs(): Exchange {
  return new Exchange({ own: OWN, timing, now: 0 });
}

function ours(): Exchange {
  return new Exchange({ own: OWN, dialled: THEM, timing, now: 0 });
}

/** All events that come now. */
function events(exchange: Exchange, now = 0): ExchangeEvent[] {
  const found: ExchangeEvent[] = [];
  do {
    for (let event = exchange.next(now); event !== undefined; event = exchange.next(now)) found.push(event);
  } while (exchange.isDecoding);
  return found;
}

function say(exchange: Exchange, text: string, now = 0): ExchangeEvent[] {
  exchange.receive(Buffer.from(text, 'latin1'), now);
  return events(exchange, now);
}

const REPLY_TYPES = { GET_PEERS: 'PEER_LIST', LS: 'LS_LIST', DL: 'FILE', DIGEST: 'DIGEST_OF' } as const;

function request(draft: RequestDraft): OwnRequest {
  return {
    draft,
    replyType: REPLY_TYPES[draft.type],
    timeoutMs: timing.reply,
    maxReplyBytes: 1_000_000,
    isOptional: false,
    accepts: (message) => isReplyTo(message, draft),
    settle: () => undefined,
  };
}

const LS = () => request({ type: 'LS' });
const DL = (index: number) => request({ type: 'DL', token: 'f', size: 3, index });
const file = (index: number) => `${THEM} 9 FILE f 3 ${index} YWJj\n`;

/** What an event is, in short. */
function short(event: ExchangeEvent): string {
  switch (event.event) {
    case 'request':
    case 'stray':
      return `${event.event} ${event.message.type}`;
    case 'reply': {
      const { message } = event;
      const entries = message.type === 'LS_LIST' ? message.files.map(({ token }) => token) : [];
      return ['reply', message.type, ...entries].join(' ');
    }
    case 'failed':
    case 'broken':
    case 'unknown':
      return `${event.event} ${'code' in event.error ? String(event.error.code) : '?'}`;
    case 'looked':
      return `looked ${event.hasEnded}`;
    default:
      return event.event;
  }
}

/** Serves every request at once. */
function serving(exchange: Exchange, found: readonly ExchangeEvent[]): readonly ExchangeEvent[] {
  for (const event of found) if (event.event === 'request' || event.event === 'unknown') exchange.replied(0);
  return found;
}

interface Course {
  readonly what: string;
  readonly begin: () => Exchange;
  readonly text: string;
  readonly expected: readonly string[];
  /** Their direction ends after the text. */
  readonly ends?: true;
}

const greeted = () => {
  const exchange = theirs();
  serving(exchange, say(exchange, `${THEM} 1 HELLO\n`));
  exchange.become('greeted');
  return exchange;
};
const session = () => {
  const exchange = theirs();
  serving(exchange, say(exchange, `${THEM} 1 HELLO sessao\n`));
  exchange.become('session');
  return exchange;
};
const asking = (...requests: readonly OwnRequest[]) => {
  const exchange = ours();
  if (requests.length > 1) exchange.become('session');
  for (const each of requests) exchange.ask(each, 0);
  return exchange;
};

const COURSES: readonly Course[] = [
  { what: 'one request', begin: theirs, text: `${THEM} 4 LS\n`, expected: ['request LS'] },
  {
    what: 'a request that its FIN ends',
    begin: theirs,
    text: `${THEM} 4 GET_PEERS`,
    ends: true,
    expected: ['request GET_PEERS', 'ended', 'done'],
  },
  { what: 'nothing', begin: theirs, text: '', ends: true, expected: ['ended', 'done'] },
  {
    what: 'many requests of one that has greeted',
    begin: greeted,
    text: `${THEM} 4 LS\n${THEM} 5 DL f 3 0\n${THEM} 6 GET_PEERS\n`,
    expected: ['request LS', 'request DL', 'request GET_PEERS'],
  },
  {
    what: 'a line of a session that nobody knows',
    begin: session,
    text: `${THEM} 4 FORMAT c:\n${THEM} 5 LS\n`,
    expected: ['unknown unknown-type', 'request LS'],
  },
  {
    what: 'a line outside of sessions that nobody knows',
    begin: greeted,
    text: `${THEM} 4 FORMAT c:\n${THEM} 5 LS\n`,
    expected: ['broken unknown-type'],
  },
  {
    what: 'another origin on the same connection',
    begin: greeted,
    text: `127.0.0.1:6000 4 LS\n`,
    expected: ['broken bad-origin'],
  },
  { what: 'our own name', begin: theirs, text: `${OWN} 4 LS\n`, expected: ['broken own-origin'] },
  { what: 'another protocol', begin: theirs, text: 'GET / HTTP/1.1\r\n', expected: ['broken bad-origin'] },
  {
    what: 'a reply that nobody waits for',
    begin: theirs,
    text: `${THEM} 4 LS_LIST 0\n`,
    expected: ['stray LS_LIST'],
  },
  {
    what: 'a list on one line',
    begin: () => asking(LS()),
    text: `${THEM} 4 LS_LIST 2 a:1 b:2\n`,
    expected: ['reply LS_LIST a b'],
  },
  {
    what: 'a list with an entry a line',
    begin: () => asking(LS()),
    text: `${THEM} 4 LS_LIST 3 a:1\nb:2\nc:3\n\n`,
    ends: true,
    expected: ['reply LS_LIST a b c', 'ended', 'done'],
  },
  {
    what: 'a list that announces more than it has, and a request behind it',
    begin: () => asking(LS()),
    text: `${THEM} 4 LS_LIST 3 a:1\nb:2\n${THEM} 5 GET_PEERS\n`,
    expected: ['reply LS_LIST a b', 'request GET_PEERS'],
  },
  {
    what: 'a length before the reply',
    begin: () => asking(LS()),
    text: `\0\0\0\0\0\0\0\x1e${THEM} 4 LS_LIST 1 a:1`,
    expected: ['reply LS_LIST a'],
  },
  {
    what: 'replies of a session, a stray one and a refusal among them',
    begin: () => asking(DL(0), DL(1), DL(2)),
    text: `${file(0)}${file(7)}${file(1)}${THEM} 9 ERROR DL not-found f 3 2\n`,
    expected: ['reply FILE', 'stray FILE', 'reply FILE', 'reply ERROR'],
  },
  {
    what: 'a reply of another type',
    begin: () => asking(LS()),
    text: `${THEM} 4 PEER_LIST 0\n`,
    expected: ['failed unexpected-type', 'broken unexpected-type'],
  },
  {
    what: 'a close without a reply',
    begin: () => asking(DL(0), DL(1)),
    text: file(0),
    ends: true,
    expected: ['reply FILE', 'failed no-reply', 'ended', 'done'],
  },
  {
    what: 'a request of theirs while ours waits',
    begin: () => asking(LS()),
    text: `${THEM} 4 GET_PEERS\n${THEM} 5 LS_LIST 0\n`,
    expected: ['request GET_PEERS', 'reply LS_LIST'],
  },
];

function play({ begin, text, ends }: Course, pieces: readonly Buffer[]): string[] {
  const exchange = begin();
  const found = pieces.flatMap((piece) => {
    exchange.receive(piece, 0);
    return serving(exchange, events(exchange)).map(short);
  });
  expect(Buffer.concat(pieces).toString('latin1')).toBe(text);
  if (ends === true) exchange.end();
  found.push(...serving(exchange, events(exchange)).map(short));
  return [...found, ...events(exchange).map(short)];
}

describe.each(COURSES)('$what', (course) => {
  const bytes = Buffer.from(course.text, 'latin1');

  it('whole, and byte by byte', () => {
    expect(play(course, [bytes])).toEqual(course.expected);
    expect(
      play(
        course,
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(course.expected);
  });

  it('at every split', () => {
    for (let at = 1; at < bytes.length; at++) {
      expect(play(course, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(course.expected);
    }
  });
});

describe('requests of theirs', () => {
  it('are taken one at a time, but in sessions up to a bound', () => {
    const single = theirs();
    expect(say(single, `${THEM} 1 LS\n`.repeat(3))).toHaveLength(1);
    single.replied(0);
    expect(events(single)).toHaveLength(1);
    const many = session();
    expect(say(many, `${THEM} 1 LS\n`.repeat(50))).toHaveLength(MAX_REQUESTS_IN_HAND);
    many.replied(0);
    expect(events(many)).toHaveLength(1);
  });

  it('are no more than wait in bounded space, then nothing is to be read', () => {
    const exchange = session();
    say(exchange, `${THEM} 1 LS\n`.repeat(60));
    expect(exchange.isFull).toBe(false);
    say(exchange, `${THEM} 1 LS\n`.repeat(60));
    expect(exchange.isFull).toBe(true);
  });

  it('are answered in their order, in whatever order the replies are prepared', () => {
    const turns = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(turns, (choices) => {
        const exchange = session();
        exchange.receive(Buffer.from(choices.map((_, at) => `${THEM} ${at} LS\n`).join('')), 0);
        const open: TheirRequest[] = [];
        const answered: number[] = [];
        for (const choice of [...choices, ...choices, ...choices]) {
          for (const event of events(exchange)) if (event.event === 'request') open.push(event);
          const [next] = open.splice(choice % Math.max(1, open.length), 1);
          if (next !== undefined)
            exchange.prepared(next, { dialect: DEFAULT_DIALECT, make: () => undefined });
          for (let due = exchange.takeDue(); due !== undefined; due = exchange.takeDue()) {
            if (due.request.event === 'request') answered.push(due.request.message.clock);
            exchange.replied(0);
          }
        }
        expect(answered).toEqual(choices.map((_, at) => at));
      }),
    );
  });
});

describe('requests of ours', () => {
  it('wait for the reply before theirs outside of sessions, and can be withdrawn until then', () => {
    const exchange = ours();
    const [first, second, third] = [LS(), LS(), LS()];
    expect([first, second, third].map((each) => exchange.ask(each, 0))).toEqual([true, false, false]);
    expect(exchange.withdraw(second)).toBe(true);
    const found = say(exchange, `${THEM} 4 LS_LIST 0\n`);
    expect(found.map(short)).toEqual(['reply LS_LIST', 'turn']);
    expect(found[1]).toMatchObject({ request: third });
    expect(exchange.withdraw(third)).toBe(false);
  });

  it('fail on a connection that has ended', () => {
    const exchange = ours();
    exchange.end();
    expect(exchange.ask(LS(), 0)).toBe(false);
    expect(events(exchange).map(short)).toEqual(['failed no-reply', 'ended', 'done']);
  });

  it('let large replies in only while they wait', () => {
    const long = `${THEM} 4 LS_LIST 1 ${'x'.repeat(9_000)}:1\n`;
    expect(say(asking(LS()), long).map(short)).toEqual(['reply LS_LIST']);
    expect(say(ours(), long).map(short)).toEqual(['broken line-too-long']);
  });
});

/** What happens by time alone, up to then: [when, what]. */
function byTime(exchange: Exchange, until: number): (readonly [at: number, what: string])[] {
  const found: (readonly [number, string])[] = [];
  for (let at = exchange.dueAt; at <= until; at = exchange.dueAt) {
    exchange.tick(at);
    const now = events(exchange, at).map((event) => [at, short(event)] as const);
    found.push(...now);
    if (now.length === 0 && exchange.dueAt <= at) throw new Error('due, and nothing comes of it');
    if (exchange.isClosing) break;
  }
  return found;
}

describe('deadlines', () => {
  it('of a reply: its silence', () => {
    expect(byTime(asking(LS()), 60_000)).toEqual([
      [timing.reply, 'failed reply-timeout'],
      [timing.reply, 'stalled'],
    ]);
  });

  it('of a reply that comes slowly: the silence after its last byte', () => {
    const exchange = asking(LS());
    const begun = `${THEM} 4 LS_LIST 9 `;
    say(exchange, begun + 'a'.repeat(100_000), 4_000);
    expect(byTime(exchange, 8_999)).toEqual([]);
    say(exchange, 'a'.repeat(100_000), 8_900);
    expect(byTime(exchange, 60_000)[0]).toEqual([13_900, 'failed reply-timeout']);
  });

  it('of a reply that trickles: it has a slowest rate', () => {
    const exchange = asking(LS());
    let last = 0;
    for (let at = 1_000; at < 60_000 && !exchange.isClosing; at += 1_000) {
      last = byTime(exchange, at)[0]?.[0] ?? last;
      if (!exchange.isClosing) say(exchange, 'x', at);
    }
    expect(last).toBeGreaterThanOrEqual(timing.reply);
    expect(last).toBeLessThan(timing.reply + 100);
  });

  it('of what comes in place of a reply: it has little time left to follow', () => {
    const exchange = asking(DL(1));
    say(exchange, file(0), 100);
    expect(byTime(exchange, 60_000)[0]).toEqual([100 + timing.trial, 'failed wrong-chunk']);
  });

  it('of a list of several lines: the gap between two of them', () => {
    const exchange = asking(LS());
    say(exchange, `${THEM} 4 LS_LIST 5 a:1\nb:2\n`, 10);
    expect(byTime(exchange, 2_000)).toEqual([[10 + timing.listGap, 'reply LS_LIST a b']]);
  });

  it('of a connection without a request', () => {
    expect(byTime(theirs(), 60_000)).toEqual([[timing.request, 'broken request-timeout']]);
  });

  it('of a request that never ends, in a session too', () => {
    const exchange = session();
    for (let at = 0; at < timing.request; at += 500) say(exchange, 'x', at);
    expect(byTime(exchange, 60_000)).toEqual([[timing.request, 'broken request-timeout']]);
  });

  it('of requests that end with silence: a DL needs more of it', () => {
    const list = theirs();
    say(list, `${THEM} 4 LS`, 10);
    expect(byTime(list, 2_000)[0]).toEqual([10 + timing.requestSilence, 'request LS']);
    const chunk = theirs();
    say(chunk, `${THEM} 4 DL f 3 1`, 10);
    expect(byTime(chunk, 2_000)[0]).toEqual([10 + timing.chunkRequestSilence, 'request DL']);
  });

  it('of a silent session: idleness, but not while a reply of ours is on its way', () => {
    expect(byTime(session(), 100_000)).toEqual([[timing.idle, 'done']]);
    const busy = session();
    say(busy, `${THEM} 4 LS\n`, 0);
    expect(busy.dueAt).toBe(Infinity);
    busy.output(100_000, 59_000);
    expect(byTime(busy, 62_000)).toEqual([]);
    busy.output(0, 63_000);
    busy.replied(63_000);
    expect(byTime(busy, 200_000)).toEqual([[63_000 + timing.idle, 'done']]);
  });

  it('of a reader that takes nothing', () => {
    const exchange = session();
    exchange.output(70_000, 100);
    exchange.output(60_000, 4_000);
    exchange.tick(4_000 + timing.write);
    expect(events(exchange).map(short)).toEqual(['stalled']);
  });

  it('of a persistent connection: none', () => {
    const exchange = ours();
    exchange.become('persistent');
    expect(exchange.dueAt).toBe(Infinity);
  });

  it('of an asker of which nothing is known: it may ask again for a moment', () => {
    const exchange = theirs();
    serving(exchange, say(exchange, `${THEM} 4 LS\n`));
    exchange.linger(0);
    expect(byTime(exchange, 2_000)).toEqual([[timing.linger, 'done']]);
    const again = theirs();
    serving(again, say(again, `${THEM} 4 LS\n`));
    again.linger(0);
    expect(say(again, `${THEM} 5 LS\n`, 400)).toMatchObject([{ event: 'request', again: true }]);
  });

  it('of a look for the FIN', () => {
    const exchange = theirs();
    say(exchange, `${THEM} 4 LS\n`);
    exchange.lookForEnd(50);
    expect(byTime(exchange, 60)).toEqual([[50, 'looked false']]);
    exchange.lookForEnd(150);
    exchange.end();
    expect(events(exchange).map(short)).toContain('looked true');
  });
});

describe('states', () => {
  it('nothing is taken once it closes', () => {
    const exchange = session();
    exchange.close(0);
    expect(say(exchange, `${THEM} 4 LS\n`)).toEqual([]);
    exchange.become('greeted');
    expect(exchange.state.name).toBe('closing');
  });

  it('a session does not become less', () => {
    const exchange = session();
    exchange.become('greeted');
    exchange.linger(0);
    expect(exchange.state.name).toBe('session');
  });
});

it('any bytes at any splits: it ends in events, never in an error of ours', () => {
  const word = fc.constantFrom(
    ...['HELLO', 'LS', 'DL', 'f', '3', '0', 'FILE', 'YWJj', 'LS_LIST', 'PEER_LIST', 'ERROR', '\n', '\n\0'],
    ...[THEM, OWN, '127.0.0.1:6000', '7', '', '\0', '\0\0\0\0\0\0\0\x05', 'é', 'a:1', 'BYE', 'RETURN_HELLO'],
  );
  const text = fc.array(word, { maxLength: 30 }).map((words) => words.join(' '));
  const begin = fc.constantFrom(
    theirs,
    greeted,
    session,
    () => asking(LS()),
    () => asking(DL(0), DL(1)),
  );
  fc.assert(
    fc.property(begin, fc.array(text, { maxLength: 6 }), fc.boolean(), (make, pieces, ends) => {
      const exchange = make();
      let now = 0;
      for (const piece of pieces) {
        exchange.receive(Buffer.from(piece), now);
        serving(exchange, events(exchange, now));
        now += 700;
        exchange.tick(now);
      }
      if (ends) exchange.end();
      events(exchange, now);
      exchange.close(now);
      expect(events(exchange, now).every(({ event }) => event !== 'request')).toBe(true);
      expect(exchange.isAsking).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
