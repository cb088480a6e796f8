import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import {
  chmod,
  link,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Folder } from '../../../../src/disk/folder.ts';
import { LIST_FRESH_MS } from '../../../../src/disk/share/listing.ts';
import { SharedFolder } from '../../../../src/disk/share/shared-folder.ts';
import { ABANDONED_AFTER_MS, STALE_AFTER_MS } from '../../../../src/disk/store/leftovers.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const linux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

async function share(path: string): Promise<SharedFolder> {
  const folder = await SharedFolder.open(path);
  onTestFinished(() => folder.close());
  return folder;
}

async function text(folder: SharedFolder, name: string): Promise<string> {
  const file = await folder.open(name);
  return (await file.read(0, file.size)).toString();
}

/** Waits until the clock of the folder has gone on since its last change. */
async function waitUntilSettled(path: string): Promise<void> {
  const past = new Date(Date.now() - 1_000);
  const { ctimeMs } = await stat(path);
  await utimes(path, past, past);
  await vi.waitFor(() => expect(Date.now() - ctimeMs).toBeGreaterThan(50), { interval: 5 });
}

const names = async (folder: SharedFolder): Promise<string[]> =>
  (await folder.list()).map(({ name }) => name);

describe('SharedFolder.open', () => {
  it('wants a folder that exists', async () => {
    const path = await temporaryFolder();
    const missing = join(path, 'missing');
    await expect(SharedFolder.open(missing)).rejects.toMatchObject({
      code: 'not-found',
      path: missing,
      cause: { code: 'ENOENT' },
    });
    await writeFile(join(path, 'file'), '');
    await expect(SharedFolder.open(join(path, 'file'))).rejects.toMatchObject({ code: 'not-a-folder' });
    await expect(SharedFolder.open(join(path, 'file', 'x'))).rejects.toMatchObject({ code: 'not-a-folder' });
  });

  it.skipIf(isRoot || !linux)('wants a folder that it may read', async () => {
    const path = await temporaryFolder();
    await chmod(path, 0o300);
    await expect(SharedFolder.open(path)).rejects.toMatchObject({ code: 'no-permission' });
    await chmod(path, 0o700);
  });
});

