import net from 'node:net';
import { expect, it } from 'vitest';
import { FairShare } from '../../../src/network/fair-share.ts';
import { connectionsWithin, Listener } from '../../../src/network/listener.ts';
import { Connection } from '../../../src/network/socket.ts';
import { DEFAULT_TIMING } from '../../../src/network/timing.ts';
import type { Address } from '../../../src/protocol/address.ts';
import { until } from '../../helpers/until.ts';

const OWN = '127.0.0.1:0' as Address;

it('an error while accepting is reported as what it is; where descriptors are used up, idle connections go', async () => {
  const tooMany: string[] = [];
  const failed: string[] = [];
  const listener = new Listener({
    onSocket: (socket) =>
      new Connection(
        socket,
        { own: OWN, timing: DEFAULT_TIMING, processor: new FairShare() },
        () => undefined,
      ),
    onTooMany: (host) => tooMany.push(host),
    onAcceptFailed: (code) => failed.push(code),
  });
  const address = await listener.listen(OWN);
  const port = Number(address.split(':')[1]);
  const clients = Array.from({ length: 30 }, () => net.connect(port, '127.0.0.1'));
  for (const client of clients) client.on('error', () => undefined);
  await until(() => listener.connections.size === 30, 2_000, 'thirty connections');
  listener.server.emit('error', Object.assign(new Error(), { code: 'ECONNABORTED' }));
  expect([failed, tooMany, listener.connections.size]).toEqual([['ECONNABORTED'], [], 30]);
  listener.server.emit('error', Object.assign(new Error(), { code: 'EMFILE' }));
  expect(failed).toHaveLength(1);
  expect(listener.connections.size).toBe(14);
  expect(tooMany).toHaveLength(16);
  for (const client of clients) client.destroy();
  for (const connection of listener.connections) connection.destroy();
  await listener.close();
});

it('connections of others take half of the descriptors, within reason', () => {
  expect([4, 64, 256, 1024, 1_048_576, Infinity].map(connectionsWithin)).toEqual([8, 32, 128, 512, 640, 640]);
});
