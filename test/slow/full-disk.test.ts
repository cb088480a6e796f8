import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const data = randomBytes(12 * MIB);
const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';

/** A file system of 6 MiB in memory. */
class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined where this system does not let us mount one. */
  static async mount(): Promise<SmallDisk | undefined> {
    const disk = new SmallDisk(await mkdtemp(join(tmpdir(), 'eachare-')));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk.path]);
      return disk;
    } catch {
      await rm(disk.path, { recursive: true, force: true });
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', [this.path]);
    await rm(this.path, { recursive: true, force: true });
  }
}

/** One clear error, the program goes on and ends in good order, and what it could not hold is gone. */
async function expectFailure(peer: SpawnedPeer, code: string): Promise<void> {
  expect(await peer.until(isEnd)).toMatchObject({ event: 'download-failed', code, kept: 0 });
  peer.type(3, 5, 9);
  expect(await peer.exit).toEqual({ code: 3, signal: null });
  const failed = (await peer.readEvents()).filter(({ event }) => event === 'download-failed');
  expect(failed).toHaveLength(1);
  expect(peer.screen.match(/Download do arquivo x falhou: não foi possível gravar/g)).toHaveLength(1);
  expect(peer.errors).toBe('');
  expect(await readdir(peer.folder)).toEqual([]);
}

describe.each([4096, MIB])('a disk that is full in mid-download, in chunks of %i', (chunk) => {
  const args = ['--chunk', String(chunk)];

  it('says so, and keeps nothing that fills it', async (context) => {
    await using disk = await SmallDisk.mount();
    if (disk === undefined) return context.skip('this system does not let us mount a small disk');
    await using source = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    await using peer = await SpawnedPeer.start({
      neighbours: [source.address],
      args,
      folderPath: disk.path,
    });
    peer.type(1, 1, 4, 1);
    await expectFailure(peer, 'disk-full');
  });

  it('says so where only the size of a file is bounded', async () => {
    await using source = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    // In units of 512 or 1024 bytes, as the shell likes; enough for the log in both.
    const limit = 'ulimit -f 8000';
    await using peer = await SpawnedPeer.start({ neighbours: [source.address], args, limit });
    peer.type(1, 1, 4, 1);
    await expectFailure(peer, 'too-large');
  });
});
