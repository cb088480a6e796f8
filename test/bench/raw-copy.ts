import { createReadStream, createWriteStream } from 'node:fs';
import net from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * The yardstick: a process of its own that sends a file over a bare `net` stream to whoever connects.
 * Run as `raw-copy.ts <file>`; prints its port.
 */
const [, , file = ''] = process.argv;

if (import.meta.filename === process.argv[1]) {
  const server = net.createServer((socket) => {
    pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
  });
}

/** Receives from such a process into a file and returns the seconds. */
export async function receiveRaw(port: number, path: string): Promise<number> {
  const start = performance.now();
  await pipeline(net.connect({ port, host: '127.0.0.1' }), createWriteStream(path));
  return (performance.now() - start) / 1000;
}
