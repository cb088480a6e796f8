import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { joinLocalNetwork } from '../../src/discovery/dns-sd.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { hasMulticast, MDNS_GROUP, MDNS_PORT } from '../helpers/multicast.ts';
import { until } from '../helpers/until.ts';

const isThere = await hasMulticast();

function join(address: string) {
  const up: unknown[] = [];
  const down: unknown[] = [];
  let failures = 0;
  const leave = joinLocalNetwork(
    { port: 5001, text: { endereco: address }, networkInterface: '127.0.0.1' },
    {
      onUp: ({ text }) => up.push(text.endereco),
      onDown: ({ text }) => down.push(text.endereco),
      onFailed: () => (failures += 1),
    },
  );
  return { up, down, leave, failures: () => failures };
}

it.runIf(isThere)('who announces is seen, and so is who takes it back', async () => {
  const ana = join('ana:1');
  const bia = join('bia:1');
  await until(() => ana.up.includes('bia:1') && bia.up.includes('ana:1'), 0, 'each has seen the other');
  await bia.leave();
  await until(() => ana.down.includes('bia:1'), 0, 'it is taken back');
  await ana.leave();
  expect(ana.failures() + bia.failures()).toBe(0);
});

it.runIf(isThere)('rubbish from the network does no harm', async () => {
  const ana = join('ana:2');
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  const numbers = new RandomNumbers(5353);
  const packet = announcement();
  for (let round = 0; round < 2_000; round++) {
    const damaged = Buffer.from(packet);
    for (let count = 0; count < 3; count++) damaged[numbers.below(damaged.length)] = numbers.below(256);
    socket.send(round % 10 === 0 ? numbers.bytes(1 + numbers.below(200)) : damaged, MDNS_PORT, MDNS_GROUP);
  }
  const bia = join('bia:2');
  await until(() => ana.up.includes('bia:2'), 0, 'the other is seen');
  await Promise.all([ana.leave(), bia.leave()]);
  socket.close();
});

/** A response with a PTR, a SRV and a TXT record, as RFC 1035 lays it out. */
function announcement(): Buffer {
  const name = (...labels: readonly string[]) =>
    Buffer.concat([
      ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
      Buffer.alloc(1),
    ]);
  const type = ['_eachare', '_tcp', 'local'];
  const record = (owner: Buffer, kind: number, data: Buffer) => {
    const head = Buffer.alloc(10);
    head.writeUInt16BE(kind, 0);
    head.writeUInt16BE(1, 2);
    head.writeUInt32BE(120, 4);
    head.writeUInt16BE(data.length, 8);
    return Buffer.concat([owner, head, data]);
  };
  const instance = name('rubbish', ...type);
  const service = Buffer.concat([Buffer.from([0, 0, 0, 0, 0x13, 0x89]), name('host', 'local')]);
  const text = Buffer.from('\x14endereco=127.0.0.1:9');
  const header = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 3, 0, 0, 0, 0]);
  const records = [
    record(name(...type), 12, instance),
    record(instance, 33, service),
    record(instance, 16, text),
  ];
  return Buffer.concat([header, ...records]);
}
