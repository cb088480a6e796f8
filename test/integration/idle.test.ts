import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const timing = { idle: 200 };

describe('a connection that we close because it is idle', () => {
  it('does not make its neighbour one that closes behind its reply', async () => {
    await using neighbour = await KeepingNeighbour.start(({ type }, connection, self) => {
      if (type === 'GET_PEERS') self.say(connection, 'PEER_LIST 0');
    });
    const { connections } = neighbour.server;
    await using peer = await TestPeer.start({ timing, knows: [neighbour.address] });
    const ask = () => peer.peer.request(neighbour.address, { type: 'GET_PEERS' });
    await ask();
    await until(() => connections[0]?.closed === true, 2_000, 'the idle connection closed');
    await ask();
    expect(connections).toHaveLength(2);
    await ask();
    expect(connections).toHaveLength(2);
    expect(peer.reporter.all('dialect-learnt').map(({ dialect }) => dialect)).toEqual(['persistent']);
    expect(peer.reporter.all('request-failed')).toEqual([]);
  });

  it('leaves a session possible', async () => {
    const data = new RandomNumbers(61).bytes(20_000);
    await using source = await TestPeer.start({ timing, files: { f: data } });
    // Its list came on a connection that closes at once; a busy machine sees that late.
    await using peer = await TestPeer.start({ timing: { ...timing, closeLook: 5_000 } });
    const download = () => searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: 1000 }));
    const greetings = () =>
      source.reporter.all('message-received').filter(({ type }) => type === 'HELLO').length;
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const before = sockets();
    peer.neighbours.observe(source.address, 'ONLINE');
    await download();
    expect(greetings()).toBe(1);
    await until(() => sockets() <= before, 3_000, 'the idle session closed');
    await download();
    expect(greetings()).toBe(2);
    expect(peer.reporter.all('download-finished')).toHaveLength(2);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(peer.reporter.all('dialect-learnt').at(-1)).toMatchObject({ dialect: 'session' });
  });
});
