import { once } from 'node:events';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Link, type LinkSpec } from '../../../src/experiment/link.ts';

/** A server that does that with each connection, and a link to it; returns the port of the link. */
async function linkTo(
  spec: Omit<LinkSpec, 'port'>,
  serve: (socket: net.Socket) => void,
): Promise<{ link: Link; port: number }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = new Link({ ...spec, port: (server.address() as net.AddressInfo).port });
  onTestFinished(async () => {
    await link.close();
    server.close();
  });
  return { link, port: await link.listen() };
}

const echo = (socket: net.Socket) => void socket.pipe(socket);

/** Sends, half-closes, and reads to the end; milliseconds as well. */
async function exchange(port: number, bytes: Buffer): Promise<{ reply: Buffer; ms: number }> {
  const began = performance.now();
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(bytes);
  const reply = await buffer(socket);
  return { reply, ms: performance.now() - began };
}

const closed = (socket: net.Socket) => new Promise((resolve) => socket.on('close', resolve));

const BYTES = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251));

describe('a link', () => {
  it('changes no byte and passes the end on, with neither delay nor limit', async () => {
    const { port } = await linkTo({ delayMs: 0, bitsPerSecond: Infinity }, echo);
    expect((await exchange(port, BYTES)).reply.equals(BYTES)).toBe(true);
  });

  it('takes a round trip to open and one for a question and its answer', async () => {
    const { port } = await linkTo({ delayMs: 20, bitsPerSecond: Infinity }, echo);
    const { reply, ms } = await exchange(port, BYTES);
    expect(reply.equals(BYTES)).toBe(true);
    // Never less; how much more is a matter of the machine.
    expect(ms).toBeGreaterThanOrEqual(4 * 20);
  });

  it('carries no more than its rate, for all connections together', async () => {
    const rate = 16_000_000;
    const { port } = await linkTo({ delayMs: 1, bitsPerSecond: rate }, echo);
    const both = await Promise.all([exchange(port, BYTES), exchange(port, BYTES)]);
    for (const { reply } of both) expect(reply.equals(BYTES)).toBe(true);
    const longest = Math.max(...both.map(({ ms }) => ms));
    expect(longest).toBeGreaterThanOrEqual((2 * BYTES.length * 8 * 1000) / rate);
  });

  it('holds a fast sender back', async () => {
    const size = 64 * 1024 * 1024;
    let sent: net.Socket | undefined;
    const { port } = await linkTo({ delayMs: 0, bitsPerSecond: 80_000 }, (socket) => {
      sent = socket;
      socket.write(Buffer.alloc(size));
    });
    const socket = net.connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'data');
    await once(socket, 'data');
    // What neither the queue nor the buffers of the system hold has not left the sender.
    expect(sent!.writableLength).toBeGreaterThan(size / 2);
  });

  it('resets its client where nobody listens, and when it is closed', async () => {
    const gone = net.createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port: free } = gone.address() as net.AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const dead = new Link({ port: free, delayMs: 0, bitsPerSecond: Infinity });
    const refused = net.connect(await dead.listen(), '127.0.0.1').on('error', () => undefined);
    await closed(refused);
    await dead.close();

    const { link, port } = await linkTo({ delayMs: 0, bitsPerSecond: Infinity }, () => undefined);
    const open = net.connect(port, '127.0.0.1').on('error', () => undefined);
    await once(open, 'connect');
    open.write('x');
    await Promise.all([closed(open.resume()), link.close()]);
  });
});
