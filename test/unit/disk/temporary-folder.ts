import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SharedFolder } from '../../../src/disk/share/shared-folder.ts';

/** A folder that is gone once the running test is over. */
export async function temporaryFolder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'eachare-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Such a folder, shared; nothing is open in it any more once the running test is over. */
export async function temporaryShare(): Promise<{ path: string; folder: SharedFolder }> {
  const path = await temporaryFolder();
  const folder = await SharedFolder.open(path);
  onTestFinished(() => folder.close());
  return { path, folder };
}

/** Our temporary files in a folder. */
export async function leftovers(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('.'));
}
