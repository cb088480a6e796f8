import { SharedFolder } from '../../../../src/disk/share/shared-folder.ts';

/** A process of its own that receives a file without end, byte value and range as in its test, until it is killed. */
const [path = '', size = '0'] = process.argv.slice(2);
const folder = await SharedFolder.open(path, { timing: { noteMs: 50 } });
const sink = await folder.createSink({ name: 'a.bin', size: Number(size), chunkSize: 1_000 });
for (let at = 0; ; at = (at + 7_000) % Number(size)) {
  await sink.write(at, Buffer.alloc(Math.min(1_000, Number(size) - at), at / 1_000));
  // Slow enough to have gaps when it is killed, quick enough for several blocks.
  await new Promise((resolve) => setImmediate(resolve));
}
