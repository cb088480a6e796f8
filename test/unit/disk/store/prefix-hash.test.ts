import { createHash } from 'node:crypto';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PrefixHash, HASH_PIECE_BYTES } from '../../../../src/disk/store/prefix-hash.ts';
import { RandomNumbers } from '../../../helpers/random-numbers.ts';
import { until } from '../../../helpers/until.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function fileOf(bytes: Buffer): Promise<FileHandle> {
  const path = join(await temporaryFolder(), 'a');
  await writeFile(path, bytes);
  const handle = await open(path, 'r+');
  onTestFinished(() => handle.close());
  return handle;
}

describe('PrefixHash', () => {
  const bytes = new RandomNumbers(1).bytes(4 * HASH_PIECE_BYTES + 17);

  it('follows what is there, so that little is left for the end', async () => {
    const handle = await fileOf(bytes);
    const read = vi.spyOn(handle, 'read');
    const hash = new PrefixHash(handle, '/x');
    hash.follow(HASH_PIECE_BYTES - 1);
    expect(read).not.toHaveBeenCalled();
    hash.follow(HASH_PIECE_BYTES + 5);
    await until(() => read.mock.settledResults.length === 1, 1_000, 'first piece');
    hash.follow(4 * HASH_PIECE_BYTES + 1);
    await until(() => read.mock.settledResults.length === 4, 1_000, 'four pieces');
    expect(await hash.finish(bytes.length)).toBe(sha256(bytes));
    expect(await hash.finish(bytes.length)).toBe(sha256(bytes));
    expect(read).toHaveBeenCalledTimes(5);
  });

  it('begins anew when what it has read changes, and only then', async () => {
    const handle = await fileOf(bytes);
    const read = vi.spyOn(handle, 'read');
    const hash = new PrefixHash(handle, '/x');
    hash.follow(2 * HASH_PIECE_BYTES);
    await until(() => read.mock.settledResults.length === 2, 1_000, 'two pieces');
    hash.invalidate(2 * HASH_PIECE_BYTES);
    expect(await hash.finish(bytes.length)).toBe(sha256(bytes));
    expect(read).toHaveBeenCalledTimes(5);
    const other = Buffer.from(bytes);
    other[3] = (bytes[3] ?? 0) ^ 1;
    await handle.write(other, 0, 4, 0);
    hash.invalidate(3);
    expect(await hash.finish(bytes.length)).toBe(sha256(other));
  });

  it('drops a piece that changes while it is read', async () => {
    const handle = await fileOf(bytes);
    const hash = new PrefixHash(handle, '/x');
    const other = Buffer.alloc(bytes.length, 'other');
    hash.follow(HASH_PIECE_BYTES);
    await handle.write(other, 0, other.length, 0);
    hash.invalidate(HASH_PIECE_BYTES - 1);
    expect(await hash.finish(other.length)).toBe(sha256(other));
  });

  it('hashes nothing at all', async () => {
    const hash = new PrefixHash(await fileOf(Buffer.alloc(0)), '/x');
    expect(await hash.finish(0)).toBe(sha256(Buffer.alloc(0)));
  });

  it('tells at the end what it could not read, unless it can by then', async () => {
    const handle = await fileOf(bytes);
    const failure = Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read' });
    const read = vi.spyOn(handle, 'read').mockRejectedValueOnce(failure);
    const hash = new PrefixHash(handle, '/x');
    hash.follow(HASH_PIECE_BYTES);
    await until(() => read.mock.settledResults.length === 1, 1_000, 'failed read');
    expect(await hash.finish(bytes.length)).toBe(sha256(bytes));
    hash.invalidate(0);
    read.mockRejectedValueOnce(failure);
    await expect(hash.finish(bytes.length)).rejects.toMatchObject({
      name: 'FileError',
      code: 'io',
      path: '/x',
    });
    hash.invalidate(0);
    await handle.truncate(5);
    await expect(hash.finish(bytes.length)).rejects.toMatchObject({ code: 'changed' });
  });

  it('can be stopped, also at the end', async () => {
    const handle = await fileOf(bytes);
    const read = vi.spyOn(handle, 'read');
    const hash = new PrefixHash(handle, '/x');
    const finished = hash.finish(bytes.length);
    await until(() => read.mock.calls.length === 1, 1_000, 'first read');
    await Promise.all([hash.stop(), expect(finished).rejects.toMatchObject({ code: 'io' })]);
    expect(read).toHaveBeenCalledTimes(1);
    await expect(hash.finish(bytes.length)).rejects.toMatchObject({ code: 'io' });
  });

  it('is given up at the next piece after an abort, and can be finished later', async () => {
    const handle = await fileOf(bytes);
    const hash = new PrefixHash(handle, '/x');
    const leave = new AbortController();
    const read = vi.spyOn(handle, 'read').mockImplementationOnce((...[, , length]: unknown[]) => {
      leave.abort();
      return Promise.resolve({ bytesRead: length }) as never;
    });
    await expect(hash.finish(bytes.length, leave.signal)).rejects.toMatchObject({
      name: 'DownloadError',
      code: 'aborted',
    });
    expect(read).toHaveBeenCalledTimes(1);
    hash.invalidate(0);
    expect(await hash.finish(bytes.length)).toBe(sha256(bytes));
  });
});
