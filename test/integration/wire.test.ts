import { describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { Gate } from '../helpers/gate.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const ME = '127.0.0.1:9';
const numbers = new RandomNumbers(42);
const milbytes = numbers.bytes(1000);
const odd = numbers.bytes(48 * 1024 + 1);
const large = numbers.bytes(1_500_001);

const sharing = () =>
  TestPeer.start({
    files: {
      'milbytes.txt': milbytes,
      odd,
      large,
      vazio: Buffer.alloc(0),
      'a b.txt': Buffer.from('with a space'),
      'c%20d': Buffer.from('exact'),
      'c d': Buffer.from('decoded'),
      'x:y': Buffer.from('colon'),
      'linha\nnova': Buffer.from('newline'),
      'ação.txt': Buffer.from('UTF-8'),
    },
  });

/** Sends one request with a FIN behind it to a fresh clock, and returns everything that is answered. */
async function answer(peer: TestPeer, request: string): Promise<string> {
  const reply = await RawSocket.exchange(peer.port, `${ME} 10 ${request}\n`);
  return reply.toString('utf8');
}

/** The line that a peer with a clock of 0 answers to a request with a clock of 10. */
const line = (peer: TestPeer, body: string) => `${peer.address} 12 ${body}\n`;

describe('the bytes of a reply', () => {
  it('PEER_LIST', async () => {
    await using peer = await TestPeer.start();
    expect(await answer(peer, 'GET_PEERS')).toBe(line(peer, 'PEER_LIST 0'));
    await RawSocket.exchange(peer.port, '127.0.0.1:7 3 HELLO\n');
    await RawSocket.exchange(peer.port, '127.0.0.1:8 5 BYE\n');
    expect(await answer(peer, 'GET_PEERS')).toBe(
      // BYE makes nobody known.
      `${peer.address} 16 PEER_LIST 1 127.0.0.1:7:ONLINE:3\n`,
    );
  });

  it('LS_LIST', async () => {
    await using empty = await TestPeer.start();
    expect(await answer(empty, 'LS')).toBe(line(empty, 'LS_LIST 0'));
    await using peer = await sharing();
    expect(await answer(peer, 'LS')).toBe(
      line(
        peer,
        'LS_LIST 10 milbytes.txt:1000 odd:49153 large:1500001 vazio:0 a%20b.txt:12 c%2520d:5 c%20d:7 x%3Ay:5 linha%0Anova:7 ação.txt:5',
      ),
    );
  });

  it.each([
    [0, 256],
    [1, 256],
    [2, 256],
    [3, 232],
  ])('FILE, chunk %d of 1000 bytes has %d', async (index, length) => {
    await using peer = await sharing();
    const chunk = milbytes.subarray(index * 256, index * 256 + length);
    expect(await answer(peer, `DL milbytes.txt 256 ${index}`)).toBe(
      line(peer, `FILE milbytes.txt ${length} ${index} ${chunk.toString('base64')}`),
    );
  });

  it.each([
    ['milbytes.txt', milbytes],
    ['odd', odd],
    ['large', large],
  ])('FILE, all of %s for "0 0"', async (name, data) => {
    await using peer = await sharing();
    expect(await answer(peer, `DL ${name} 0 0`)).toBe(
      line(peer, `FILE ${name} 0 0 ${data.toString('base64')}`),
    );
  });

  it.each([
    ['odd', odd, 49_152, 0],
    ['odd', odd, 49_152, 1],
    ['large', large, 1_000_000, 0],
    ['large', large, 1_000_000, 1],
    ['large', large, 100_000, 7],
    ['large', large, 16 * 1024 * 1024, 0],
    ['large', large, Number.MAX_SAFE_INTEGER, 0],
  ])('FILE, %s %#', async (name, data, size, index) => {
    await using peer = await sharing();
    const chunk = data.subarray(index * size, (index + 1) * size);
    expect(await answer(peer, `DL ${name} ${size} ${index}`)).toBe(
      line(peer, `FILE ${name} ${chunk.length} ${index} ${chunk.toString('base64')}`),
    );
  });

  it('FILE of an empty file ends behind its index', async () => {
    await using peer = await sharing();
    expect(await answer(peer, 'DL vazio 256 0')).toBe(line(peer, 'FILE vazio 0 0'));
  });

  it.each([
    ['a%20b.txt', 'with a space'],
    ['c%20d', 'decoded'],
    ['c%2520d', 'exact'],
    ['x%3Ay', 'colon'],
    ['x%3ay', 'colon'],
    ['x:y', 'colon'],
    ['linha%0Anova', 'newline'],
    ['ação.txt', 'UTF-8'],
    ['a%C3%A7%C3%A3o.txt', 'UTF-8'],
  ])('FILE repeats the name as it was asked for: %s', async (token, text) => {
    await using peer = await sharing();
    expect(await answer(peer, `DL ${token} 256 0`)).toBe(
      line(peer, `FILE ${token} ${text.length} 0 ${Buffer.from(text).toString('base64')}`),
    );
  });

  it.each(['BYE', 'HELLO', 'DL x 256 0', 'DL milbytes.txt 256 4', 'DL milbytes.txt 0 1', 'NONSENSE'])(
    'nothing at all for %s',
    async (request) => {
      await using peer = await sharing();
      expect(await answer(peer, request)).toBe('');
    },
  );
});

describe('the bytes of a request', () => {
  const requests: readonly (readonly [what: string, bytes: string])[] = [
    ['newline', `${ME} 10 LS\n`],
    ['CR and newline', `${ME} 10 LS\r\n`],
    ['newline and NUL', `${ME} 10 LS\n\0`],
    ['blank lines around', `\n\r\n${ME} 10 LS\n\n`],
  ];

  it.each(requests)('%s: answered without waiting for the FIN, then closed', async (_, bytes) => {
    await using peer = await TestPeer.start();
    using client = await RawSocket.connect(peer.port);
    client.write(bytes);
    expect((await client.untilEnd()).toString()).toBe(line(peer, 'LS_LIST 0'));
    expect(client.ending).toBe('fin');
  });

  it.each([...requests, ['no newline', `${ME} 10 LS`] as const])(
    '%s: answered with the FIN right behind',
    async (_, bytes) => {
      await using peer = await TestPeer.start();
      expect((await RawSocket.exchange(peer.port, bytes)).toString()).toBe(line(peer, 'LS_LIST 0'));
    },
  );

  it('byte by byte, in the middle of a character as well', async () => {
    await using peer = await sharing();
    using client = await RawSocket.connect(peer.port);
    await client.writeByteByByte(`${ME} 10 DL ação.txt 256 0\n`);
    expect((await client.untilEnd()).toString()).toBe(line(peer, 'FILE ação.txt 5 0 VVRGLTg='));
  });

  it('one request after the other from an asker of which nothing is known', async () => {
    await using peer = await TestPeer.start();
    const [list, peers] = (await RawSocket.exchange(peer.port, `${ME} 10 LS\n${ME} 11 GET_PEERS\n`))
      .toString()
      .split('\n');
    expect(list).toMatch(/ LS_LIST 0$/);
    expect(peers).toMatch(/ PEER_LIST 0$/);
  });

  it('what we send is one line of the letter', async () => {
    await using peer = await TestPeer.start();
    await using server = await TestPeer.start();
    await peer.peer.request(server.address, { type: 'LS' });
    await peer.peer.hello(server.address);
    await server.reporter.until((event) => event.event === 'message-received' && event.type === 'HELLO');
    expect(server.reporter.all('message-received')).toMatchObject([
      { from: peer.address, clock: 1, type: 'LS', args: [] },
      { from: peer.address, type: 'HELLO', args: [] },
    ]);
  });
});

describe('a connection that begins with HELLO', () => {
  it('gets nothing where it closes at once', async () => {
    await using peer = await TestPeer.start();
    expect(await answer(peer, 'HELLO')).toBe('');
    expect(peer.reporter.all('message-sent')).toEqual([]);
  });

  it('gets one RETURN_HELLO where it stays open, and may go on', async () => {
    await using peer = await sharing();
    using client = await RawSocket.connect(peer.port);
    client.write(`${ME} 10 HELLO\n`);
    const [hello] = await client.untilLines(1);
    expect(hello).toMatch(/^127\.0\.0\.1:\d+ 12 RETURN_HELLO( [a-z0-9 ]+)?$/);
    client.write(`${ME} 13 GET_PEERS\n`);
    expect((await client.untilLines(2))[1]).toBe(`${peer.address} 15 PEER_LIST 0`);
    client.write(`${ME} 16 DL vazio 256 0\n`);
    expect((await client.untilLines(3))[2]).toBe(`${peer.address} 18 FILE vazio 0 0`);
    expect(client.ending).toBe('none');
    client.end();
    await client.untilEnd();
    expect(client.ending).toBe('fin');
  });

  it('answers what was pipelined behind it, in order', async () => {
    await using peer = await TestPeer.start();
    using client = await RawSocket.connect(peer.port);
    client.write(`${ME} 10 HELLO\n${ME} 11 GET_PEERS\n${ME} 12 LS\n`);
    const types = (await client.untilLines(3)).map((reply) => reply.split(' ')[2]);
    expect(types).toEqual(['RETURN_HELLO', 'PEER_LIST', 'LS_LIST']);
    expect(client.ending).toBe('none');
  });

  it('answers many pipelined requests, more than it holds at once', async () => {
    await using peer = await sharing();
    using client = await RawSocket.connect(peer.port);
    const requests = Array.from({ length: 1000 }, (_, i) => `${ME} ${i + 2} DL milbytes.txt 1 ${i}\n`);
    client.write(`${ME} 1 HELLO\n${requests.join('')}`);
    client.end();
    const [, ...replies] = (await client.untilEnd()).toString().trimEnd().split('\n');
    const bytes = replies.map((reply) => Buffer.from(reply.split(' ')[6] ?? '', 'base64'));
    expect(Buffer.concat(bytes).equals(milbytes)).toBe(true);
  });
});

describe('a file that fails while it is sent', () => {
  it('ends in a reset, never in what looks like an end', async () => {
    await using peer = await sharing();
    const gate = new Gate();
    peer.share.beforeRead = async (name) => {
      if (peer.share.reads < 5) return;
      await gate.opened;
      throw new FileError('changed', name);
    };
    using client = await RawSocket.connect(peer.port);
    client.write(`${ME} 10 DL large 0 0\n`);
    // A reset that arrives together with data is an end of file for Node: all of it has to be read before.
    await client.untilBytes(4 * 65_536);
    gate.open();
    await client.untilEnd();
    expect(client.ending).toBe('reset');
    await peer.reporter.until((event) => event.event === 'request-refused' && event.code === 'changed');
  });

  it('is not read on once nobody listens', async () => {
    await using peer = await sharing();
    const gate = new Gate();
    peer.share.beforeRead = () => (peer.share.reads > 3 ? gate.opened : undefined);
    using client = await RawSocket.connect(peer.port);
    client.write(`${ME} 10 DL large 0 0\n`);
    await client.untilBytes(100_000);
    client.reset();
    await client.until(() => client.closed, 1_000, 'closed');
    // Two round trips later the reset has long been seen.
    await answer(peer, 'LS');
    await answer(peer, 'LS');
    gate.open();
    await answer(peer, 'LS');
    await answer(peer, 'LS');
    expect(peer.share.reads).toBeLessThan(8);
  });
});
