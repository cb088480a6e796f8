import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FieldPeer, FieldPeers, VARIANTS, type FieldDialect } from '../helpers/field/field-peer.ts';
import { OurPeer } from '../helpers/field/our-peer.ts';
import { eventually } from '../helpers/until.ts';

/**
 * Our peer among programs of the field (protocol, section 7), one dialect at a time and all at once.
 * The details that go across the dialects are in `field-details.test.ts`.
 */
const STRANGER = '127.0.0.1:9';
const BIG = randomBytes(20_003);
const SMALL = randomBytes(300);
/** The last chunk is a short one. */
const CHUNK = 1_000;
const SPACED = 'aula 1: x.txt';
const SPACED_TOKEN = 'aula%201%3A%20x.txt';

/** Its client reads 1024 bytes and no more. */
const bigFor = (dialect: FieldDialect): [name: string, data: Buffer] =>
  dialect === 'raw' ? ['small.bin', SMALL] : ['big.bin', BIG];

function expectUnharmed(field: FieldPeer): void {
  expect(field.seen.violations).toEqual([]);
  expect(field.seen.died).toBeUndefined();
}

/** Line is what everybody is taken for: it need not be told. */
async function expectLearnt(us: OurPeer, field: FieldPeer): Promise<void> {
  if (field.dialect !== 'line')
    await eventually(() => expect(us.dialectsOf(field.address).at(-1)).toBe(field.dialect));
  else expect(us.dialectsOf(field.address).filter((name) => name !== 'line')).toEqual([]);
}

describe.concurrent.each(VARIANTS)('%s', (_, dialect, quirks) => {
  it('gives us all that it has', async () => {
    const files = { 'big.bin': BIG, 'small.bin': SMALL };
    await using field = await FieldPeer.start(dialect, { files, neighbours: [STRANGER], quirks });
    await using us = await OurPeer.start({
      neighbours: [field.address],
      chunkSize: CHUNK,
      meets: [dialect],
    });
    await us.hello(1);
    await us.obtainPeers();
    expect(await us.search()).toEqual([
      { name: 'big.bin', size: BIG.length, sources: [field.address] },
      { name: 'small.bin', size: SMALL.length, sources: [field.address] },
    ]);
    expect(await us.download('big.bin')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('big.bin')).equals(BIG)).toBe(true);
    expect(field.seen.count('DL')).toBe(21);

    await expectLearnt(us, field);
    const extra = field.seen.extraConnections(1);
    expect(extra).toBeLessThanOrEqual(1);

    await us.obtainPeers();
    await us.download('small.bin');
    expect((await us.file('small.bin')).equals(SMALL)).toBe(true);
    expect(field.seen.extraConnections(1)).toBe(extra);
    expect(us.peers().map(({ address, status }) => [address, status])).toEqual([
      [field.address, 'ONLINE'],
      [STRANGER, 'OFFLINE'],
    ]);
    await us.leave();
    await eventually(() => expect(field.seen.count('BYE')).toBe(1));
    expectUnharmed(field);
  });

  it('gets from us all that we have', async () => {
    const files = { 'big.bin': BIG, 'small.bin': SMALL, [SPACED]: 'abc' };
    await using us = await OurPeer.start({ files, neighbours: [STRANGER], meets: [dialect] });
    await using field = await FieldPeer.start(dialect, { files: { own: 'x' }, quirks });
    const answer = await field.hello(us.address);
    const wantsAnswer = dialect === 'prefixed' || dialect === 'raw';
    expect(answer?.type).toBe(wantsAnswer ? 'RETURN_HELLO' : undefined);
    expect(await field.getPeers(us.address)).toEqual([{ address: STRANGER, status: 'OFFLINE', clock: 0 }]);
    const listed = await field.ls(us.address);
    expect([...listed].sort((a, b) => a.size - b.size)).toEqual([
      { name: SPACED_TOKEN, size: 3 },
      { name: 'small.bin', size: 300 },
      { name: 'big.bin', size: 20_003 },
    ]);
    const extra = field.seen.extraConnections();
    expect(extra).toBeLessThanOrEqual(1);

    const [name, data] = bigFor(dialect);
    expect((await field.download(us.address, name, CHUNK)).equals(data)).toBe(true);
    expect((await field.download(us.address, SPACED_TOKEN, CHUNK)).toString()).toBe('abc');
    await field.hello(us.address);
    await field.ls(us.address);
    expect(field.seen.extraConnections()).toBe(extra);
    await us.sees(field.address, 'ONLINE');
    await expectLearnt(us, field);
    await field.bye(us.address);
    await us.sees(field.address, 'OFFLINE');
    expectUnharmed(field);
    expect(field.seen.oddities).toEqual([]);
  });

  it('may begin with any request', async () => {
    await using us = await OurPeer.start({ files: { 'small.bin': SMALL }, meets: [dialect] });
    await using first = await FieldPeer.start(dialect, { quirks });
    expect(await first.getPeers(us.address)).toEqual([]);
    await using second = await FieldPeer.start(dialect, { quirks });
    expect(await second.ls(us.address)).toEqual([{ name: 'small.bin', size: 300 }]);
    expect((await second.download(us.address, 'small.bin', 64)).equals(SMALL)).toBe(true);
    for (const field of [first, second]) {
      await us.sees(field.address, 'ONLINE');
      expect(field.seen.extraConnections()).toBeLessThanOrEqual(1);
      expectUnharmed(field);
    }
  });

  it('is known to both sides by what either has learnt', async () => {
    await using us = await OurPeer.start({ files: { 'small.bin': SMALL }, meets: [dialect] });
    await using field = await FieldPeer.start(dialect, { files: { 'big.bin': BIG }, quirks });
    await field.hello(us.address);
    await field.ls(us.address);
    await us.sees(field.address, 'ONLINE');
    expect(await us.search()).toEqual([{ name: 'big.bin', size: BIG.length, sources: [field.address] }]);
    await field.getPeers(us.address);
    await us.obtainPeers();
    expect((await field.download(us.address, 'small.bin', CHUNK)).equals(SMALL)).toBe(true);
    expect(field.seen.count('GET_PEERS')).toBe(1);
    expect(field.seen.extraConnections()).toBeLessThanOrEqual(1);
    // That it serves both sides is seen on one that we have opened: anybody may open one in its name.
    if (dialect === 'persistent') expect(field.seen.connections).toBe(1);
    expectUnharmed(field);
  });
});

