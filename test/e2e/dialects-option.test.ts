import { describe, expect, it } from 'vitest';
import { RawServer } from '../helpers/raw-server.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';
import { until } from '../helpers/until.ts';

describe('--dialeto', () => {
  it('frames the first answer to that neighbour, and no other, as the person says', async () => {
    const fixed = '127.0.0.1:9';
    await using peer = await SpawnedPeer.start({
      files: { 'a.txt': 'abc' },
      args: ['--dialeto', `${fixed}=prefixed`],
    });
    const ask = async (origin: string) => {
      using client = await RawSocket.connect(peer.port);
      client.write(`${origin} 1 LS\n`);
      return await client.untilEnd();
    };
    const framed = await ask(fixed);
    expect(framed.readBigUInt64BE(0)).toBe(BigInt(framed.length - 8));
    expect(framed.toString('latin1', 8)).toMatch(/^127\.0\.0\.1:\d+ \d+ LS_LIST 1 a\.txt:3$/);
    expect((await ask('127.0.0.1:8')).toString()).toMatch(/^127\.0\.0\.1:\d+ \d+ LS_LIST 1 a\.txt:3\n$/);
    expect(
      peer.events.filter((event) => event.event === 'dialect-learnt' && event.neighbour === fixed),
    ).toEqual([]);
  });
});

describe('neighbours that accept and never answer', () => {
  it('are asked side by side without a warning on the screen', async () => {
    const silent = await Promise.all(Array.from({ length: 24 }, () => RawServer.start()));
    const neighbours = silent.map(({ address }) => address);
    await using peer = await SpawnedPeer.start({ neighbours });
    peer.type(2);
    // More than the ten listeners of one signal that Node warns at.
    const asked = () => silent.filter(({ connections }) => connections.length > 0).length;
    await until(() => asked() >= 14, 10_000, '14 requests side by side');
    peer.process.kill('SIGTERM');
    expect((await peer.exit).code).toBe(0);
    expect(peer.errors).toBe('');
    await Promise.all(silent.map((server) => server.close()));
  });
});
