import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Folder } from '../../../../src/disk/folder.ts';
import { PartialFile } from '../../../../src/disk/store/partial-file.ts';
import { MAX_OPEN_BLOCKS, WRITE_BLOCK_BYTES } from '../../../../src/disk/store/block-buffers.ts';
import { MAX_QUEUED_WRITE_BYTES } from '../../../../src/disk/store/write-queue.ts';
import { RandomNumbers } from '../../../helpers/random-numbers.ts';
import { handlePrototype, systemError } from '../share/handles.ts';
import { sha256 } from './interrupted.ts';
import { leftovers, temporaryFolder } from '../temporary-folder.ts';

const begin = (path: string, name: string, size: number, chunkSize: number): Promise<PartialFile> =>
  PartialFile.create(new Folder(path, Buffer.from(path)), { name, size, chunkSize });

afterEach(() => {
  vi.restoreAllMocks();
});

/** A download of `new` as `a.txt` that leaves alone what is there. */
async function beside(path: string): Promise<PartialFile> {
  const plan = { name: 'a.txt', size: 3, chunkSize: 256, existing: 'rename' } as const;
  const sink = await PartialFile.create(new Folder(path, Buffer.from(path)), plan);
  await sink.write(0, Buffer.from('new'));
  return sink;
}

describe('PartialFile beside a file of the same name', () => {
  it('has its name where nothing else has', async () => {
    const path = await temporaryFolder();
    expect(await (await beside(path)).commit()).toEqual({ name: 'a.txt', replaced: undefined });
    expect(await readdir(path)).toEqual(['a.txt']);
  });

  it('takes the first name that is free, and touches nothing else: files, folders, links that lead nowhere', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a.txt'), 'old');
    await mkdir(join(path, 'a (1).txt'));
    await symlink('/nowhere/at/all', join(path, 'a (2).txt'));
    expect(await (await beside(path)).commit()).toEqual({ name: 'a (3).txt', replaced: undefined });
    expect((await readdir(path)).sort()).toEqual(['a (1).txt', 'a (2).txt', 'a (3).txt', 'a.txt']);
    expect(await readFile(join(path, 'a.txt'), 'utf8')).toBe('old');
    expect(await readFile(join(path, 'a (3).txt'), 'utf8')).toBe('new');
  });

  it('does not replace what comes there last of all', async () => {
    const path = await temporaryFolder();
    const both = await Promise.all([await beside(path), await beside(path)].map((sink) => sink.commit()));
    expect(both.map(({ name }) => name).sort()).toEqual(['a (1).txt', 'a.txt']);
    expect((await readdir(path)).sort()).toEqual(['a (1).txt', 'a.txt']);
  });

  it('fails where all names are taken, and leaves nothing', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a.txt'), 'old');
    for (let n = 1; n <= 999; n += 1) await symlink('x', join(path, `a (${n}).txt`));
    await expect((await beside(path)).commit()).rejects.toMatchObject({ code: 'exists' });
    expect(await readdir(path)).toHaveLength(1000);
  });
});

