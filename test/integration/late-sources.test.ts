import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { chunkBody } from '../helpers/keeping-neighbour.ts';
import { say, sayChunk, ScriptedNeighbour, type Reaction } from '../helpers/scripted-neighbour.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const NAME = 'a b.bin';
const CHUNK = 1000;
const numbers = new RandomNumbers(77);
const data = numbers.bytes(60_500);
const other = numbers.bytes(data.length);

/** Two more looks of a running download at the neighbours. */
async function looks({ reporter }: TestPeer): Promise<void> {
  for (let look = 0; look < 2; look++) {
    const since = reporter.events.length;
    await reporter.until(({ event }) => event === 'download-progressed', undefined, since);
  }
}

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
    const source = await TestPeer.start({ timing: { callback: 1_000 }, files: { [NAME]: data } });
    const gate = new Gate();
    source.share.beforeRead = () => (source.share.reads > 5 ? gate.opened : undefined);
    const peer = await TestPeer.start({ timing: { callback: 1_000 }, knows });
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
  looks(): Promise<void> {
    return looks(this.peer);
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

describe.concurrent('a neighbour that comes ONLINE while a download runs', () => {
  it.each([
    ['that was known', true],
    ['that is new', false],
  ])('%s is asked once, and delivers', async (_, isKnown) => {
    await using late = await TestPeer.start({ timing: { callback: 1_000 }, files: { [NAME]: data, other } });
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
    await using late = await TestPeer.start({ timing: { callback: 1_000 }, files: { other } });
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
    await using late = await TestPeer.start({ timing: { callback: 1_000 }, files });
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

  it('and has another content under the same name and size does not join', async () => {
    await using late = await TestPeer.start({ files: { [NAME]: other } });
    await using download = await HeldDownload.begin();
    await late.peer.hello(download.peer.address);
    const { reporter } = download.peer;
    await reporter.until(
      (event) =>
        event.event === 'message-received' && event.type === 'DIGEST_OF' && event.from === late.address,
    );
    await download.looks();
    download.gate.open();
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(late.share.reads).toBe(0);
    expect(reporter.all('source-added')).toEqual([]);
    expect(reporter.all('chunks-doubted')).toEqual([]);
    expect(reporter.all('download-finished')).toMatchObject([{ isProven: true, toldBy: 1, chosen: 1 }]);
  });

  it.each([
    ['tells the digest of its own file', true],
    ['tells no digest', false],
  ])(
    'does not hijack a download from a program that cannot tell what it has: it %s',
    async (_, hasDigests) => {
      const gate = new Gate();
      await using chosen = await ScriptedNeighbour.start((request) => {
        if (request.type !== 'DL') return say(`LS_LIST 1 x:${data.length}`);
        if (request.index < 5) return sayChunk(data, request);
        return (connection) =>
          void gate.opened.then(() => connection.end(`${chosen.address} 9 ${chunkBody(data, request)}\n`));
      });
      const attack = { name: 'x', data: other, ...(hasDigests ? {} : { offers: 'sessao' }) };
      await using attacker = await startSessionNeighbour(attack);
      await using peer = await TestPeer.start();
      peer.neighbours.observe(chosen.address, 'ONLINE');
      const ended = searchFiles(peer.desk({ answers: ['1'], chunkSize: CHUNK }));
      await peer.reporter.until(
        (event) => event.event === 'message-received' && event.type === 'FILE' && event.args[2] === '4',
      );
      peer.neighbours.observe(attacker.address, 'ONLINE');
      await looks(peer);
      gate.open();
      await ended;
      expect(peer.share.files.get('x')?.equals(data)).toBe(true);
      expect(attacker.count('DL')).toBe(0);
      expect(peer.reporter.all('source-added')).toEqual([]);
      expect(peer.reporter.all('source-excluded')).toEqual([]);
      expect(peer.reporter.all('download-finished')).toMatchObject([
        { isProven: false, sources: [chosen.address] },
      ]);
    },
  );

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
    await using late = await startSessionNeighbour({
      name: token,
      data,
      react: (request) => {
        if (request.type === 'DL' || request.type === 'DIGEST') tokens.add(request.token);
        return false;
      },
    });
    await using download = await HeldDownload.begin();
    download.peer.neighbours.observe(late.address, 'ONLINE');
    await download.ended;
    expect(download.isRight).toBe(true);
    expect(tokens).toEqual(new Set([token]));
    expect(download.peer.reporter.all('source-added')).toHaveLength(1);
  });
});
