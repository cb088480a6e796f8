import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FieldPeer, VARIANTS } from '../helpers/field/field-peer.ts';
import { Wire } from '../helpers/field/wire.ts';
import { eventually } from '../helpers/until.ts';

const BIG = randomBytes(5_003);
const SMALL = randomBytes(300);

describe.concurrent('programs of the field among themselves', () => {
  // A server that leaves the last newline out has no client of its kind: it reads to the end.
  const asClient = { 'line without its newline': 'line that reads to the end' };

  it.each(VARIANTS.filter(([what]) => !(what in asClient)))('%s', async (what, dialect, quirks) => {
    const files = { 'big.bin': BIG, small: SMALL, empty: '' };
    await using server = await FieldPeer.start(dialect, { files, neighbours: ['127.0.0.1:9'], quirks });
    await using client = await FieldPeer.start(dialect, { quirks });
    const answer = await client.hello(server.address);
    expect(answer?.type).toBe(dialect === 'prefixed' || dialect === 'raw' ? 'RETURN_HELLO' : undefined);
    expect(await client.getPeers(server.address)).toEqual([
      { address: '127.0.0.1:9', status: 'OFFLINE', clock: 0 },
    ]);
    expect(await client.ls(server.address)).toEqual([
      { name: 'big.bin', size: 5_003 },
      { name: 'small', size: 300 },
      { name: 'empty', size: 0 },
    ]);
    const name = dialect === 'raw' ? 'small' : 'big.bin';
    expect((await client.download(server.address, name, 1000)).equals(server.files.get(name) ?? BIG)).toBe(
      true,
    );
    await client.bye(server.address);
    await eventually(() => expect(server.neighbours.get(client.address)?.status).toBe('OFFLINE'));
    expect(server.seen.requests.map(({ type }) => type)).toEqual([
      'HELLO',
      'GET_PEERS',
      'LS',
      ...Array<string>(dialect === 'raw' ? 1 : 6).fill('DL'),
      'BYE',
    ]);
    const knocks = dialect === 'prefixed' || dialect === 'raw' ? 4 : 0;
    expect([server.seen.empty, server.seen.extraConnections(1)]).toEqual([knocks, knocks]);
    expect([...server.seen.violations, ...client.seen.violations]).toEqual([]);
    expect(server.clock).toBeGreaterThan(client.clock);
    expect(what).toContain(dialect);
  });

  it('a persistent one asks on the connection that the other opened, and knows when it was closed', async () => {
    await using a = await FieldPeer.start('persistent', { files: { small: SMALL } });
    await using b = await FieldPeer.start('persistent', { files: { big: BIG } });
    await b.hello(a.address);
    expect(await b.ls(a.address)).toHaveLength(1);
    const [files, same] = await Promise.all([a.ls(b.address), b.ls(a.address)]);
    expect([files.length, same.length]).toEqual([1, 1]);
    expect((await a.download(b.address, 'big', 1000)).equals(BIG)).toBe(true);
    expect([a.seen.connections, b.seen.connections]).toEqual([1, 0]);
    a.stop();
    await eventually(() => expect(b.seen.violations).toEqual([`${a.address} closed a connection in use`]));
    await expect(b.ls(a.address)).rejects.toThrow('has closed');
  });

  it.each(['other 100 0', 'small 100 3', 'small 0 1', 'small 100', 'small 100 x'])(
    'a strict one dies of DL %s',
    async (args) => {
      await using server = await FieldPeer.start('line', { files: { small: SMALL } });
      expect(await send(server, `DL ${args}\n`)).toHaveLength(0);
      expect(server.seen.died).toBe(server.seen.violations[0]);
      await expect(Wire.dial(server.address)).rejects.toThrow('cannot be reached');
    },
  );

  it('says what was done to it', async () => {
    const quirks = { maxRequestBytes: 59, replyDelayMs: 50 };
    await using server = await FieldPeer.start('prefixed', { quirks });
    const idle = await Wire.dial(server.address);
    await eventually(() => expect(server.seen.violations).toEqual(['idle connection: no request']));
    idle.destroy();
    const split = await Wire.dial(server.address);
    split.write(Buffer.from('127.0.0.1:9 1 '));
    await split.until(() => false, 20);
    split.write(Buffer.from('LS \n'));
    expect((await split.readToEnd(1000))?.subarray(8).toString()).toMatch(/ LS_LIST 0$/);
    split.destroy();
    expect(await send(server, `DL ${'x'.repeat(60)} 256 0\n`)).toHaveLength(0);
    await Promise.all([send(server, 'HELLO\n'), send(server, 'LS\n')]);
    expect(server.seen.violations.slice(1).map((text) => text.split(':')[0])).toEqual([
      'in 2 segments',
      'trailing space',
      '84 bytes',
      'LS while HELLO is unanswered',
    ]);
  });
});

/** One request of somebody who is no program of the field, and all that comes back. */
async function send(server: FieldPeer, request: string): Promise<Buffer | undefined> {
  const wire = await Wire.dial(server.address);
  wire.write(Buffer.from(`127.0.0.1:9 1 ${request}`));
  const reply = await wire.readToEnd(2000);
  wire.destroy();
  return reply;
}
