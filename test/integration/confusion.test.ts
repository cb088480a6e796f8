import { describe, expect, it } from 'vitest';
import { MAX_REPLY_BYTES } from '../../src/limits.ts';
import type { Address } from '../../src/protocol/address.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

/** Another host on the loopback network. */
const ELSEWHERE = '127.0.0.9';

/** A payload behind the length that is claimed for it. */
function prefixed(payload: string, claimed = BigInt(Buffer.byteLength(payload))): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64BE(claimed);
  return Buffer.concat([prefix, Buffer.from(payload)]);
}

/** A neighbour that answers everything with these bytes. */
const saying = (bytes: (own: Address) => Buffer) => {
  const neighbour: Promise<ScriptedNeighbour> = ScriptedNeighbour.start(() => (connection) => {
    void neighbour.then(({ address }) => connection.end(bytes(address)));
  });
  return neighbour;
};

describe('a prefix that lies', () => {
  it.each([
    // The first byte of 2^60 is no 0: that is text, and no message either.
    ['2^60 bytes', 2n ** 60n],
    ['2^55 bytes', 2n ** 55n],
    ['one byte over the limit', BigInt(MAX_REPLY_BYTES) + 1n],
  ])('%s: refused at once, without taking the memory', async (_, claimed) => {
    await using b = await saying((own) => prefixed(`${own} 1 LS_LIST 0`, claimed));
    await using a = await TestPeer.start({ knows: [b.address] });
    const before = process.memoryUsage().arrayBuffers;
    const code = claimed >= 2n ** 56n ? ['bad-origin', 'malformed', 'no-reply'] : ['line-too-long'];
    await expect(a.peer.request(b.address, { type: 'LS' })).rejects.toSatisfy((error: { code: string }) =>
      code.includes(error.code),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it('more bytes than follow: no reply', async () => {
    await using b = await saying((own) => prefixed(`${own} 1 LS_LIST 0`, 1_000n));
    await using a = await TestPeer.start({ knows: [b.address], timing: { callback: 200 } });
    await expect(a.peer.request(b.address, { type: 'LS' })).rejects.toMatchObject({ code: 'no-reply' });
  });

  it('fewer bytes than follow: the first frame counts, the rest is refused', async () => {
    await using b = await saying((own) =>
      Buffer.concat([prefixed(`${own} 1 LS_LIST 1 a:1`), Buffer.from('junk\n')]),
    );
    await using a = await TestPeer.start({ knows: [b.address] });
    expect((await a.peer.request(b.address, { type: 'LS' })).files).toHaveLength(1);
    expect(a.neighbours.get(b.address)?.status).toBe('ONLINE');
  });
});

describe('another framing in mid-connection', () => {
  it.each([
    [
      'text, then a prefix',
      (own: Address) => Buffer.concat([Buffer.from(`${own} 1 LS_LIST 0\n`), prefixed(`${own} 2 LS`)]),
    ],
    [
      'a prefix, then text',
      (own: Address) => Buffer.concat([prefixed(`${own} 1 LS_LIST 0`), Buffer.from(`${own} 2 LS\n`)]),
    ],
  ])('%s: the reply is taken, the rest does no harm', async (_, bytes) => {
    await using b = await saying(bytes);
    await using a = await TestPeer.start({ knows: [b.address] });
    expect((await a.peer.request(b.address, { type: 'LS' })).files).toEqual([]);
    await using c = await TestPeer.start({ files: { x: Buffer.from('x') } });
    expect((await a.peer.request(c.address, { type: 'LS' })).files).toHaveLength(1);
  });
});

describe('replies on connections of their own', () => {
  it.each([
    ['PEER_LIST', 'PEER_LIST 1 10.0.0.1:80:ONLINE:1'],
    ['LS_LIST', 'LS_LIST 1 a:1'],
    ['FILE', 'FILE a 1 0 YQ=='],
    ['ERROR', 'ERROR DL not-found a 256 0'],
  ])('that nobody asked for are refused: %s', async (_, body) => {
    await using peer = await TestPeer.start();
    await RawSocket.exchange(peer.port, `127.0.0.1:9 1 ${body}\n`);
    await peer.reporter.until(
      (event) => event.event === 'input-rejected' && event.code === 'unrequested-reply',
    );
    expect(peer.neighbours.list()).toEqual([]);
  });

  it('are taken from the host that was asked, and from no other', async () => {
    // Closes without a word, as programs do that call back.
    await using b = await ScriptedNeighbour.start(() => 'close');
    await using a = await TestPeer.start({ knows: [b.address] });
    const reply = a.peer.request(b.address, { type: 'LS' });
    await a.reporter.until((event) => event.event === 'message-sent' && event.type === 'LS');
    await RawSocket.exchange(a.port, `${b.address} 5 LS_LIST 1 forged:1\n`, ELSEWHERE);
    await RawSocket.exchange(a.port, `${b.address} 6 PEER_LIST 0\n`);
    await RawSocket.exchange(a.port, `${b.address} 7 LS_LIST 1 real:1\n`);
    expect((await reply).files).toEqual([{ token: 'real', size: 1 }]);
    // Once taken it is not awaited any more.
    await RawSocket.exchange(a.port, `${b.address} 8 LS_LIST 1 late:1\n`);
    expect(a.reporter.all('message-received').map(({ args }) => args)).toEqual([['1', 'real:1']]);
  });
});

describe('requests that would make us dial', () => {
  it('lead to nobody but the host that they come from', async () => {
    await using third = await RawServer.start((connection) => connection.end(''));
    await using peer = await TestPeer.start();
    // An empty connection first, as some programs do; then a request, with and without its FIN, in the name of a third.
    (await RawSocket.connect(peer.port, ELSEWHERE)).end('');
    await RawSocket.exchange(peer.port, `${third.address} 1 LS\n`, ELSEWHERE);
    using waiting = await RawSocket.connect(peer.port, ELSEWHERE);
    waiting.write(`${third.address} 2 GET_PEERS\n`);
    await waiting.untilEnd();
    expect(third.connections).toEqual([]);
  });
});
