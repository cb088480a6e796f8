import { describe, expect, it, vi } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type * as Limits from '../../src/limits.ts';
import { MAX_SOURCES } from '../../src/limits.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, sayChunk, ScriptedNeighbour, type Reaction } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

vi.mock('../../src/limits.ts', async (original) => ({
  ...(await original<typeof Limits>()),
  MAX_SOURCES: 3,
}));

const NAME = 'a b.bin';
const CHUNK = 1000;
const numbers = new RandomNumbers(77);
const data = numbers.bytes(60_500);
const other = numbers.bytes(data.length);

/** A download that gets its first chunks at once, and no more before its gate is open. */
class HeldDownload implements AsyncDisposable {
  readonly source: TestPeer;
  readonly peer: TestPeer;
  readonly gate: Gate;
  readonly ended: Promise<void>;

  private constructor(source: TestPeer, peer: TestPeer, gate: Gate) {
    this.source = source;
    this.peer = peer;
    this.gate = gate;
    this.ended = searchFiles(peer.desk({ answers: [fileNamed(NAME)], chunkSize: CHUNK }));
  }

  /** @param knows neighbours that are OFFLINE at first */
  static async begin(knows: readonly Address[] = []): Promise<HeldDownload> {
    const source = await TestPeer.start({ timing: { callback: 100 }, files: { [NAME]: data } });
    const gate = new Gate();
    source.share.beforeRead = () => (source.share.reads > 5 ? gate.opened : undefined);
    const peer = await TestPeer.start({ timing: { callback: 100 }, knows });
    peer.neighbours.observe(source.address, 'ONLINE');
    const download = new HeldDownload(source, peer, gate);
    await peer.reporter.until(({ event }) => event === 'download-started');
    return download;
  }

  /** How often a neighbour was asked for its files. */
  asked(address: Address): number {
    return this.peer.reporter.all('message-sent').filter(({ type, to }) => type === 'LS' && to === address)
      .length;
  }

  /** Two more looks at the neighbours. */
  async looks(): Promise<void> {
    for (let look = 0; look < 2; look++) {
      const since = this.peer.reporter.events.length;
      await this.peer.reporter.until(({ event }) => event === 'download-progressed', undefined, since);
    }
  }

  get isRight(): boolean {
    return this.peer.share.files.get(NAME)?.equals(data) === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gate.open();
    await this.ended;
    await Promise.all([this.source.close(), this.peer.close()]);
  }
}

it('sources that come late are no more than MAX_SOURCES together', async () => {
  const late = await Promise.all(
    Array.from({ length: MAX_SOURCES + 1 }, () =>
      TestPeer.start({ timing: { callback: 100 }, files: { [NAME]: data } }),
    ),
  );
  await using download = await HeldDownload.begin();
  for (const { address } of late) download.peer.neighbours.observe(address, 'ONLINE');
  await download.ended;
  expect(download.isRight).toBe(true);
  expect(download.peer.reporter.all('source-added')).toHaveLength(MAX_SOURCES - 1);
  await Promise.all(late.map((peer) => peer.close()));
});

describe.concurrent('a neighbour that comes ONLINE while a download runs', () => {
  it.each([
    ['that was known', true],
    ['that is new', false],
  ])('%s is asked once, and delivers', async (_, isKnown) => {
    await using late = await TestPeer.start({ timing: { callback: 100 }, files: { [NAME]: data, other } });
    await using download = await HeldDownload.begin(isKnown ? [late.address] : []);
    await late.peer.hello(download.peer.address);
    // The first one is stuck: the rest of the file can only come from the new one.
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(download.asked(late.address)).toBe(1);
    const { reporter } = download.peer;
    expect(reporter.all('source-added')).toEqual([
      { event: 'source-added', name: NAME, source: late.address },
    ]);
    const [finished] = reporter.all('download-finished');
    expect(finished?.sources).toEqual([download.source.address, late.address]);
    expect(finished?.isProven).toBe(true);
    expect(finished?.shares[1]?.bytes).toBeGreaterThan(50_000);
  });

  it('goes and comes again is asked no second time', async () => {
    await using late = await TestPeer.start({ timing: { callback: 100 }, files: { other } });
    await using download = await HeldDownload.begin();
    await late.peer.hello(download.peer.address);
    await download.looks();
    await late.peer.bye(download.peer.address);
    await download.looks();
    await late.peer.hello(download.peer.address);
    await download.looks();
    download.gate.open();
    await download.ended;
    expect(download.asked(late.address)).toBe(1);
    expect(download.peer.reporter.all('source-added')).toEqual([]);
    expect(download.isRight).toBe(true);
  });

  it.each([
    ['another size', { [NAME]: data.subarray(1) }],
    ['another name', { [`${NAME}.2`]: data }],
    ['nothing', {}],
  ])('and has %s is not used', async (_, files) => {
    await using late = await TestPeer.start({ timing: { callback: 100 }, files });
    await using download = await HeldDownload.begin();
    await late.peer.hello(download.peer.address);
    await late.reporter.until((event) => event.event === 'message-sent' && event.type === 'LS_LIST');
    await download.looks();
    download.gate.open();
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(download.peer.reporter.all('source-added')).toEqual([]);
    expect(late.reporter.all('message-received').filter(({ type }) => type === 'DL')).toEqual([]);
  });

  it('and has another content under the same name and size is left out', async () => {
    await using late = await TestPeer.start({ timing: { callback: 100 }, files: { [NAME]: other } });
    await using download = await HeldDownload.begin();
    await late.peer.hello(download.peer.address);
    await download.peer.reporter.until(({ event }) => event === 'source-excluded');
    download.gate.open();
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(download.peer.reporter.all('source-excluded')).toMatchObject([{ source: late.address }]);
    expect(download.peer.reporter.all('download-finished')).toMatchObject([{ isProven: true }]);
  });

  it.each<[string, Reaction]>([
    ['closes', 'close'],
    ['says something else', say('PEER_LIST 0')],
    ['says noise', { sayBytes: Buffer.from('fffe0080c30a', 'hex') }],
  ])('and %s when it is asked for its files costs nothing', async (_, reaction) => {
    await using late = await ScriptedNeighbour.start(() => reaction);
    await using download = await HeldDownload.begin();
    download.peer.neighbours.observe(late.address, 'ONLINE');
    await download.peer.reporter.until(
      (event) => event.event === 'request-failed' && event.to === late.address,
    );
    await download.looks();
    download.gate.open();
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(late.count('DL')).toBe(0);
  });

  it('and lists it under a token of its own is asked by that', async () => {
    const token = 'a%20b%2Ebin';
    const tokens = new Set<string>();
    await using late = await ScriptedNeighbour.start((request) => {
      if (request.type !== 'DL') return say(`LS_LIST 2 x:1 ${token}:${data.length}`);
      tokens.add(request.token);
      return sayChunk(data, request);
    });
    await using download = await HeldDownload.begin();
    download.peer.neighbours.observe(late.address, 'ONLINE');
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(tokens).toEqual(new Set([token]));
    expect(download.peer.reporter.all('source-added')).toHaveLength(1);
  });
});