describe('PartialFile', () => {
  it('tells how large the file was that it replaces', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a.txt'), 'old one');
    const sink = await begin(path, 'a.txt', 3, 256);
    await sink.write(0, Buffer.from('new'));
    expect(await sink.commit()).toEqual({ name: 'a.txt', replaced: 7 });
    expect(await readFile(join(path, 'a.txt'), 'utf8')).toBe('new');
  });

  it('has no name before the commit and leaves nothing else behind', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a.txt', 6, 4);
    await sink.write(4, Buffer.from('ef'));
    await sink.write(0, Buffer.from('abcd'));
    const [note = '', temporary = ''] = (await readdir(path)).sort();
    expect(temporary).toMatch(/^\.eachare-[0-9a-f]{12}\.parte$/);
    expect(note).toBe(temporary.replace('.parte', '.nota'));
    await sink.commit();
    expect(await readdir(path)).toEqual(['a.txt']);
    expect(await readFile(join(path, 'a.txt'), 'utf8')).toBe('abcdef');
    await sink.discard();
    expect(await readdir(path)).toEqual(['a.txt']);
  });

  it('writes an empty file', async () => {
    const path = await temporaryFolder();
    await (await begin(path, 'empty', 0, 256)).commit();
    expect((await stat(join(path, 'empty'))).size).toBe(0);
  });

  it('gives the file the permissions of any new file', async () => {
    const path = await temporaryFolder();
    const before = process.umask(0o027);
    try {
      const sink = await begin(path, 'a', 1, 256);
      await sink.write(0, Buffer.from('a'));
      await sink.commit();
    } finally {
      process.umask(before);
    }
    expect((await stat(join(path, 'a'))).mode & 0o777).toBe(0o640);
  });

  it('lands the same bytes whatever the chunk size and the order', async () => {
    const path = await temporaryFolder();
    const sizes = fc.constantFrom(
      1,
      255,
      WRITE_BLOCK_BYTES - 1,
      WRITE_BLOCK_BYTES,
      WRITE_BLOCK_BYTES + 1,
      700_001,
    );
    const chunkSizes = fc.oneof(
      fc.integer({ min: 3_000, max: WRITE_BLOCK_BYTES }),
      fc.constantFrom(WRITE_BLOCK_BYTES - 1, WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES + 1, 600_000),
    );
    await fc.assert(
      fc.asyncProperty(sizes, chunkSizes, fc.infiniteStream(fc.nat()), async (size, chunkSize, random) => {
        const file = Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
        const offsets = Array.from({ length: Math.ceil(size / chunkSize) }, (_, index) => index * chunkSize);
        const sink = await begin(path, 'any', size, chunkSize);
        while (offsets.length > 0) {
          const [offset = 0] = offsets.splice((random.next().value ?? 0) % offsets.length, 1);
          await sink.write(offset, Buffer.from(file.subarray(offset, offset + chunkSize)));
        }
        await sink.commit();
        expect((await readFile(join(path, 'any'))).equals(file)).toBe(true);
      }),
      { numRuns: 15 },
    );
    expect(await leftovers(path)).toEqual([]);
  });

  it('writes a file with more open blocks than are held', async () => {
    const path = await temporaryFolder();
    const size = (MAX_OPEN_BLOCKS + 3) * WRITE_BLOCK_BYTES;
    const half = WRITE_BLOCK_BYTES / 2;
    const sink = await begin(path, 'large', size, half);
    for (const part of [half, 0]) {
      for (let at = part; at < size; at += WRITE_BLOCK_BYTES)
        await sink.write(at, Buffer.alloc(half, at / half + 1));
    }
    await sink.commit();
    const bytes = await readFile(join(path, 'large'));
    expect(bytes.length).toBe(size);
    for (let at = 0; at < size; at += half) {
      expect(bytes.subarray(at, at + half).equals(Buffer.alloc(half, at / half + 1))).toBe(true);
    }
  });

  it('makes the caller wait once the disk lags behind', async () => {
    const path = await temporaryFolder();
    const prototype = await handlePrototype();
    let release = (): void => undefined;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the handle below
    const write = prototype.write as (...args: unknown[]) => Promise<never>;
    vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, ...args: unknown[]) {
      await stalled;
      return write.apply(this, args);
    });
    const blocks = MAX_QUEUED_WRITE_BYTES / WRITE_BLOCK_BYTES + 1;
    const sink = await begin(path, 'a', blocks * WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES);
    for (let index = 0; index < blocks - 1; index += 1) {
      expect(sink.write(index * WRITE_BLOCK_BYTES, Buffer.alloc(WRITE_BLOCK_BYTES))).toBeUndefined();
    }
    let resolved = false;
    const last = sink
      .write((blocks - 1) * WRITE_BLOCK_BYTES, Buffer.alloc(WRITE_BLOCK_BYTES))
      ?.then(() => (resolved = true));
    expect(last).toBeInstanceOf(Promise);
    await new Promise((resolve) => setImmediate(resolve));
    expect(resolved).toBe(false);
    release();
    await last;
    await sink.commit();
    expect((await stat(join(path, 'a'))).size).toBe(blocks * WRITE_BLOCK_BYTES);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'no-permission'],
    ['EIO', 'io'],
  ])('fails for good after %s and removes what it wrote', async (system, code) => {
    const path = await temporaryFolder();
    vi.spyOn(await handlePrototype(), 'write').mockRejectedValueOnce(systemError(system));
    const sink = await begin(path, 'a', 2 * WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES);
    await sink.write(0, Buffer.alloc(WRITE_BLOCK_BYTES));
    await vi.waitFor(() =>
      expect(sink.write(WRITE_BLOCK_BYTES, Buffer.alloc(0))).rejects.toMatchObject({
        name: 'FileError',
        code,
        path: join(path, 'a'),
      }),
    );
    await expect(sink.write(0, Buffer.alloc(1))).rejects.toMatchObject({ code });
    await expect(sink.commit()).rejects.toMatchObject({ code });
    expect(await readdir(path)).toEqual([]);
    await sink.discard();
  });

  it('tells a failure at the commit when nothing was written after it', async () => {
    const path = await temporaryFolder();
    vi.spyOn(await handlePrototype(), 'write').mockRejectedValueOnce(systemError('ENOSPC'));
    const sink = await begin(path, 'a', 3, 256);
    await sink.write(0, Buffer.from('abc'));
    await expect(sink.commit()).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readdir(path)).toEqual([]);
  });

  it('keeps nothing of a download that has failed', async () => {
    const path = await temporaryFolder();
    vi.spyOn(await handlePrototype(), 'write').mockRejectedValueOnce(systemError('ENOSPC'));
    const sink = await begin(path, 'a', 3, 256);
    await sink.write(0, Buffer.from('abc'));
    expect(await sink.suspend()).toBe(0);
    expect(await readdir(path)).toEqual([]);
    await expect(sink.commit()).rejects.toMatchObject({ name: 'FileError' });
  });

  it('commits no file with holes', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', 10, 4);
    await sink.write(8, Buffer.from('ij'));
    await expect(sink.commit()).rejects.toMatchObject({ code: 'io' });
    expect(await readdir(path)).toEqual([]);
  });

  it('refuses bytes outside of the file, and all that follows', async () => {
    const path = await temporaryFolder();
    for (const [offset, length] of [
      [8, 3],
      [-1, 1],
      [0.5, 1],
    ] as const) {
      const sink = await begin(path, 'a', 10, 4);
      await expect(sink.write(offset, Buffer.alloc(length))).rejects.toMatchObject({ code: 'out-of-range' });
      await expect(sink.commit()).rejects.toMatchObject({ code: 'out-of-range' });
    }
    expect(await readdir(path)).toEqual([]);
  });

  it('can be discarded while writes are under way, more than once', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', 40 * WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES);
    const writes = Array.from({ length: 30 }, (_, index) =>
      sink.write(index * WRITE_BLOCK_BYTES, Buffer.alloc(WRITE_BLOCK_BYTES)),
    );
    await Promise.all([sink.discard(), sink.discard(), ...writes]);
    await sink.write(0, Buffer.from('late'));
    expect(await readdir(path)).toEqual([]);
    await expect(sink.commit()).rejects.toMatchObject({ name: 'FileError' });
    expect(await readdir(path)).toEqual([]);
  });

  it('can be discarded during the commit: the file is there, or nothing is', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', 1, 4);
    await sink.write(0, Buffer.from('a'));
    const committed = sink.commit().then(
      () => ['a'],
      () => [],
    );
    await sink.discard();
    expect(await readdir(path)).toEqual(await committed);
  });

  it.runIf(process.platform === 'linux')('leaves no descriptor open', async () => {
    const path = await temporaryFolder();
    const committed = await begin(path, 'a', 1, 4);
    await committed.write(0, Buffer.from('a'));
    await committed.commit();
    await (await begin(path, 'b', 1, 4)).discard();
    for (const name of ['c', 'd']) {
      const sink = await begin(path, name, 8, 4);
      if (name === 'c') await sink.write(0, Buffer.from('abcd'));
      await sink.suspend();
    }
    const resumed = await begin(path, 'c', 8, 4);
    expect(resumed.present).toEqual([[0, 4]]);
    await resumed.write(4, Buffer.from('efgh'));
    await resumed.commit();
    const numbers = await readdir('/proc/self/fd');
    const open = await Promise.all(numbers.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(open.filter((target) => target.startsWith(path))).toEqual([]);
  });
});

