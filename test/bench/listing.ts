import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeFile, MIB } from './bytes-file.ts';
import { clock, median, type Row } from './measure.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'grande.bin';
const BYTES = 1024 * MIB;
const SAMPLES = 50;
const GAP_MS = 40;
const MOST_SECONDS = 0.05;
const PATIENCE_MS = 5_000;

/** Seconds from dialling to the end of the list, as a program that asks over a connection of its own. */
function list(port: number, clockValue: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = clock();
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no LS_LIST')));
    socket.on('error', reject);
    // Nobody listens there: the port of whoever asks is only a name.
    socket.write(`127.0.0.1:9 ${clockValue} LS\n`);
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      if (!text.endsWith('\n')) return;
      resolve(clock() - start);
      socket.end();
    });
  });
}

async function sample(port: number): Promise<number[]> {
  const delays: number[] = [];
  for (let round = 0; round < SAMPLES; round++) {
    delays.push(await list(port, round + 1));
    await pause(GAP_MS);
  }
  return delays;
}

/** How long another client waits for a list while a large download runs; beside it, what it waits when nothing runs. */
export async function benchListing(): Promise<Row> {
  await using server = await ScreenPeer.serve();
  await makeFile(join(server.folder, NAME), BYTES);
  // The first question of a program that the server does not know may wait for a FIN (protocol, section 7).
  await list(server.port, 0);
  const idle = await sample(server.port);
  await using client = await ScreenPeer.start({ neighbours: [server.address], args: ['--chunk', '65536'] });
  await client.greet();
  let isRunning = true;
  const download = client.download(1, 120_000).finally(() => (isRunning = false));
  // Its failure is met where it is waited for.
  download.catch(() => undefined);
  await client.untilShown(/^arquivo escolhido/m);
  const busy = await sample(server.port);
  const isHonest = isRunning;
  await download;
  const inMs = (delays: readonly number[]) =>
    `${(median(delays) * 1000).toFixed(1)} / ${(Math.max(...delays) * 1000).toFixed(1)} ms`;
  return {
    what: 'LS beside a download, the largest delay against 50 ms',
    figure: `median / largest ${inMs(busy)}, idle ${inMs(idle)}${isHonest ? '' : ' (the download was over before)'}`,
    ratio: Math.max(...busy) / MOST_SECONDS,
    atMost: 1,
  };
}
