import { renameSync, symlinkSync, type PathLike } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Folder } from '../../../../src/disk/folder.ts';
import { SharedFolder } from '../../../../src/disk/share/shared-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What a local user does between the moment when a link was resolved and the next look at its target. */
let onResolved: (path: string) => void = () => undefined;

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  return {
    ...real,
    realpath: async (path: PathLike, options: { encoding: 'buffer' }) => {
      const resolved = await real.realpath(path, options);
      onResolved(resolved.toString());
      return resolved;
    },
  };
});

afterEach(() => {
  onResolved = () => undefined;
});

/** A shared folder with a link to a file in a folder of it, which can be exchanged for a link to elsewhere. */
async function linked() {
  const path = await temporaryFolder();
  const outside = await temporaryFolder();
  await mkdir(join(path, 'sub'));
  await writeFile(join(path, 'sub', 'a'), 'inside');
  await writeFile(join(outside, 'a'), 'secret!');
  await symlink(join('sub', 'a'), join(path, 'link'));
  const folder = await SharedFolder.open(path);
  onTestFinished(() => folder.close());
  const swap = (): void => {
    renameSync(join(path, 'sub'), join(path, '.sub'));
    symlinkSync(outside, join(path, 'sub'));
  };
  return { path, folder, swap };
}

describe.runIf(process.platform === 'linux')('a link whose folder is exchanged while it is opened', () => {
  it.each<[string, (folder: SharedFolder) => Promise<unknown>]>([
    ['opened', async (folder) => (await (await folder.open('link')).read(0, 6)).toString()],
    ['hashed', async (folder) => folder.digest('link')],
  ])('is not %s', async (_, use) => {
    const { folder, swap } = await linked();
    onResolved = (resolved) => {
      if (resolved.endsWith(join('sub', 'a'))) swap();
      onResolved = () => undefined;
    };
    await expect(use(folder)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is not listed, not even with its size', async () => {
    const { folder, swap } = await linked();
    onResolved = () => {
      swap();
      onResolved = () => undefined;
    };
    expect(await folder.list()).toEqual([]);
  });

  it('is served no more by a file that is opened again', async () => {
    const { path, folder, swap } = await linked();
    const file = await folder.open('link');
    await folder.close();
    swap();
    await expect(file.read(0, 6)).rejects.toMatchObject({ code: 'changed', path: join(path, 'link') });
  });
});

describe('where the system does not tell the path of a descriptor', () => {
  it('links are followed only to files of the folder itself', async () => {
    const { path } = await linked();
    await writeFile(join(path, 'b'), 'b');
    await symlink('b', join(path, 'flat'));
    const folder = new Folder(path, Buffer.from(await realpath(path)), false);
    expect(await folder.look('link')).toBeUndefined();
    expect((await folder.look('flat'))?.stats.size).toBe(1n);
  });
});
