import { rename, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LARGEST_CHUNK_READ_AHEAD, READ_AHEAD_BYTES } from '../../../../src/disk/share/read-ahead.ts';
import { MAX_OPEN_FILES, OPEN_FILE_IDLE_MS, RECHECK_FILE_MS } from '../../../../src/disk/share/open-files.ts';
import { gate, handlePrototype, openIn } from './handles.ts';
import { temporaryShare } from '../temporary-folder.ts';

const linux = process.platform === 'linux';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('small chunks', () => {
  it('cost a disk read per block, not each', async () => {
    const { path, folder } = await temporaryShare();
    const content = Buffer.from(Array.from({ length: 8 * READ_AHEAD_BYTES + 100 }, (_, i) => (i * 31) >> 4));
    await writeFile(join(path, 'a'), content);
    const file = await folder.open('a');
    const read = vi.spyOn(await handlePrototype(), 'read');
    for (let at = 0; at < content.length; at += 256) {
      const length = Math.min(256, content.length - at);
      const bytes = folder.openNow('a')?.readNow(at, length) ?? (await file.read(at, length));
      expect(bytes.equals(content.subarray(at, at + length))).toBe(true);
    }
    expect(read.mock.calls.length).toBe(9);
  });

  it('read a block once for all who ask for parts of it', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), Buffer.alloc(READ_AHEAD_BYTES, 'a'));
    const file = await folder.open('a');
    const read = vi.spyOn(await handlePrototype(), 'read');
    await Promise.all(Array.from({ length: 100 }, (_, i) => file.read(i * 100, 100)));
    expect(read.mock.calls.length).toBe(1);
  });

  it('leave larger ones alone: of those exactly what is asked for is read', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), Buffer.alloc(READ_AHEAD_BYTES, 'a'));
    const file = await folder.open('a');
    const length = LARGEST_CHUNK_READ_AHEAD + 1;
    const read = vi.spyOn(await handlePrototype(), 'read');
    await file.read(5, length);
    await file.read(5, length);
    expect(read.mock.calls.map((call) => (call as unknown[])[2])).toEqual([length, length]);
    expect(file.readNow(5, length)).toBeUndefined();
  });
});

describe('openNow', () => {
  it('is the open file, as long as the folder was looked at within RECHECK_FILE_MS', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'abc');
    expect(folder.openNow('a')).toBeUndefined();
    const opening = folder.open('a');
    expect(folder.openNow('a')).toBeUndefined();
    const file = await opening;
    vi.advanceTimersByTime(RECHECK_FILE_MS - 1);
    expect(folder.openNow('a')).toBe(file);
    expect(folder.openNow('b')).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(folder.openNow('a')).toBeUndefined();
    const again = folder.open('a');
    // Not before the new look has a result.
    expect(folder.openNow('a')).toBeUndefined();
    expect(await again).toBe(file);
    expect(folder.openNow('a')).toBe(file);
    await folder.close();
    expect(folder.openNow('a')).toBeUndefined();
  });

  it('counts as a use: what is asked for only so is not the first to be closed', async () => {
    const { path, folder } = await temporaryShare();
    const names = Array.from({ length: MAX_OPEN_FILES + 1 }, (_, i) => `file-${i}`);
    await Promise.all(names.map((name) => writeFile(join(path, name), name)));
    for (const name of names.slice(0, -1)) await folder.open(name);
    expect(folder.openNow('file-0')).toBeDefined();
    await folder.open(names.at(-1) ?? '');
    expect(folder.openNow('file-0')).toBeDefined();
    expect(folder.openNow('file-1')).toBeUndefined();
  });
});

describe('what was read ahead', () => {
  it('is not served any more once the file was found replaced', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    const old = await folder.open('a');
    await old.read(0, 3);
    expect(old.readNow(0, 3)?.toString()).toBe('old');
    await writeFile(join(path, 'next'), 'new');
    await rename(join(path, 'next'), join(path, 'a'));
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    expect(folder.openNow('a')).toBeUndefined();
    const file = await folder.open('a');
    expect(old.readNow(0, 3)).toBeUndefined();
    await expect(old.read(0, 3)).rejects.toMatchObject({ code: 'changed' });
    expect(file.readNow(0, 3)).toBeUndefined();
    expect((await file.read(0, 3)).toString()).toBe('new');
    expect(folder.openNow('a')?.readNow(0, 3)?.toString()).toBe('new');
  });

  it('is not served any more once the file was found overwritten', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'old');
    const old = await folder.open('a');
    await old.read(0, 3);
    await writeFile(join(path, 'a'), 'new');
    await utimes(join(path, 'a'), 1, 1);
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    const file = await folder.open('a');
    expect(old.readNow(0, 3)).toBeUndefined();
    expect((await file.read(0, 3)).toString()).toBe('new');
  });

  it('ends where the file was cut: whoever reads behind that is told', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), Buffer.alloc(3 * READ_AHEAD_BYTES, 'a'));
    const file = await folder.open('a');
    await file.read(0, 256);
    await truncate(join(path, 'a'), READ_AHEAD_BYTES + 1000);
    expect((await file.read(READ_AHEAD_BYTES, 1000)).equals(Buffer.alloc(1000, 'a'))).toBe(true);
    for (const at of [READ_AHEAD_BYTES + 900, 2 * READ_AHEAD_BYTES]) {
      await expect(file.read(at, 256)).rejects.toMatchObject({ code: 'changed', path: join(path, 'a') });
    }
    vi.advanceTimersByTime(RECHECK_FILE_MS);
    expect((await folder.open('a')).size).toBe(READ_AHEAD_BYTES + 1000);
    expect(file.readNow(0, 256)).toBeUndefined();
  });

  it('is forgotten with an idle file', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), 'abc');
    const file = await folder.open('a');
    await file.read(0, 3);
    vi.advanceTimersByTime(OPEN_FILE_IDLE_MS);
    await vi.waitFor(() => expect(file.readNow(0, 3)).toBeUndefined());
  });

  it.runIf(linux)('keeps its file open while it is on its way, and no longer', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, 'a'), Buffer.alloc(2 * READ_AHEAD_BYTES, 'a'));
    const file = await folder.open('a');
    await file.read(0, 256);
    const prototype = await handlePrototype();
    const results: Promise<unknown>[] = [];
    // Reads only once the folder was told to close.
    const { promise, release } = gate();
    const read = Object.getOwnPropertyDescriptor(prototype, 'read')?.value as (...args: unknown[]) => unknown;
    vi.spyOn(prototype, 'read').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const result = promise.then(() => read.apply(this, args));
      results.push(result);
      return result as never;
    });
    expect(file.readNow(READ_AHEAD_BYTES - 256, 256)).toBeDefined();
    await vi.waitFor(() => expect(results.length).toBe(1));
    await folder.close();
    expect(await openIn(path)).toBe(1);
    release();
    expect(await results[0]).toMatchObject({ bytesRead: READ_AHEAD_BYTES });
    await vi.waitFor(async () => expect(await openIn(path)).toBe(0));
    expect(file.readNow(READ_AHEAD_BYTES, 1)).toBeUndefined();
  });
});