describe('SharedFolder.list', () => {
  it('lists regular files at that moment, by name', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    expect(await folder.list()).toEqual([]);
    await writeFile(join(path, 'b.txt'), 'bb');
    await writeFile(join(path, 'a.txt'), '');
    await writeFile(join(path, 'B.txt'), 'b');
    await mkdir(join(path, 'folder'));
    await writeFile(join(path, '.hidden'), 'x');
    await writeFile(join(path, '.eachare-0123456789ab.parte'), 'x');
    expect(await folder.list()).toEqual([
      { name: 'B.txt', size: 1 },
      { name: 'a.txt', size: 0 },
      { name: 'b.txt', size: 2 },
    ]);
    await unlink(join(path, 'a.txt'));
    expect(await names(folder)).toEqual(['B.txt', 'b.txt']);
  });

  it('lists links that stay inside, and no others', async () => {
    const path = await temporaryFolder();
    const outside = await temporaryFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    await writeFile(join(path, 'real'), '12345');
    await mkdir(join(path, 'sub'));
    await writeFile(join(path, 'sub', 'inner'), '123');
    await writeFile(join(path, '.hidden'), '1');
    await mkdir(join(path, '.git'));
    await writeFile(join(path, '.git', 'config'), '1');
    await mkdir(`${path}-sibling`);
    onTestFinished(() => rm(`${path}-sibling`, { recursive: true }));
    await writeFile(join(`${path}-sibling`, 'x'), 'x');
    const links = {
      'to-real': 'real',
      'to-inner': join(path, 'sub', 'inner'),
      'to-link': 'to-real',
      'to-hidden': '.hidden',
      'to-git': '.git/config',
      'to-folder': 'sub',
      'to-outside': join(outside, 'secret'),
      'to-outside-relative': join(relative(path, outside), 'secret'),
      'to-sibling': join(`${path}-sibling`, 'x'),
      'to-nowhere': 'missing',
      'to-itself': 'to-itself',
      'to-device': '/dev/zero',
    };
    for (const [name, target] of Object.entries(links)) await symlink(target, join(path, name));
    const folder = await share(path);
    expect(await folder.list()).toEqual([
      { name: 'real', size: 5 },
      { name: 'to-inner', size: 3 },
      { name: 'to-link', size: 5 },
      { name: 'to-real', size: 5 },
    ]);
    expect(await text(folder, 'to-inner')).toBe('123');
    expect(await text(folder, 'to-link')).toBe('12345');
    for (const name of Object.keys(links).filter((name) => !/^to-(real|inner|link)$/.test(name))) {
      await expect(folder.open(name), name).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('takes a folder that is reached by a link itself', async () => {
    const path = await temporaryFolder();
    await mkdir(join(path, 'real'));
    await writeFile(join(path, 'real', 'a'), 'a');
    await symlink('a', join(path, 'real', 'b'));
    await symlink('real', join(path, 'link'));
    const folder = await share(join(path, 'link'));
    expect(await names(folder)).toEqual(['a', 'b']);
    expect(await text(folder, 'b')).toBe('a');
  });

  it.runIf(linux)('neither lists nor opens pipes and sockets, and does not hang on them', async () => {
    const path = await temporaryFolder();
    execFileSync('mkfifo', [join(path, 'pipe')]);
    const server = createServer().listen(join(path, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const folder = await share(path);
    expect((await readdir(path)).length).toBe(2);
    expect(await folder.list()).toEqual([]);
    await expect(folder.open('pipe')).rejects.toMatchObject({ code: 'not-found' });
    await expect(folder.open('socket')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.runIf(linux)('lists and serves names that are no UTF-8, and those with control characters', async () => {
    const path = await temporaryFolder();
    const raw = Buffer.concat([Buffer.from(`${path}/`), Buffer.from('caf\xe9 \xff', 'latin1')]);
    await writeFile(raw, 'raw');
    await writeFile(join(path, 'new\nline'), 'line');
    const folder = await share(path);
    expect(await names(folder)).toEqual(['caf\udce9 \udcff', 'new\nline']);
    expect(await text(folder, 'caf\udce9 \udcff')).toBe('raw');
    expect(await text(folder, 'new\nline')).toBe('line');
    // Other strings for the same bytes, or for what a careless decoder makes of them.
    await writeFile(join(path, 'é'), '');
    await expect(folder.open('\udcc3\udca9')).rejects.toMatchObject({ code: 'not-found' });
    await expect(folder.open('caf\ufffd \ufffd')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('tells when the folder has gone', async () => {
    const path = join(await temporaryFolder(), 'shared');
    await mkdir(path);
    await writeFile(join(path, 'a'), 'a');
    const folder = await share(path);
    await folder.list();
    await rm(path, { recursive: true });
    await expect(folder.list()).rejects.toMatchObject({ code: 'not-found', path });
    await expect(folder.open('a')).rejects.toMatchObject({ code: 'not-found' });
    await writeFile(path, 'a file in its place');
    await expect(folder.list()).rejects.toMatchObject({ code: 'not-a-folder' });
  });

  it('is one walk for all who ask before it begins', async () => {
    const path = await temporaryFolder();
    await Promise.all(Array.from({ length: 10 }, (_, i) => writeFile(join(path, `file-${i}`), 'x')));
    const folder = await share(path);
    const looks = vi.spyOn(Folder.prototype, 'look');
    onTestFinished(() => looks.mockRestore());
    const first = folder.list();
    await writeFile(join(path, 'new'), 'x');
    const lists = await Promise.all(Array.from({ length: 100 }, () => folder.list()));
    await first;
    for (const list of lists) expect(list).toContainEqual({ name: 'new', size: 1 });
    // Not one for each of them: what changes during a walk costs another one, and each looks at 11 files.
    expect(looks.mock.calls.length).toBeLessThan(100);
  });

  it('is the same list again, without a look at a file, while the folder is unchanged for a moment', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a'), 'x');
    // A folder that changed just now may change again without a trace.
    await waitUntilSettled(path);
    const folder = await share(path);
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const list = await folder.list();
    const now = performance.now();
    const again = await folder.list();
    const looks = vi.spyOn(Folder.prototype, 'look');
    onTestFinished(() => looks.mockRestore());
    expect(await folder.list()).toBe(again);
    expect(looks).not.toHaveBeenCalled();
    expect(again).toBe(list);
    vi.advanceTimersByTime(LIST_FRESH_MS);
    expect(performance.now()).toBe(now + LIST_FRESH_MS);
    await writeFile(join(path, 'a'), 'xyz');
    expect(await folder.list()).toEqual([{ name: 'a', size: 3 }]);
    expect(looks).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(LIST_FRESH_MS);
    const last = await folder.list();
    vi.advanceTimersByTime(LIST_FRESH_MS);
    expect(await folder.list()).toBe(last);
  });

  it('survives files that come and go meanwhile', async () => {
    const path = await temporaryFolder();
    await Promise.all(Array.from({ length: 100 }, (_, i) => writeFile(join(path, `file-${i}`), 'x')));
    const folder = await share(path);
    const lists = Promise.all(Array.from({ length: 5 }, () => folder.list()));
    await Promise.all(Array.from({ length: 99 }, (_, i) => unlink(join(path, `file-${i}`))));
    for (const list of await lists) expect(list).toContainEqual({ name: 'file-99', size: 1 });
    expect(await names(folder)).toEqual(['file-99']);
  });
});

describe('SharedFolder, opening by name', () => {
  it('serves a file that came after the last list, and one never listed', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    await writeFile(join(path, 'first'), '1');
    expect(await text(folder, 'first')).toBe('1');
    await folder.list();
    // At once: within one tick of the file system's clock.
    for (let i = 0; i < 20; i += 1) {
      await writeFile(join(path, `new-${i}`), String(i));
      expect(await text(folder, `new-${i}`)).toBe(String(i));
    }
  });

  it('serves nothing that is a path or hidden', async () => {
    const path = await temporaryFolder();
    await mkdir(join(path, 'sub'));
    await writeFile(join(path, 'sub', 'inner'), 'x');
    await writeFile(join(path, '.hidden'), 'x');
    await writeFile(join(path, 'a'), 'x');
    const folder = await share(path);
    for (const name of [
      '',
      '.',
      '..',
      'sub',
      'sub/inner',
      './a',
      'a/',
      'a/.',
      '../x',
      '.hidden',
      'a\0',
      '\0',
      'sub/../a',
      join(path, 'a'),
      'x'.repeat(300),
      '\ud800',
    ]) {
      await expect(folder.open(name), JSON.stringify(name)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('tells apart names that differ in case or in Unicode form', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'File.txt'), 'x');
    await writeFile(join(path, 'a\u00e7\u00e3o'), 'x');
    const folder = await share(path);
    const [listed = ''] = (await names(folder)).filter((name) => name !== 'File.txt');
    const other = listed === listed.normalize('NFC') ? listed.normalize('NFD') : listed.normalize('NFC');
    expect(await text(folder, listed)).toBe('x');
    for (const name of ['file.txt', 'FILE.TXT', other]) {
      await expect(folder.open(name)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('knows sizes of what is listed or open', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    await writeFile(join(path, 'a'), '123');
    expect(folder.sizeOf('a')).toBeUndefined();
    await folder.open('a');
    expect(folder.sizeOf('a')).toBe(3);
    await writeFile(join(path, 'b'), '12345');
    expect(folder.sizeOf('b')).toBeUndefined();
    await folder.list();
    expect(folder.sizeOf('b')).toBe(5);
    await rm(join(path, 'b'));
    await folder.list();
    expect(folder.sizeOf('b')).toBeUndefined();
    expect(folder.sizeOf('toString')).toBeUndefined();
  });

  it('receives a download and serves it', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    const sink = await folder.createSink({ name: 'new file', size: 3, chunkSize: 2 });
    await sink.write(2, Buffer.from('c'));
    await sink.write(0, Buffer.from('ab'));
    expect(await folder.list()).toEqual([]);
    await sink.commit();
    expect(await folder.list()).toEqual([{ name: 'new file', size: 3 }]);
    expect(await text(folder, 'new file')).toBe('abc');
  });

  it('keeps to the folder it was opened with, wherever links point later', async () => {
    const base = await temporaryFolder();
    await mkdir(join(base, 'one'));
    await mkdir(join(base, 'two'));
    await writeFile(join(base, 'one', 'a'), 'one');
    await writeFile(join(base, 'two', 'a'), 'two');
    await symlink('one', join(base, 'shared'));
    const folder = await share(join(base, 'shared'));
    await symlink('two', join(base, 'next'));
    await rename(join(base, 'next'), join(base, 'shared'));
    expect(await realpath(join(base, 'shared'))).toBe(join(base, 'two'));
    expect(await text(folder, 'a')).toBe('one');
  });

  it('serves a hard link as the file that it is', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a'), 'x');
    await link(join(path, 'a'), join(path, 'b'));
    expect(await names(await share(path))).toEqual(['a', 'b']);
  });
});

describe('SharedFolder.removeStale', () => {
  const old = new Date(Date.now() - STALE_AFTER_MS - 1_000);
  const recent = new Date(Date.now() - ABANDONED_AFTER_MS - 1_000);

  async function write(path: string, ages: Readonly<Record<string, Date | undefined>>): Promise<void> {
    for (const [name, age] of Object.entries(ages)) {
      await writeFile(join(path, name), 'x');
      if (age !== undefined) await utimes(join(path, name), age, age);
    }
  }

  it('removes temporary files of long ago, and nothing else', async () => {
    const path = await temporaryFolder();
    const stale = '.eachare-0123456789ab.parte';
    const others = ['.eachare-aaaaaaaaaaaa.parte', '.eachare-x.parte', '.oculto', 'antigo.txt'];
    for (const name of [stale, ...others]) await writeFile(join(path, name), 'x');
    for (const name of [stale, ...others.slice(1)]) await utimes(join(path, name), old, old);
    const folder = await share(path);
    expect(await folder.removeStale()).toBe(1);
    expect((await readdir(path)).sort()).toEqual([...others].sort());
    expect(await folder.removeStale()).toBe(0);
  });

  it('takes the bytes of a download and the note about them for one, as young as the younger', async () => {
    const path = await temporaryFolder();
    await write(path, {
      '.eachare-00000000000a.parte': old,
      '.eachare-00000000000a.nota': old,
      '.eachare-00000000000a.nota.nova': old,
      '.eachare-00000000000b.parte': old,
      '.eachare-00000000000b.nota': recent,
      '.eachare-00000000000c.parte': recent,
      '.eachare-00000000000c.nota': old,
    });
    expect(await (await share(path)).removeStale()).toBe(1);
    expect((await readdir(path)).sort()).toEqual([
      '.eachare-00000000000b.nota',
      '.eachare-00000000000b.parte',
      '.eachare-00000000000c.nota',
      '.eachare-00000000000c.parte',
    ]);
  });

  it('removes notes about nothing, unless their bytes may be on the way, and does not count them', async () => {
    const path = await temporaryFolder();
    await write(path, {
      '.eachare-00000000000a.nota': recent,
      '.eachare-00000000000b.nota.nova': recent,
      '.eachare-00000000000c.nota': undefined,
    });
    expect(await (await share(path)).removeStale()).toBe(0);
    expect(await readdir(path)).toEqual(['.eachare-00000000000c.nota']);
  });

  it('counts nothing that it could not remove', async () => {
    const path = await temporaryFolder();
    await mkdir(join(path, '.eachare-00000000000a.parte'));
    await utimes(join(path, '.eachare-00000000000a.parte'), old, old);
    expect(await (await share(path)).removeStale()).toBe(0);
    expect(await readdir(path)).toHaveLength(1);
  });
});

describe('a file of ours with the name of another', () => {
  const own = async (offered: { name: string; size: number; sha256?: string }) => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a.txt'), 'abc');
    await mkdir(join(path, 'folder'));
    return (await share(path)).own(offered);
  };

  it.each([
    ['the size', { name: 'a.txt', size: 3 }, true],
    [
      'size and digest',
      { name: 'a.txt', size: 3, sha256: createHash('sha256').update('abc').digest('hex') },
      true,
    ],
    ['another size', { name: 'a.txt', size: 4 }, false],
    ['another digest', { name: 'a.txt', size: 3, sha256: '0'.repeat(64) }, false],
  ])('is compared by %s', async (_, offered, isSame) => {
    expect(await own(offered)).toMatchObject({ size: 3, isSame });
  });

  it.each(['b.txt', 'folder', '../a.txt'])('is none: %s', async (name) => {
    expect(await own({ name, size: 3 })).toBeUndefined();
  });
});
