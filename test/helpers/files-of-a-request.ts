import { Session, type Profiler } from 'node:inspector/promises';
import net from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as ClockFile from '../../src/clock.ts';
import type * as SharedFolderFile from '../../src/disk/share/shared-folder.ts';
import type * as NeighboursFile from '../../src/neighbours.ts';
import type * as PeerFile from '../../src/peer.ts';

/*
 * Prints the files of the built program in which a function runs while a foreign LS is answered, from accept to close, as JSON.
 * A process of its own: what else runs would count too.
 */

const DIST = join(import.meta.dirname, '../../dist');

const load = <T>(file: string) => import(join(DIST, file)) as Promise<T>;
const { Clock } = await load<typeof ClockFile>('clock.js');
const { Neighbours } = await load<typeof NeighboursFile>('neighbours.js');
const { Peer } = await load<typeof PeerFile>('peer.js');
const { SharedFolder } = await load<typeof SharedFolderFile>('disk/share/shared-folder.js');

function ask(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('data', () => undefined);
    socket.on('close', () => resolve());
    socket.write('127.0.0.1:9 1 LS\n');
  });
}

const home = await mkdtemp(join(tmpdir(), 'eachare-'));
const folder = await SharedFolder.open(home);
const neighbours: InstanceType<typeof Neighbours> = new Neighbours(() => peer.address);
const peer = new Peer({
  address: '127.0.0.1:0' as never,
  clock: new Clock(),
  neighbours,
  share: folder,
  reporter: { report: () => undefined },
});
await peer.listen();
const port = Number(peer.address.split(':')[1]);
await ask(port);

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await ask(port);
const { result } = await session.post('Profiler.takePreciseCoverage');
const hasRun = ({ functionName, ranges }: Profiler.FunctionCoverage) =>
  functionName !== '' && (ranges[0]?.count ?? 0) > 0;
const files = result
  .filter(({ url, functions }) => url.includes('/dist/') && functions.some(hasRun))
  .map(({ url }) => url.slice(url.indexOf('/dist/') + '/dist/'.length));
process.stdout.write(JSON.stringify(files));
await peer.close();
await folder.close();
await rm(home, { recursive: true });
