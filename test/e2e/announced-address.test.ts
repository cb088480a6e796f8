import { expect, it } from 'vitest';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

it.each([
  ['0.0.0.0', '127.0.0.1'],
  ['[::]', 'localhost'],
])('a peer that listens on %s is called by what --anuncio says', async (listening, announced) => {
  const args = ['--anuncio', announced];
  await using server = await SpawnedPeer.start({ address: `${listening}:0`, args, files: { f: 'abc' } });
  expect(server.address).toBe(`${announced}:${server.port}`);
  await using client = await SpawnedPeer.start({ neighbours: [server.address] });
  client.type(1, 1, 4, 1);
  await client.untilScreen('finalizado');
  await server.until((event) => event.event === 'message-sent' && event.type === 'FILE');
  // It never takes itself for a neighbour.
  server.type(2, 9);
  expect((await server.exit).code).toBe(0);
  expect(server.events.some((event) => 'neighbour' in event && event.neighbour === server.address)).toBe(
    false,
  );
});
