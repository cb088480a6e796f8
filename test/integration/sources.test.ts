import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import { dialectNamed } from '../../src/protocol/dialect.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Gate } from '../helpers/gate.ts';
import { chunkBody, KeepingNeighbour } from '../helpers/keeping-neighbour.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const X = '127.0.0.1:9';
const CHUNK = 1000;
const data = new RandomNumbers(41).bytes(64_500);
const CHUNKS = Math.ceil(data.length / CHUNK);

async function download(address: Address): Promise<TestPeer> {
  const peer = await TestPeer.start();
  peer.neighbours.observe(address, 'ONLINE');
  await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
  return peer;
}

describe("another request's FILE on our connection", () => {
  /** Answers each DL with the FILEs of chunks so far from the one that was asked for; 0 is the right one. */
  const startSource = (distances: readonly number[], isOpenAfterwards = false) =>
    ScriptedNeighbour.start((request) => {
      if (request.type !== 'DL') return say(`LS_LIST 1 f:${data.length}`);
      const bodies = distances.map((distance) =>
        chunkBody(data, { ...request, index: (request.index + distance) % CHUNKS }),
      );
      const lines = bodies.map((body, at) => `127.0.0.1:1 ${at + 1} ${body}\n`).join('');
      return (connection) => (isOpenAfterwards ? connection.write(lines) : connection.end(lines));
    });

  it.each([
    ['one', [1, 0]],
    ['several', [5, 1, 7, 0]],
  ])('is passed over where the right one follows: %s', async (_, distances) => {
    await using source = await startSource(distances);
    await using peer = await download(source.address);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('chunk-failed')).toEqual([]);
    expect(peer.reporter.all('source-retired')).toEqual([]);
    expect(source.count('DL')).toBe(CHUNKS);
  });

  it.each([
    ['closes', false],
    ['stays open', true],
  ])('costs its source the download where nothing else comes and the connection %s', async (_, isOpen) => {
    await using source = await startSource([1, 2], isOpen);
    await using peer = await download(source.address);
    expect(peer.reporter.all('source-retired')[0]).toMatchObject({ source: source.address });
    const codes = new Set(peer.reporter.all('chunk-failed').map(({ code }) => code));
    expect(codes).toEqual(new Set(['wrong-chunk']));
    expect(peer.reporter.all('download-failed')).toMatchObject([{ code: 'no-sources' }]);
  });
});

describe('a session', () => {
  it('answers what is not there, and goes on', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 HELLO sessao\n`);
    client.write(`${X} 2 DL missing 256 0\n${X} 3 DL f 1000 99\n${X} 4 DL f 1000 2\n`);
    const lines = await client.untilLines(4);
    const bodies = lines.map((line) => line.split(' ').slice(2).join(' '));
    expect(bodies).toEqual([
      expect.stringMatching(/^RETURN_HELLO sessao/),
      'ERROR DL not-found missing 256 0',
      'ERROR DL out-of-range f 1000 99',
      `FILE f 1000 2 ${data.subarray(2000, 3000).toString('base64')}`,
    ]);
    expect(client.ending).toBe('none');
    client.write(`${X} 5 DL f 1000 64\n`);
    expect((await client.untilLines(5))[4]).toContain(' FILE f 500 64 ');
  });

  it('counts no message to whoever has reset it', async () => {
    await using peer = await TestPeer.start({ files: { f: data } });
    const gate = new Gate();
    peer.share.beforeRead = () => gate.opened;
    using client = await RawSocket.connect(peer.port);
    client.write(`${X} 1 HELLO sessao\n`);
    await client.untilLines(1);
    client.write(`${X} 2 DL f 1000 0\n${X} 3 DL f 1000 1\n`);
    await until(() => peer.share.reads > 0, 1_000, 'the read');
    client.reset();
    await client.until(() => client.closed, 1_000, 'closed');
    // Two round trips later the reset has long been seen.
    await RawSocket.exchange(peer.port, '127.0.0.1:8 1 GET_PEERS\n');
    await RawSocket.exchange(peer.port, '127.0.0.1:8 2 GET_PEERS\n');
    gate.open();
    await RawSocket.exchange(peer.port, '127.0.0.1:8 3 GET_PEERS\n');
    await RawSocket.exchange(peer.port, '127.0.0.1:8 4 GET_PEERS\n');
    const sent = peer.reporter.all('message-sent').filter(({ to }) => to === X);
    expect(sent.map(({ type }) => type)).toEqual(['RETURN_HELLO']);
  });

  it('that is refused the second time leaves few requests at once', async () => {
    const atOnce = dialectNamed('line')?.requestsAtOnce ?? 0;
    const answerMs = 30;
    let isDemoted = false;
    let open = 0;
    let mostOpen = 0;
    const answerAlone = (connection: RawSocket, self: KeepingNeighbour, body: string) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      setTimeout(() => {
        open -= 1;
        self.say(connection, body);
        connection.end();
      }, answerMs);
    };
    await using source = await KeepingNeighbour.start((message, connection, self) => {
      if (message.type === 'LS') self.say(connection, `LS_LIST 1 f:${data.length}`);
      else if (message.type === 'HELLO' && isDemoted) connection.end();
      else if (message.type === 'HELLO') self.say(connection, 'RETURN_HELLO sessao');
      else if (message.type !== 'DL') return;
      else if (isDemoted && connection !== self.server.connections[0])
        answerAlone(connection, self, chunkBody(data, message));
      else if (self.count('DL') < 10) self.say(connection, chunkBody(data, message));
      else if (!isDemoted) {
        isDemoted = true;
        connection.end();
      }
    });
    await using peer = await download(source.address);
    expect(isDemoted).toBe(true);
    expect(peer.share.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('dialect-learnt').at(-1)).toMatchObject({ dialect: 'line' });
    expect(mostOpen).toBeGreaterThan(0);
    expect(mostOpen).toBeLessThanOrEqual(atOnce);
  });
});
