import { readdirSync, type PathLike } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryShare } from '../temporary-folder.ts';

/**
 * A file system that takes `A.TXT` and `a.txt`, or the two Unicode forms of `ã`, for one file, as those of macOS and
 * Windows do: every path leads to the entry that is alike, and `realpath` keeps the spelling it was given.
 */
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const alike = (name: string): string => name.normalize('NFC').toLowerCase();
  const folded = (path: PathLike): string => {
    const text = path.toString();
    try {
      const entry = readdirSync(dirname(text)).find((name) => alike(name) === alike(basename(text)));
      return entry === undefined ? text : join(dirname(text), entry);
    } catch {
      return text;
    }
  };
  return {
    ...real,
    lstat: (path: PathLike, options: { bigint: true }) => real.lstat(folded(path), options),
    open: (path: PathLike, flags: string, mode?: number) => real.open(folded(path), flags, mode),
    rename: (from: PathLike, to: PathLike) => real.rename(from, folded(to)),
  };
});

describe('on a file system that folds names', () => {
  it('only the name that is listed is served', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'Caf\u00e9.txt'), 'x');
    expect((await folder.open('Caf\u00e9.txt')).size).toBe(1);
    for (const name of ['caf\u00e9.txt', 'Cafe\u0301.txt', 'CAF\u00c9.TXT']) {
      await expect(folder.open(name)).rejects.toMatchObject({ code: 'not-found', path: name });
    }
  });

  it('a download does not replace a file of another spelling', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'thesis.txt'), 'mine');
    await expect(folder.createSink({ name: 'Thesis.TXT', size: 5, chunkSize: 256 })).rejects.toMatchObject({
      code: 'name-twin',
      path: join(path, 'Thesis.TXT'),
    });
    expect(await readFile(join(path, 'thesis.txt'), 'utf8')).toBe('mine');
    expect(await readdir(path)).toEqual(['thesis.txt']);
  });

  it('nor one that came while it ran', async () => {
    const { path, folder } = await temporaryShare();
    const sink = await folder.createSink({ name: 'Thesis.TXT', size: 6, chunkSize: 256 });
    await sink.write(0, Buffer.from('theirs'));
    await writeFile(join(path, 'thesis.txt'), 'mine');
    await expect(sink.commit()).rejects.toMatchObject({ code: 'name-twin' });
    expect(await readdir(path)).toEqual(['thesis.txt']);
    expect(await readFile(join(path, 'thesis.txt'), 'utf8')).toBe('mine');
  });

  it('a download replaces the file of its own spelling', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'Thesis.txt'), 'old');
    const sink = await folder.createSink({ name: 'Thesis.txt', size: 3, chunkSize: 256 });
    await sink.write(0, Buffer.from('new'));
    await sink.commit();
    expect(await readFile(join(path, 'Thesis.txt'), 'utf8')).toBe('new');
  });

  it('a new spelling of the entry is noticed', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a.txt'), 'x');
    await folder.list();
    await rename(join(path, 'a.txt'), join(path, 'b.txt'));
    await rename(join(path, 'b.txt'), join(path, 'A.TXT'));
    await expect(folder.open('a.txt')).rejects.toMatchObject({ code: 'not-found' });
    expect((await folder.open('A.TXT')).size).toBe(1);
  });
});
