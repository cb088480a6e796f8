import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { MessageOf } from '../../src/protocol/message.ts';
import { FaultProxy, randomPlan, type ConnectionFaults } from '../helpers/fault-proxy.ts';
import { Gate } from '../helpers/gate.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, sayChunk, ScriptedNeighbour, type Reaction } from '../helpers/scripted-neighbour.ts';
import { TestPeer, type TestPeerOptions } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const NAME = 'dados.bin';
const CHUNK = 1000;
const data = new RandomNumbers(11).bytes(63_500);
const CHUNKS = Math.ceil(data.length / CHUNK);

/** A source that lists the file honestly and answers DL in its own way. */
function source(answer: (request: MessageOf<'DL'>, number: number) => Reaction): Promise<ScriptedNeighbour> {
  let number = 0;
  return ScriptedNeighbour.start((request) => {
    if (request.type === 'DL') return answer(request, number++);
    return say(`LS_LIST 1 ${NAME}:${data.length}`);
  });
}

async function download(
  sources: readonly { readonly address: string }[],
  prepare: (peer: TestPeer) => void = () => undefined,
  timing: TestPeerOptions['timing'] = {},
): Promise<TestPeer> {
  const peer = await TestPeer.start({ timing });
  prepare(peer);
  for (const { address } of sources) peer.neighbours.observe(address as TestPeer['address'], 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed(NAME)], chunkSize: CHUNK }));
  return peer;
}

const faults: readonly (readonly [
  what: string,
  code: string,
  answer: (request: MessageOf<'DL'>) => Reaction,
])[] = [
  ['closes without an answer', 'no-reply', () => 'close'],
  ['resets', 'reset', () => 'reset'],
  [
    'answers another chunk',
    'wrong-chunk',
    (request) => sayChunk(data, { ...request, index: (request.index + 1) % (CHUNKS - 1) }),
  ],
  [
    'answers a chunk that is too short',
    'wrong-chunk',
    ({ token, index }) => say(`FILE ${token} 1000 ${index} ${Buffer.alloc(999).toString('base64')}`),
  ],
  [
    'answers a chunk that is too long',
    'wrong-chunk',
    ({ token, index }) => say(`FILE ${token} 1000 ${index} ${Buffer.alloc(1001).toString('base64')}`),
  ],
  ['answers no bytes', 'wrong-chunk', ({ token, index }) => say(`FILE ${token} 0 ${index}`)],
  ['answers None', 'wrong-chunk', ({ token, index }) => say(`FILE ${token} 1000 ${index} None`)],
  [
    'answers bad base64',
    'bad-base64',
    ({ token, index }) => say(`FILE ${token} 1000 ${index} ${'*'.repeat(1336)}`),
  ],
  ['answers another file', 'wrong-chunk', (request) => sayChunk(data, { ...request, token: 'outro.bin' })],
  ['answers another type', 'unexpected-type', () => say('LS_LIST 0')],
  ['answers a type that is none', 'unknown-type', () => say('ERRO')],
  ['answers noise', 'malformed', () => ({ sayBytes: Buffer.from('\xff\xfe\x00\x80\n', 'latin1') })],
  [
    'ends in the middle of the line',
    'bad-base64',
    ({ token, index }) => ({ sayBytes: Buffer.from(`127.0.0.1:1 1 FILE ${token} 1000 ${index} QUJ`) }),
  ],
];

