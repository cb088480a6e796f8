import { expect, it } from 'vitest';
import { hasMulticast } from '../helpers/multicast.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

const isThere = await hasMulticast();
const args = ['--descobrir'];

it.runIf(isThere)('two peers on one machine find each other, and one that leaves is withdrawn', async () => {
  await using ana = await SpawnedPeer.start({ args });
  await using bia = await SpawnedPeer.start({ args, files: { 'segredo.txt': 'x' } });
  const isOf = (peer: SpawnedPeer, status: string) => (event: object) =>
    'neighbour' in event && event.neighbour === peer.address && 'status' in event && event.status === status;
  await ana.untilScreen(`Peer ${bia.address} encontrado na rede local`);
  await ana.until(isOf(bia, 'ONLINE'));
  await bia.until(isOf(ana, 'ONLINE'));
  // It has answered, so it is a neighbour like any.
  await ana.until((event) => event.event === 'neighbour-added' && event.neighbour === bia.address);
  bia.process.kill('SIGTERM');
  expect((await bia.exit).code).toBe(0);
  await ana.until(isOf(bia, 'OFFLINE'));
  // It has said BYE: nobody has to ask whether it is gone.
  const goodbye = ana.events.findIndex((event) => event.event === 'message-received' && event.type === 'BYE');
  ana.type(9);
  expect((await ana.exit).code).toBe(0);
  const after = (await ana.readEvents()).slice(goodbye).filter((event) => event.event === 'message-sent');
  expect(after.filter(({ to }) => to === bia.address)).toEqual([]);
  expect(await ana.neighboursFile()).toContain(bia.address);
});

it.runIf(isThere)('without --descobrir nobody is found', async () => {
  await using ana = await SpawnedPeer.start({ args });
  await using quiet = await SpawnedPeer.start();
  await using bia = await SpawnedPeer.start({ args });
  await ana.until((event) => event.event === 'neighbour-added' && event.neighbour === bia.address);
  expect(ana.screen).not.toContain(quiet.address);
  expect(quiet.screen).not.toContain('rede local');
});

/** A line of code that runs in the program before anything of it. */
const before = (code: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`import { Socket } from 'node:dgram'; ${code}`)}`,
});
const failing = (code: string) => `Object.assign(new Error('no'), { code: '${code}' })`;

it.each([
  [
    'forbidden',
    `Socket.prototype.bind = function () { process.nextTick(() => this.emit('error', ${failing('EACCES')})); }`,
  ],
  [
    'without a way',
    `Socket.prototype.send = (...args) => process.nextTick(args.at(-1), ${failing('ENETUNREACH')})`,
  ],
])('where multicast is %s one line says so, and the peer goes on', async (_what, code) => {
  await using peer = await SpawnedPeer.start({ args, env: before(code) });
  await peer.until((event) => event.event === 'discovery-failed');
  peer.type(3, 9);
  expect((await peer.exit).code).toBe(0);
  expect(peer.screen.match(/rede local/g)).toHaveLength(1);
  expect(peer.errors).toBe('');
});