describe('the digest of a PartialFile', () => {
  const size = 3 * WRITE_BLOCK_BYTES + 100;
  const bytes = new RandomNumbers(2).bytes(size);

  it('is that of the bytes, in whatever order and how often they came', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', size, 1_000);
    await sink.write(0, Buffer.alloc(size - 50, 'other'));
    await sink.write(2_000, Buffer.from(bytes.subarray(2_000)));
    await sink.write(0, Buffer.from(bytes.subarray(0, 2_000)));
    expect(await sink.digest()).toBe(sha256(bytes));
    await sink.write(7, Buffer.from('other'));
    const other = Buffer.from(bytes);
    other.write('other', 7);
    expect(await sink.digest()).toBe(sha256(other));
    expect(await sink.digest()).toBe(sha256(other));
    await sink.commit();
    expect((await readFile(join(path, 'a'))).equals(other)).toBe(true);
  });

  it('is not there before all bytes are, which may still come', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', 10, 4);
    await sink.write(4, Buffer.from('efghij'));
    await expect(sink.digest()).rejects.toMatchObject({ name: 'FileError', code: 'io' });
    await sink.write(0, Buffer.from('abcd'));
    expect(await sink.digest()).toBe(sha256(Buffer.from('abcdefghij')));
    await sink.discard();
  });

  it('wants doubted bytes again, wherever they were on their way', async () => {
    for (const chunkSize of [256, WRITE_BLOCK_BYTES]) {
      const path = await temporaryFolder();
      const sink = await begin(path, 'a', size, chunkSize);
      void sink.write(0, Buffer.alloc(size, 'other'));
      sink.doubt([
        [5, 10],
        [size - 1, size],
      ]);
      await expect(sink.digest()).rejects.toMatchObject({ code: 'io' });
      await sink.write(0, Buffer.from(bytes));
      expect(await sink.digest()).toBe(sha256(bytes));
      sink.doubt([[0, 1]]);
      await expect(sink.commit()).rejects.toMatchObject({ code: 'io' });
      expect(await readdir(path)).toEqual([]);
    }
  });

  it('is that of an empty file', async () => {
    const sink = await begin(await temporaryFolder(), 'a', 0, 256);
    expect(await sink.digest()).toBe(sha256(Buffer.alloc(0)));
    await sink.commit();
  });

  it('fails for good where the disk cannot be read', async () => {
    const path = await temporaryFolder();
    // Large chunks are written as they come, and what does not come in order has to be read back.
    const sink = await begin(path, 'a', 3, WRITE_BLOCK_BYTES);
    await sink.write(1, Buffer.from('bc'));
    await sink.write(0, Buffer.from('a'));
    vi.spyOn(await handlePrototype(), 'read').mockRejectedValueOnce(systemError('EIO'));
    await expect(sink.digest()).rejects.toMatchObject({ code: 'io', path: join(path, 'a') });
    await expect(sink.commit()).rejects.toMatchObject({ code: 'io' });
    expect(await readdir(path)).toEqual([]);
  });

  it('ends with the download', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', size, 256);
    await sink.write(0, Buffer.from(bytes));
    const digest = sink.digest().catch((error: unknown) => error);
    expect(await sink.suspend()).toBe(size);
    expect(await digest).toMatchObject({ name: 'FileError', code: 'io' });
    expect(await leftovers(path)).toHaveLength(2);
  });
});

