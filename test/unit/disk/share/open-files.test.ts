import { appendFile, rename, rm, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_OPEN_FILES, OPEN_FILE_IDLE_MS, RECHECK_FILE_MS } from '../../../../src/disk/share/open-files.ts';
import { openIn } from './handles.ts';
import { temporaryShare } from '../temporary-folder.ts';

const linux = process.platform === 'linux';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an open file', () => {
  it('reads exactly what is asked for', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), '0123456789');
    const file = await folder.open('a');
    expect(file.size).toBe(10);
    expect((await file.read(0, 10)).toString()).toBe('0123456789');
    expect((await file.read(3, 4)).toString()).toBe('3456');
    expect((await file.read(10, 0)).length).toBe(0);
    const parts = await Promise.all([0, 2, 4, 6, 8].map((offset) => file.read(offset, 2)));
    expect(Buffer.concat(parts).toString()).toBe('0123456789');
  });

  it('reads nothing outside', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), '0123456789');
    const file = await folder.open('a');
    for (const [offset, length] of [
      [0, 11],
      [10, 1],
      [11, 0],
      [-1, 2],
      [0, -1],
      [0.5, 1],
      [NaN, 1],
      [2 ** 53, 1],
      [1, Infinity],
    ] as const) {
      await expect(file.read(offset, length)).rejects.toMatchObject({ code: 'out-of-range' });
    }
  });

  it('tells that it became shorter while it was served', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), '0123456789');
    const file = await folder.open('a');
    await truncate(join(path, 'a'), 4);
    expect((await file.read(0, 4)).toString()).toBe('0123');
    await expect(file.read(2, 4)).rejects.toMatchObject({ code: 'changed', path: join(path, 'a') });
  });

  it.runIf(linux)('is one for all who open it at the same time', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'x');
    const files = await Promise.all(Array.from({ length: 50 }, () => folder.open('a')));
    expect(new Set(files).size).toBe(1);
    expect(await openIn(path)).toBe(1);
  });

  it('does not look at the folder again within RECHECK_FILE_MS, and does afterwards', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    const old = await folder.open('a');
    await writeFile(join(path, 'next'), 'another');
    await rename(join(path, 'next'), join(path, 'a'));
    vi.advanceTimersByTime(RECHECK_FILE_MS - 1);
    expect(await folder.open('a')).toBe(old);
    vi.advanceTimersByTime(1);
    const [one, two] = await Promise.all([folder.open('a'), folder.open('a')]);
    expect(one).toBe(two);
    expect(one.size).toBe(7);
    expect(folder.sizeOf('a')).toBe(7);
    await expect(old.read(0, 3)).rejects.toMatchObject({ code: 'changed' });
  });

  it('stays the same after a look that finds it unchanged', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    const file = await folder.open('a');
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    expect(folder.sizeOf('a')).toBe(3);
    expect(await folder.open('a')).toBe(file);
  });

  it('is another one after a change of its content alone', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    const old = await folder.open('a');
    await writeFile(join(path, 'a'), 'new');
    await utimes(join(path, 'a'), 1, 1);
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    expect(await folder.open('a')).not.toBe(old);
    await appendFile(join(path, 'a'), '!');
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    expect((await folder.open('a')).size).toBe(4);
  });

  it.runIf(linux)('is gone after a look that finds nothing, or a link to elsewhere', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    await writeFile(join(path, 'b'), 'old');
    await Promise.all([folder.open('a'), folder.open('b')]);
    await unlink(join(path, 'a'));
    await unlink(join(path, 'b'));
    await symlink('/etc/passwd', join(path, 'b'));
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    await expect(folder.open('a')).rejects.toMatchObject({ code: 'not-found' });
    await expect(folder.open('b')).rejects.toMatchObject({ code: 'not-found' });
    await vi.waitFor(async () => expect(await openIn(path)).toBe(0));
    await writeFile(join(path, 'a'), 'back');
    expect((await folder.open('a')).size).toBe(4);
  });

  it.runIf(linux)('loses its handle when it is idle, and reads on nevertheless', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'abc');
    const file = await folder.open('a');
    vi.advanceTimersByTime(OPEN_FILE_IDLE_MS - 1);
    await file.read(0, 1);
    vi.advanceTimersByTime(OPEN_FILE_IDLE_MS - 1);
    expect(await openIn(path)).toBe(1);
    vi.advanceTimersByTime(1);
    await vi.waitFor(async () => expect(await openIn(path)).toBe(0));
    expect((await file.read(1, 2)).toString()).toBe('bc');
    expect(await openIn(path)).toBe(0);
    await writeFile(join(path, 'a'), 'abcd');
    await expect(file.read(1, 2)).rejects.toMatchObject({ code: 'changed' });
    await rm(join(path, 'a'));
    await expect(file.read(1, 2)).rejects.toMatchObject({ code: 'changed' });
    expect(await openIn(path)).toBe(0);
  });

  it.runIf(linux)('is one of MAX_OPEN_FILES, the least recently used goes first', async () => {
    const { path, folder } = await temporaryShare();
    const names = Array.from({ length: MAX_OPEN_FILES + 10 }, (_, i) => `file-${i}`);
    await Promise.all(names.map((name) => writeFile(join(path, name), name)));
    const first = await folder.open('file-0');
    const second = await folder.open('file-1');
    for (const name of names.slice(2)) {
      expect(await folder.open('file-0')).toBe(first);
      await folder.open(name);
    }
    await vi.waitFor(async () => expect(await openIn(path)).toBe(MAX_OPEN_FILES));
    expect(await folder.open('file-0')).toBe(first);
    expect(await folder.open('file-1')).not.toBe(second);
    expect((await second.read(0, 6)).toString()).toBe('file-1');
  });

  it.runIf(linux)('is not closed under a reader, only after it', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), Buffer.alloc(1_000_000, 'a'));
    const file = await folder.open('a');
    const reads = Promise.all(Array.from({ length: 10 }, () => file.read(0, 1_000_000)));
    const closed = folder.close();
    for (const bytes of await reads) expect(bytes.equals(Buffer.alloc(1_000_000, 'a'))).toBe(true);
    await closed;
    await vi.waitFor(async () => expect(await openIn(path)).toBe(0));
  });

  it('never lets a wrong byte through while files are replaced, opened and closed', async () => {
    const { path, folder } = await temporaryShare();
    const names = Array.from({ length: MAX_OPEN_FILES + 16 }, (_, i) => `file-${i}`);
    const write = async (name: string, letter: string): Promise<void> => {
      await writeFile(join(path, `.${name}-${letter}`), letter.repeat(100));
      await rename(join(path, `.${name}-${letter}`), join(path, name));
    };
    await Promise.all(names.map((name) => write(name, 'a')));
    for (const letter of ['b', 'c', 'd']) {
      const reading = names.map(async (name) => {
        try {
          const bytes = (await (await folder.open(name)).read(10, 50)).toString();
          expect(bytes).toMatch(/^([abcd])\1{49}$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'changed' });
        }
      });
      vi.advanceTimersByTime(RECHECK_FILE_MS);
      await Promise.all([...reading, ...names.map((name) => write(name, letter))]);
    }
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    for (const name of names) expect((await (await folder.open(name)).read(0, 1)).toString()).toBe('d');
  });
});