describe('one bad source of two', () => {
  it.each(faults)('%s: %s', async (_, code, answer) => {
    await using bad = await source(answer);
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    // The good one does not finish before the bad one has had its chances.
    const gate = new Gate();
    good.share.beforeRead = () => gate.opened;
    await using peer = await download([bad, good], ({ reporter }) => {
      void reporter.until(({ event }) => event === 'source-retired').then(() => gate.open());
    });
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    const failed = peer.reporter.all('chunk-failed');
    expect(failed.length).toBeGreaterThanOrEqual(4);
    expect(new Set(failed.map((event) => `${event.source} ${event.code}`))).toEqual(
      new Set([`${bad.address} ${code}`]),
    );
    // More than once where the machine is slow and its time out is over.
    expect(new Set(peer.reporter.all('source-retired').map(({ source }) => source))).toEqual(
      new Set([bad.address]),
    );
    // A handful of tries, some of them under another spelling of the name, then it is left alone.
    expect(bad.count('DL')).toBeLessThan(20);
  });

  it('fails now and then: keeps working', async () => {
    await using moody = await source((request, number) =>
      number % 8 === 7 ? 'reset' : sayChunk(data, request),
    );
    await using peer = await download([moody]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunk-failed').length).toBeGreaterThan(5);
    expect(peer.reporter.all('source-retired')).toEqual([]);
  });

  it('dies in the middle of the download', async () => {
    const mortal = await TestPeer.start({ files: { [NAME]: data } });
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    mortal.share.beforeRead = async () => {
      if (mortal.share.reads > 5) await mortal.close();
    };
    await using peer = await download([mortal, good]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(peer.neighbours.get(mortal.address)?.status).toBe('OFFLINE');
    expect(peer.reporter.all('source-retired')).toMatchObject([{ source: mortal.address }]);
    expect(peer.reporter.all('download-finished')).toHaveLength(1);
  });
});

describe.concurrent('all sources bad', () => {
  it('ends with the chunks that are missing', async () => {
    const has = new Set([0, 1, 2, 5]);
    await using bad = await source((request) => (has.has(request.index) ? sayChunk(data, request) : 'close'));
    await using peer = await download([bad]);
    const [failure] = peer.reporter.all('download-failed');
    expect(failure).toMatchObject({ name: NAME, code: 'no-sources', chunks: CHUNKS });
    expect(failure?.missing[0]).toEqual([3, 4]);
    expect(failure?.missing.at(-1)).toEqual([6, CHUNKS - 1]);
    expect(peer.share.discarded).toEqual([NAME]);
    expect(peer.share.files.has(NAME)).toBe(false);
  });

  it('ends with all chunks missing where every source is gone after the search', async () => {
    const sources = await Promise.all([1, 2, 3].map(() => source(() => 'close')));
    const addresses = sources.map(({ address }) => address);
    await using peer = await TestPeer.start();
    for (const address of addresses) peer.neighbours.observe(address, 'ONLINE');
    const desk = peer.desk({ chunkSize: CHUNK });
    const choose = async () => {
      await Promise.all(sources.map((one) => one.close()));
      return '1';
    };
    await searchFiles({ ...desk, ask: choose });
    expect(peer.reporter.all('download-failed')).toMatchObject([
      { code: 'no-sources', missing: [[0, CHUNKS - 1]], chunks: CHUNKS },
    ]);
    expect(new Set(peer.reporter.all('source-retired').map(({ source }) => source)).size).toBe(3);
    for (const address of addresses) expect(peer.neighbours.get(address)?.status).toBe('OFFLINE');
  });
});

describe.concurrent('sources that go silent', () => {
  it('frozen after its list: the others finish the work', async () => {
    await using frozen = await source(() => 'silence');
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    await using peer = await download([frozen, good]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    // Its chunks were asked of the other one too, before its time was over.
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(frozen.count('DL')).toBeLessThanOrEqual(8);
  });

  it('frozen in the middle of a chunk', async () => {
    await using upstream = await TestPeer.start({ files: { [NAME]: data } });
    await using proxy = await FaultProxy.start(upstream.port, (number) =>
      number < 10 ? {} : { toClient: { freezeAfter: 700 } },
    );
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    await using peer = await download([proxy, good]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(proxy.bytesToClient).toBeGreaterThan(10 * 700);
  });

  it('accepts connections and forwards nothing', async () => {
    await using upstream = await TestPeer.start({ files: { [NAME]: data } });
    await using proxy = await FaultProxy.start(upstream.port, (number) => ({ halfOpen: number > 0 }));
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    await using peer = await download([proxy, good]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(upstream.reporter.all('message-received')).toHaveLength(1);
  });

  it('is the only one: the download ends with what is missing', async () => {
    await using frozen = await source((request) => (request.index < 3 ? sayChunk(data, request) : 'silence'));
    await using peer = await download([frozen], undefined, { reply: 1_000, firstBackoffMs: 100 });
    expect(peer.reporter.all('download-failed')).toMatchObject([
      { code: 'no-sources', missing: [[3, CHUNKS - 1]] },
    ]);
  });
});

describe.concurrent('slow and torn transport', () => {
  const transports: readonly (readonly [what: string, faults: ConnectionFaults])[] = [
    ['in pieces of 100 bytes', { toServer: { splitBytes: 1 }, toClient: { splitBytes: 100 } }],
    ['delayed', { toServer: { delayMs: 3 }, toClient: { delayMs: 3 } }],
    ['at 400 kB/s', { toClient: { bytesPerSecond: 400_000 } }],
    ['in a trickle', { toClient: { trickle: { bytes: 500, everyMs: 1 } } }],
  ];

  it.each(transports)('%s arrives whole', async (_, plan) => {
    await using upstream = await TestPeer.start({ files: { [NAME]: data } });
    await using proxy = await FaultProxy.start(upstream.port, plan);
    await using peer = await download([proxy]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(proxy.bytesToClient).toBeGreaterThan(data.length);
  });
});

describe('chance', () => {
  const { seed } = new RandomNumbers();
  const choices: readonly ConnectionFaults[] = [
    {},
    {},
    { toClient: { delayMs: 5 } },
    { toClient: { splitBytes: 97 } },
    { toClient: { resetAfter: 0 } },
    { toClient: { resetAfter: 333 } },
    { toServer: { resetAfter: 10 } },
    { toClient: { truncateAfter: 400 } },
    { toClient: { truncateAfter: 25 } },
    { toClient: { truncateAfter: 0 } },
    { toServer: { truncateAfter: 12 } },
    { toClient: { garbageAfter: 0 } },
    { toClient: { garbageAfter: 200 } },
  ];

  it(`breaks connections of two sources, the third makes up for it (seed ${seed})`, async () => {
    const numbers = new RandomNumbers(seed);
    const upstreams = await Promise.all([1, 2].map(() => TestPeer.start({ files: { [NAME]: data } })));
    const random = randomPlan(numbers, choices);
    const proxies = await Promise.all(
      upstreams.map(({ port }) => FaultProxy.start(port, (number) => (number === 0 ? {} : random(number)))),
    );
    await using good = await TestPeer.start({ files: { [NAME]: data } });
    await using peer = await download([...proxies, good]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(peer.reporter.all('download-finished')).toHaveLength(1);
    await Promise.all([...proxies, ...upstreams].map((one) => one.close()));
  });
});

describe('a link that is down for a while', () => {
  it('in the middle of a download: it goes on when the link is back, and nothing is taken twice', async () => {
    const TRIES = 8;
    await using source = await TestPeer.start({ files: { [NAME]: data } });
    // The list, then a session that falls silent, then connections on which nothing is ever heard.
    await using line = await FaultProxy.start(source.port, (connection) => {
      if (connection === 0) return {};
      if (connection === 1) return { toClient: { freezeAfter: 30_000 } };
      return connection <= 1 + TRIES ? { halfOpen: true } : {};
    });
    const timing = { reply: 150, trial: 50, firstBackoffMs: 10, longestBackoffMs: 20, silenceMs: 60_000 };
    await using peer = await TestPeer.start({ timing });
    peer.neighbours.observe(line.address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed(NAME)], chunkSize: CHUNK }));
    expect(line.connections).toBeGreaterThan(1 + TRIES);
    expect(peer.reporter.all('download-failed')).toEqual([]);
    expect(peer.share.files.get(NAME)?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunks-doubted')).toEqual([]);
    expect(peer.reporter.all('download-finished')[0]?.shares).toEqual([
      { source: line.address, bytes: data.length },
    ]);
    const taken = peer.reporter.all('message-received').filter(({ type }) => type === 'FILE');
    expect(taken).toHaveLength(CHUNKS);
  });
});

describe('closing', () => {
  it('breaks off a request and sends nothing afterwards', async () => {
    await using server = await TestPeer.start();
    const peer = await TestPeer.start({ knows: [server.address] });
    const asking = peer.peer.request(server.address, { type: 'LS' }).catch((error: unknown) => error);
    await peer.close();
    const stopped = peer.reporter.events.length;
    await asking;
    expect(peer.reporter.events[stopped - 1]).toEqual({ event: 'peer-stopped' });
    expect(peer.reporter.events.slice(stopped).filter(({ event }) => event === 'message-sent')).toEqual([]);
  });

  it('does not answer a request whose file was being read', async () => {
    const peer = await TestPeer.start({ files: { [NAME]: data } });
    await using asker = await TestPeer.start();
    const gate = new Gate();
    peer.share.beforeRead = () => gate.opened;
    const asking = asker.peer
      .request(peer.address, { type: 'DL', token: NAME, size: 10, index: 0 })
      .catch((error: unknown) => error);
    await until(() => peer.share.reads === 1, 1_000, 'the read');
    await peer.close();
    gate.open();
    await asking;
    await new Promise((resolve) => setImmediate(resolve));
    expect(peer.reporter.all('message-sent')).toEqual([]);
  });
});