describe('the place of a PartialFile', () => {
  it.each(['../a', '.hidden', '', 'a/b', 'nul\0', 'CON'])(
    'is refused to the name %j, before anything is created',
    async (name) => {
      const path = await temporaryFolder();
      await expect(begin(path, name, 1, 1)).rejects.toMatchObject({ code: 'unsafe-name' });
      expect(await readdir(path)).toEqual([]);
    },
  );

  it('is that of an older file', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'a'), 'an older and longer file');
    const sink = await begin(path, 'a', 3, 4);
    await sink.write(0, Buffer.from('new'));
    await sink.commit();
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('new');
  });

  it('is that of a link, never that of its target', async () => {
    const path = await temporaryFolder();
    const outside = join(await temporaryFolder(), 'precious');
    await writeFile(outside, 'precious');
    await symlink(outside, join(path, 'a'));
    const sink = await begin(path, 'a', 3, 4);
    await sink.write(0, Buffer.from('new'));
    await sink.commit();
    expect(await readFile(outside, 'utf8')).toBe('precious');
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('new');
  });

  it('is not that of a folder', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'a', 0, 4);
    await mkdir(join(path, 'a'));
    await expect(begin(path, 'a', 0, 4)).rejects.toMatchObject({ code: 'not-a-file', path: join(path, 'a') });
    await expect(sink.commit()).rejects.toMatchObject({ code: 'not-a-file' });
    expect(await readdir(path)).toEqual(['a']);
  });

  it('is lost with the folder', async () => {
    const path = join(await temporaryFolder(), 'shared');
    await mkdir(path);
    const sink = await begin(path, 'a', 3, 4);
    await sink.write(0, Buffer.from('abc'));
    await rename(path, `${path}-elsewhere`);
    await expect(begin(path, 'b', 3, 4)).rejects.toMatchObject({ code: 'not-found' });
    await expect(sink.commit()).rejects.toMatchObject({ code: 'not-found', path: join(path, 'a') });
    await rm(`${path}-elsewhere`, { recursive: true });
  });

  it.runIf(process.platform === 'linux')('may have a name that is no UTF-8', async () => {
    const path = await temporaryFolder();
    const sink = await begin(path, 'caf\udce9', 1, 4);
    await sink.write(0, Buffer.from('a'));
    await sink.commit();
    expect(await readdir(path, { encoding: 'buffer' })).toEqual([Buffer.from('caf\xe9', 'latin1')]);
  });
});