describe.concurrent('all dialects at once around us', () => {
  const GREAT = randomBytes(200_000);
  const fileOf = (what: string) => `${what.replaceAll(' ', '-')}.txt`;
  const holders: readonly string[] = ['prefixed', 'callback', 'persistent', 'multiline'];

  it('everybody is served and serves', async () => {
    await using field = new FieldPeers();
    for (const [what, dialect, quirks] of VARIANTS) {
      const files = { [fileOf(what)]: what, 'small.bin': SMALL };
      const held = holders.includes(what) ? { 'great.bin': GREAT } : {};
      await field.start(dialect, { files: { ...files, ...held }, quirks });
    }
    await using us = await OurPeer.start({
      files: { 'ours.txt': 'nosso' },
      neighbours: field.all.map(({ address }) => address),
      chunkSize: 4096,
      meets: VARIANTS.map(([, dialect]) => dialect),
    });
    const visits = field.all.map(async (visitor) => {
      await visitor.hello(us.address);
      await visitor.getPeers(us.address);
      await visitor.ls(us.address);
      return (await visitor.download(us.address, 'ours.txt', 2)).toString();
    });
    expect(await Promise.all(visits)).toEqual(field.all.map(() => 'nosso'));
    await us.obtainPeers();

    expect(new Set(us.peers().map(({ status }) => status))).toEqual(new Set(['ONLINE']));
    expect(us.peers()).toHaveLength(field.all.length);
    const found = await us.search();
    expect(found.map(({ name }) => name).sort()).toEqual(
      ['great.bin', 'small.bin', ...VARIANTS.map(([what]) => fileOf(what))].sort(),
    );
    expect(found.find(({ name }) => name === 'small.bin')?.sources).toHaveLength(field.all.length);

    expect(await us.download('great.bin')).toMatchObject({ event: 'download-finished', size: GREAT.length });
    expect((await us.file('great.bin')).equals(GREAT)).toBe(true);
    const sources = field.all.filter(({ files }) => files.has('great.bin'));
    expect(sources.filter(({ seen }) => seen.count('DL') > 0).map(({ dialect }) => dialect)).toEqual(holders);
    await us.leave();
    for (const [at, { seen }] of field.all.entries()) {
      const what = VARIANTS[at]?.[0] ?? '?';
      await eventually(() => expect(seen.count('BYE'), what).toBe(1));
      expect({ what, violations: seen.violations }).toEqual({ what, violations: [] });
      // What was only assumed is asked once more.
      expect(seen.extraConnections(), what).toBeLessThanOrEqual(2);
    }
  });

  it.each<FieldDialect>(['line', 'prefixed', 'raw', 'callback', 'persistent', 'multiline'])(
    'who is asked by us for the first time and asks us meanwhile understands the answer: %s',
    async (dialect) => {
      const quirks = { replyDelayMs: 100 };
      await using field = await FieldPeer.start(dialect, { files: { 'a.txt': 'a' }, quirks });
      const files = { 'small.bin': SMALL };
      await using us = await OurPeer.start({ files, neighbours: [field.address], meets: [dialect] });
      const asking = us.obtainPeers();
      await eventually(() => expect(field.seen.count('GET_PEERS')).toBe(1));
      expect(await field.ls(us.address)).toEqual([{ name: 'small.bin', size: 300 }]);
      await us.sees(field.address, 'ONLINE');
      expect((await field.download(us.address, 'small.bin', CHUNK)).equals(SMALL)).toBe(true);
      expect(field.seen.extraConnections()).toBeLessThanOrEqual(1);
      await asking;
      expectUnharmed(field);
    },
  );

  it.each<FieldDialect>(['prefixed'])(
    'who answers us while we look for its FIN is answered as it has shown itself: %s',
    async (dialect) => {
      await using field = await FieldPeer.start(dialect, { quirks: { replyDelayMs: 50 } });
      const files = { 'small.bin': SMALL };
      await using us = await OurPeer.start({
        files,
        neighbours: [field.address],
        timing: { endLook: 1_000 },
      });
      const asking = us.obtainPeers();
      await eventually(() => expect(field.seen.count('GET_PEERS')).toBe(1));
      expect(await field.ls(us.address)).toEqual([{ name: 'small.bin', size: 300 }]);
      await asking;
      expectUnharmed(field);
    },
  );

  it('the empty connection of one does not decide for another on the same host', async () => {
    await using us = await OurPeer.start({
      files: { 'small.bin': SMALL },
      meets: ['prefixed', 'line', 'multiline', 'callback'],
    });
    await using prefixed = await FieldPeer.start('prefixed');
    await using line = await FieldPeer.start('line');
    await using multiline = await FieldPeer.start('multiline');
    await using callback = await FieldPeer.start('callback');
    const all = [prefixed, line, multiline, callback];
    for (let round = 0; round < 3; round++) {
      const lists = await Promise.all(all.map((field) => field.ls(us.address)));
      expect(lists).toEqual(all.map(() => [{ name: 'small.bin', size: 300 }]));
    }
    for (const field of all) {
      expect(field.seen.extraConnections(), field.dialect).toBeLessThanOrEqual(1);
      expectUnharmed(field);
    }
  });

  it.each<[FieldDialect, FieldDialect]>([
    ['line', 'prefixed'],
    ['prefixed', 'callback'],
    ['callback', 'multiline'],
    ['multiline', 'line'],
    ['persistent', 'raw'],
    ['raw', 'persistent'],
  ])('what comes back as another is learnt anew: %s, then %s', async (before, after) => {
    await using us = await OurPeer.start({ files: { 'small.bin': SMALL }, meets: [before, after] });
    const files = { 'big.bin': BIG, 'small.bin': SMALL };
    let port = 0;
    for (const dialect of [before, after]) {
      await using field = await FieldPeer.start(dialect, { files, port });
      port = Number(field.address.split(':')[1]);
      await field.hello(us.address);
      expect(await field.ls(us.address)).toHaveLength(1);
      expect(await us.search()).toHaveLength(2);
      await field.bye(us.address);
      await us.test.reporter.until((e) => e.event === 'message-received' && e.type === 'BYE');
      expectUnharmed(field);
    }
    await eventually(() => expect(us.dialectsOf(`127.0.0.1:${port}`).at(-1)).toBe(after));
  });

  it('what comes back as another without BYE is learnt from its answers', async () => {
    await using us = await OurPeer.start({});
    let port = 0;
    for (const dialect of ['line', 'prefixed', 'multiline', 'callback'] as const) {
      await using field = await FieldPeer.start(dialect, {
        files: { 'big.bin': BIG, 'small.bin': SMALL },
        port,
      });
      if (port === 0) await field.hello(us.address);
      port = Number(field.address.split(':')[1]);
      await us.sees(field.address, 'ONLINE');
      expect(await us.search(), dialect).toHaveLength(2);
      expectUnharmed(field);
    }
  });
});
