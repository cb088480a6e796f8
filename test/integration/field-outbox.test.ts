import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FieldPeer } from '../helpers/field/field-peer.ts';
import { OurPeer } from '../helpers/field/our-peer.ts';
import { eventually } from '../helpers/until.ts';

/** A program that writes requests and replies on the one connection that it has opened, and never reads from that (section 7). */
const STRANGER = '127.0.0.1:9';
const BIG = randomBytes(20_003);
const CHUNK = 1_000;

describe.concurrent('a program with one outgoing connection', () => {
  it.each([
    ['after HELLO', true],
    ['at the first request', false],
  ])('gives us all that it has, over one connection each way, %s', async (_, isGreeted) => {
    const files = { 'big.bin': BIG, 'small.bin': 'abc' };
    await using field = await FieldPeer.start('outbox', { files, neighbours: [STRANGER] });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: CHUNK });
    if (isGreeted) await us.hello(1);
    await us.obtainPeers();
    await eventually(() => expect(us.dialectsOf(field.address)).toEqual(['outbox']));
    expect(await us.search()).toHaveLength(2);
    expect(await us.download('big.bin')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('big.bin')).equals(BIG)).toBe(true);
    expect(field.seen.count('DL')).toBe(21);
    expect(field.seen.connections).toBe(1);
    expect(us.peers().map(({ address, status }) => [address, status])).toEqual([
      [field.address, 'ONLINE'],
      [STRANGER, 'OFFLINE'],
    ]);
    await us.leave();
    await eventually(() => expect(field.seen.count('BYE')).toBe(1));
    expect(field.seen.violations).toEqual([]);
  });

  it('gives us a chunk that is longer than all that it has sent before', async () => {
    const data = randomBytes(3_000_000);
    await using field = await FieldPeer.start('outbox', { files: { a: data } });
    await using us = await OurPeer.start({ neighbours: [field.address], chunkSize: 1_000_000 });
    await us.obtainPeers();
    expect(await us.download('a')).toMatchObject({ event: 'download-finished' });
    expect((await us.file('a')).equals(data)).toBe(true);
    expect(field.seen.violations).toEqual([]);
  });

  it.each([
    ['nothing', () => Promise.resolve()],
    [
      'HELLO and LS, in vain',
      async (field: FieldPeer, us: OurPeer) => {
        await field.hello(us.address);
        await Promise.allSettled([
          field.ls(us.address),
          us.test.reporter.until((e) => e.event === 'message-received' && e.type === 'LS'),
        ]);
      },
    ],
  ])('gets from us all that we have once we have asked it; it has asked before: %s', async (_, before) => {
    await using us = await OurPeer.start({ files: { 'big.bin': BIG } });
    await using field = await FieldPeer.start('outbox', { files: { own: 'x' }, quirks: { replyMs: 300 } });
    await before(field, us);
    await us.test.peer.request(us.test.neighbours.list()[0]?.address ?? (field.address as never), {
      type: 'LS',
    });
    expect(us.dialectsOf(field.address).at(-1)).toBe('outbox');
    await field.hello(us.address);
    expect(await field.ls(us.address)).toEqual([{ name: 'big.bin', size: BIG.length }]);
    expect((await field.download(us.address, 'big.bin', CHUNK)).equals(BIG)).toBe(true);
    expect(await us.search()).toEqual([{ name: 'own', size: 1, sources: [field.address] }]);
    expect((await field.download(us.address, 'big.bin', 20_000)).equals(BIG)).toBe(true);
    expect(field.seen.connections).toBe(1);
    await field.bye(us.address);
    await us.sees(field.address, 'OFFLINE');
    expect(field.seen.violations).toEqual([]);
  });

  it('is learnt anew where another program has come to its address without BYE', async () => {
    await using us = await OurPeer.start({ timing: { reply: 300 } });
    let port = 0;
    for (const dialect of ['outbox', 'line', 'outbox', 'callback', 'outbox'] as const) {
      await using field = await FieldPeer.start(dialect, { files: { a: 'a' }, port });
      port = Number(field.address.split(':')[1]);
      const ask = () => us.test.peer.request(field.address as never, { type: 'LS' });
      // The first question may go where nobody reads it any more.
      await ask().catch(ask);
      expect(us.dialectsOf(field.address).at(-1)).toBe(dialect);
    }
  });
});
