import { describe, expect, it } from 'vitest';
import { SOCKET_BUFFER_BYTES } from '../../src/limits.ts';
import { AcceptedSockets } from '../helpers/accepted-sockets.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileBody, SessionClient } from '../helpers/session-client.ts';
import { TestPeer } from '../helpers/test-peer.ts';
import { until } from '../helpers/until.ts';

const timing = { write: 600 };

const PATIENCE_MS = 8_000;
const data = new RandomNumbers(72).bytes(4_000_000);
const others = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`file ${at}`, data]));
const files = { f: data, ...others };

/** So much that no buffer between the two takes all answers. */
const floods: readonly (readonly [what: string, times: number, request: string, first: string])[] = [
  ['chunks', 4_000, 'DL f 16000 7', 'DL f 16000 7'],
  ['large chunks', 40, 'DL f 2000000 1', 'DL f 2000000 1'],
  ['lists', 2_000, 'LS', 'LS'],
  ['what is not there', 12_000, `DL ${'x'.repeat(701)} 100 0`, 'LS'],
  ['what nobody knows', 12_000, `FORMAT ${'c: '.repeat(6)}${'x'.repeat(701)}`, 'LS'],
  ['a chunk and greetings', 40_000, 'HELLO', 'DL f 3000000 0'],
];

describe.concurrent('a client of a session that never reads', () => {
  it.each(floods)(
    'and asks for %s: costs little until it is cut off, and nothing to others',
    async (_, times, request, first) => {
      await using peer = await TestPeer.start({ timing, files });
      using accepted = new AcceptedSockets(peer.port);
      using client = await SessionClient.open(peer.port);
      client.connection.socket.pause();
      client.say(first, ...Array.from({ length: times }, () => request));
      const [socket] = accepted.sockets;
      let mostBuffered = 0;
      const look = () => (mostBuffered = Math.max(mostBuffered, accepted.bufferedBytes));
      await until(() => look() >= SOCKET_BUFFER_BYTES, PATIENCE_MS, 'answers that wait');
      using other = await SessionClient.open(peer.port, '127.0.0.1:8');
      expect(await other.ask('DL f 100 3')).toEqual([fileBody('f', data, 100, 3)]);
      const isCutOff = () => look() >= 0 && socket?.destroyed === true;
      await until(isCutOff, PATIENCE_MS, 'the cut');
      expect(mostBuffered).toBeLessThan(2 * SOCKET_BUFFER_BYTES);
      expect(await other.ask('DL f 100 4')).toEqual([fileBody('f', data, 100, 4)]);
    },
  );

  it('is served like any other where it reads in the end', async () => {
    await using peer = await TestPeer.start({ timing, files });
    using accepted = new AcceptedSockets(peer.port);
    using client = await SessionClient.open(peer.port);
    client.connection.socket.pause();
    const indexes = Array.from({ length: 250 }, (_, index) => index);
    client.say(...indexes.map((index) => `DL f 16000 ${index}`));
    await until(() => accepted.bufferedBytes > 0, PATIENCE_MS, 'answers that wait');
    client.connection.socket.resume();
    const end = client.connection.until(
      () => client.connection.receivedBytes > (data.length / 3) * 4,
      PATIENCE_MS,
      'all chunks',
    );
    await end;
    const answers = await client.take(250);
    answers.forEach((answer, index) => expect(answer === fileBody('f', data, 16_000, index)).toBe(true));
  });
});
