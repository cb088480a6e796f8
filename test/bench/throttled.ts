import net from 'node:net';
import { join } from 'node:path';
import { checkEqual, makeFile, MIB } from './bytes-file.ts';
import { Links, together } from './links.ts';
import { clock, type Row } from './measure.ts';
import { RawCopy } from './raw-copy.ts';
import { ScreenPeer } from './screen-peer.ts';
import { Sources, type Way } from './sources.ts';

/**
 * Downloads through links of a known rate: bytes of the file against what they
 * could have carried from the first of these bytes to the last.
 */

const MEGA = 1_000_000;
/** Whoever takes longer is counted by what has come until then. */
const PATIENCE_MS = 30_000;

const FAR: Way = { rate: 12.5 * MEGA, roundTrip: 0.1 };

const sumOf = (ways: readonly Way[]): number => ways.reduce((sum, { rate }) => sum + rate, 0);

/** A bare copy from every link at once: what the links alone keep of their rate. */
async function benchLinks(what: string, ways: readonly Way[]): Promise<Row> {
  await using raw = new RawCopy();
  await using home = await ScreenPeer.serve();
  const file = join(home.folder, 'dados.bin');
  await makeFile(file, 4 * Math.max(...ways.map(({ rate }) => rate)));
  const target = await raw.serve(file);
  await using links = await Links.start(
    ways.map(({ rate, roundTrip = 0 }) => ({ target, bytesPerSecond: rate, delaySeconds: roundTrip / 2 })),
  );
  const rates = await Promise.all(links.ports.map((port) => receive(port)));
  const rate = rates.reduce((sum, each) => sum + each, 0);
  return { what, figure: inMegabytes(rate), ratio: rate / sumOf(ways), atLeast: 0.98 };
}

/** Bytes a second of what comes from that port, from its first piece, which is not counted, to its end. */
function receive(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let first: number | undefined;
    net
      .connect(port, '127.0.0.1')
      .on('error', reject)
      .on('data', (data: Buffer) => {
        if (first === undefined) first = clock();
        else bytes += data.length;
      })
      .on('end', () => resolve(bytes / (clock() - (first ?? 0))));
  });
}

interface Case {
  readonly what: string;
  readonly ways: readonly Way[];
  readonly bytes: number;
  readonly chunkSize: number;
  readonly atLeast: number;
}

async function benchDownload({ what, ways, bytes, chunkSize, atLeast }: Case): Promise<Row> {
  await using sources = await Sources.start(ways, bytes, chunkSize);
  const isWhole = await sources.download(PATIENCE_MS).then(
    () => true,
    () => false,
  );
  const passed = await sources.links.passed();
  if (isWhole) await checkEqual(sources.copy, sources.original);
  const { bytes: wire, seconds } = together(passed);
  const carried = isWhole ? bytes : wire;
  const shares = passed.map((each) => inMegabytes(each.bytes / seconds)).join(' + ');
  // What is more than the heads came twice.
  const perByte = `${(wire / bytes).toFixed(4)} bytes for each of the file`;
  const time = isWhole ? `${seconds.toFixed(1)} s, ${perByte}` : `not whole after ${PATIENCE_MS / 1000} s`;
  return { what, figure: `${shares}, ${time}`, ratio: carried / seconds / sumOf(ways), atLeast };
}

function inMegabytes(rate: number): string {
  return `${(rate / MEGA).toFixed(2)} MB/s`;
}

const TWENTY: Way = { rate: 20 * MEGA };
const TWO: Way = { rate: 2 * MEGA };

export const throttled = {
  links: () => benchLinks('the links alone, bare copies over 20 + 20 MB/s', [TWENTY, TWENTY]),
  farLink: () => benchLinks('the link alone, a bare copy over 100 Mbit/s and 100 ms', [FAR]),
  equal: () =>
    benchDownload({
      what: 'two sources of 20 MB/s, bytes of the file',
      ways: [TWENTY, TWENTY],
      bytes: 172 * MIB,
      chunkSize: 256,
      atLeast: 0.95,
    }),
  unequal: () =>
    benchDownload({
      what: 'two sources, 20 and 2 MB/s, bytes of the file',
      ways: [TWENTY, TWO],
      bytes: 100 * MIB,
      chunkSize: 256,
      atLeast: 0.93,
    }),
  far: () =>
    benchDownload({
      what: '100 Mbit/s and 100 ms of round trip, chunk 256',
      ways: [FAR],
      bytes: 60 * MIB,
      chunkSize: 256,
      atLeast: 0.95,
    }),
  near: () =>
    benchDownload({
      what: '1 Gbit/s and 1 ms of round trip, chunk 256',
      ways: [{ rate: 125 * MEGA, roundTrip: 0.001 }],
      bytes: 512 * MIB,
      chunkSize: 256,
      atLeast: 0.9,
    }),
  satellite: () =>
    benchDownload({
      what: '20 Mbit/s and 800 ms of round trip, chunk 256',
      ways: [{ rate: 2.5 * MEGA, roundTrip: 0.8 }],
      bytes: 60 * MIB,
      chunkSize: 256,
      atLeast: 0.9,
    }),
};
