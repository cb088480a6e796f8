import { createHash } from 'node:crypto';
import { appendFile, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Digests, HASH_PIECE_BYTES } from '../../../../src/disk/share/digests.ts';
import { Folder, type ListedFile } from '../../../../src/disk/folder.ts';
import { FileError } from '../../../../src/errors.ts';
import { MAX_KNOWN_DIGESTS, MAX_WAITING_DIGESTS } from '../../../../src/limits.ts';
import { gate, handlePrototype, openIn } from './handles.ts';
import { temporaryFolder, temporaryShare } from '../temporary-folder.ts';

const linux = process.platform === 'linux';

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** Files, not written to lately: what is younger than a tick of the clock is not remembered. */
async function put(path: string, name: string, content: Buffer | string): Promise<void> {
  await writeFile(join(path, name), content);
  await utimes(join(path, name), 1000, 1000);
}

/** Digests of a folder of its own; `onLook` comes before each look at a file. */
async function digestsOf(onLook: (name: string, looks: number) => Promise<void> | void = () => undefined) {
  const path = await temporaryFolder();
  let looks = 0;
  let seen = 0;
  const folder = new Folder(path, Buffer.from(path));
  const digests = new Digests(folder, async (name): Promise<ListedFile> => {
    await onLook(name, ++looks);
    const file = await folder.look(name);
    seen += 1;
    if (file === undefined) throw new FileError('not-found', name);
    return file;
  });
  onTestFinished(() => digests.close());
  return { path, digests, seen: () => seen };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the digest of a shared file', () => {
  it.each([0, 1, HASH_PIECE_BYTES, 3 * HASH_PIECE_BYTES + 17])('is right for %i bytes', async (size) => {
    const { path, folder } = await temporaryShare();
    const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) >> 4));
    await writeFile(join(path, 'a b.txt'), content);
    expect(await folder.digest('a b.txt')).toEqual({ size, sha256: sha256(content) });
  });

  it('is there for what is listed only', async () => {
    const { path, folder } = await temporaryShare();
    await writeFile(join(path, '.hidden'), 'x');
    await symlink('/etc/passwd', join(path, 'link'));
    for (const name of ['missing', '.hidden', 'link', '', '..', '/etc/passwd', '../x']) {
      await expect(folder.digest(name)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('costs no second reading as long as the file is the same, under whatever name', async () => {
    const { path, folder } = await temporaryShare();
    await put(path, 'a', 'abc');
    const read = vi.spyOn(await handlePrototype(), 'read');
    const digest = await folder.digest('a');
    expect(read.mock.calls.length).toBe(1);
    expect(await folder.digest('a')).toEqual(digest);
    await rename(join(path, 'a'), join(path, 'b'));
    await symlink('b', join(path, 'c'));
    expect(await folder.digest('b')).toEqual(digest);
    expect(await folder.digest('c')).toEqual(digest);
    expect(read.mock.calls.length).toBe(1);
  });

  it('is another one after a change', async () => {
    const { path, folder } = await temporaryShare();
    await put(path, 'a', 'abc');
    await folder.digest('a');
    await appendFile(join(path, 'a'), 'd');
    expect(await folder.digest('a')).toEqual({ size: 4, sha256: sha256('abcd') });
    await writeFile(join(path, 'a'), 'ABCD');
    await utimes(join(path, 'a'), 2000, 2000);
    expect(await folder.digest('a')).toEqual({ size: 4, sha256: sha256('ABCD') });
  });

  it('is not remembered for a file that was written just now: a second write may leave no trace', async () => {
    const { path, digests } = await digestsOf();
    const now = Date.now() / 1000 + 3600;
    vi.spyOn(Date, 'now').mockReturnValue(now * 1000);
    await writeFile(join(path, 'a'), 'abc');
    await utimes(join(path, 'a'), now, now);
    expect((await digests.get('a')).sha256).toBe(sha256('abc'));
    await writeFile(join(path, 'a'), 'ABC');
    await utimes(join(path, 'a'), now, now);
    expect((await digests.get('a')).sha256).toBe(sha256('ABC'));
  });

  it('is read once for all who ask for it meanwhile', async () => {
    const { path, digests } = await digestsOf();
    await put(path, 'a', 'abc');
    const read = vi.spyOn(await handlePrototype(), 'read');
    const all = await Promise.all(Array.from({ length: 1000 }, () => digests.get('a')));
    expect(new Set(all.map((digest) => digest.sha256))).toEqual(new Set([sha256('abc')]));
    expect(read.mock.calls.length).toBe(1);
  });

  it('can be told by whoever knows it', async () => {
    const { path, folder } = await temporaryShare();
    await put(path, 'a', 'abc');
    await folder.noteDigest('a', sha256('told'));
    expect(await folder.digest('a')).toEqual({ size: 3, sha256: sha256('told') });
    await put(path, 'a', 'abcd');
    expect(await folder.digest('a')).toEqual({ size: 4, sha256: sha256('abcd') });
    await folder.noteDigest('missing', sha256(''));
    await expect(folder.digest('missing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is forgotten for the file that was asked for longest ago, of MAX_KNOWN_DIGESTS', async () => {
    const path = await temporaryFolder();
    await put(path, 'a', 'abc');
    const folder = new Folder(path, Buffer.from(path));
    const real = await folder.look('a');
    if (real === undefined) throw new Error('no file');
    // One real file that seems to be many, by its inode.
    const digests = new Digests(folder, (name) => {
      const stats = Object.assign(Object.create(real.stats) as typeof real.stats, { ino: BigInt(name) });
      return Promise.resolve({ ...real, stats });
    });
    for (let ino = 0; ino < MAX_KNOWN_DIGESTS; ino += 1) await digests.note(`${ino}`, 'known');
    expect((await digests.get('0')).sha256).toBe('known');
    await digests.note('-1', 'known');
    expect((await digests.get('0')).sha256).toBe('known');
    await expect(digests.get('1')).rejects.toMatchObject({ code: 'changed' });
    expect((await digests.get('2')).sha256).toBe('known');
  });
});

describe('a file that changes while it is hashed', () => {
  const CHANGES = {
    replaced: async (path: string) => {
      await writeFile(join(path, 'b'), 'abd');
      await rename(join(path, 'b'), join(path, 'a'));
    },
    overwritten: (path: string) => writeFile(join(path, 'a'), 'abd'),
    longer: (path: string) => appendFile(join(path, 'a'), 'd'),
    shorter: (path: string) => truncate(join(path, 'a'), 1),
  };
  // A digest takes three looks: when it is asked for, before and after the reading.
  describe.each([2, 3])('and is found so at look %i', (last) => {
    it.each(Object.entries(CHANGES))('is %s', async (_, change) => {
      let path = '';
      let armed = true;
      const made = await digestsOf(async (_, looks) => {
        if (armed && looks === last) await change(path);
      });
      path = made.path;
      await put(path, 'a', 'abc');
      const digest = made.digests.get('a');
      if (last === 3) await expect(digest).rejects.toMatchObject({ code: 'changed', path: join(path, 'a') });
      else await digest;
      armed = false;
      const { sha256: found, size } = await made.digests.get('a');
      expect([found, size]).toEqual(
        change === CHANGES.longer
          ? [sha256('abcd'), 4]
          : change === CHANGES.shorter
            ? [sha256('a'), 1]
            : [sha256('abd'), 3],
      );
    });
  });

  it('tells so where it ends early', async () => {
    const { path, digests } = await digestsOf();
    await put(path, 'a', Buffer.alloc(2 * HASH_PIECE_BYTES));
    const prototype = await handlePrototype();
    vi.spyOn(prototype, 'read').mockResolvedValue({ bytesRead: 0, buffer: Buffer.alloc(0) });
    await expect(digests.get('a')).rejects.toMatchObject({ code: 'changed' });
    vi.restoreAllMocks();
    expect((await digests.get('a')).size).toBe(2 * HASH_PIECE_BYTES);
  });

  it('is not found where it has gone', async () => {
    let path = '';
    const made = await digestsOf(async (_, looks) => {
      if (looks === 3) await rm(join(path, 'a'));
    });
    path = made.path;
    await put(path, 'a', 'abc');
    await expect(made.digests.get('a')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the queue of those to be hashed', () => {
  /** The first file is being hashed and does not come to its end; all others wait behind it. */
  async function busy(others: number) {
    const { promise, release } = gate();
    const names = Array.from({ length: others }, (_, i) => `${i}`);
    const looked = new Map<string, number>();
    const made = await digestsOf(async (name) => {
      const looks = (looked.get(name) ?? 0) + 1;
      looked.set(name, looks);
      if (name === 'first' && looks === 2) await promise;
    });
    await put(made.path, 'first', 'first');
    await Promise.all(names.map((name) => put(made.path, name, name)));
    const first = made.digests.get('first');
    await vi.waitFor(() => expect(looked.get('first')).toBe(2));
    return { ...made, names, first, release };
  }

  it('takes MAX_WAITING_DIGESTS, and refuses more until there is room again', async () => {
    const { path, digests, names, first, release, seen } = await busy(MAX_WAITING_DIGESTS);
    const all = names.map((name) => digests.get(name));
    await vi.waitFor(() => expect(seen()).toBe(1 + MAX_WAITING_DIGESTS));
    await put(path, 'known', 'x');
    await digests.note('known', sha256('x'));
    await put(path, 'unknown', 'y');
    await expect(digests.get('unknown')).rejects.toMatchObject({
      code: 'busy',
      path: join(path, 'unknown'),
    });
    expect((await digests.get('known')).sha256).toBe(sha256('x'));
    release();
    expect((await first).sha256).toBe(sha256('first'));
    expect((await Promise.all(all)).map((digest) => digest.sha256)).toEqual(
      names.map((name) => sha256(name)),
    );
    expect((await digests.get('unknown')).sha256).toBe(sha256('y'));
  });

  it('works on one file at a time', async () => {
    const { path, digests } = await digestsOf();
    const prototype = await handlePrototype();
    const read = Object.getOwnPropertyDescriptor(prototype, 'read')?.value as (
      ...args: unknown[]
    ) => Promise<never>;
    let reading = 0;
    let most = 0;
    vi.spyOn(prototype, 'read').mockImplementation(async function (this: unknown, ...args: unknown[]) {
      most = Math.max(most, ++reading);
      const result = await read.apply(this, args);
      reading -= 1;
      return result;
    });
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await put(path, name, Buffer.alloc(3 * HASH_PIECE_BYTES, name));
    await Promise.all(names.map((name) => digests.get(name)));
    expect(most).toBe(1);
  });

  it('goes on behind a failure', async () => {
    const { digests, path, first, release } = await busy(2);
    const failing = digests.get('0');
    const next = digests.get('1');
    const failed = expect(failing).rejects.toMatchObject({ code: 'not-found' });
    await rm(join(path, '0'));
    release();
    await failed;
    expect((await next).sha256).toBe(sha256('1'));
    await first;
  });

  it('is given up at the end', async () => {
    const { digests, names, first, release } = await busy(10);
    const all = [first, ...names.map((name) => digests.get(name))];
    const given = Promise.all(all.map((digest) => expect(digest).rejects.toMatchObject({ code: 'io' })));
    const closed = digests.close();
    release();
    await Promise.all([closed, given]);
    await expect(digests.get('first')).rejects.toMatchObject({ code: 'io' });
  });

  it('stops in the middle of a file at the end', async () => {
    const { path, digests } = await digestsOf();
    await put(path, 'a', Buffer.alloc(8 * HASH_PIECE_BYTES));
    const read = vi.spyOn(await handlePrototype(), 'read');
    const closed = new Promise<void>((resolve) => {
      read.mockImplementationOnce((...[, , length]: unknown[]) => {
        resolve(digests.close());
        return Promise.resolve({ bytesRead: length }) as never;
      });
    });
    await expect(digests.get('a')).rejects.toMatchObject({ code: 'io', path: join(path, 'a') });
    await closed;
    expect(read.mock.calls.length).toBe(1);
  });
});

describe('a huge file', () => {
  const TURN = 64 * HASH_PIECE_BYTES;

  /** A file without content takes no room on the disk. */
  async function sparse(path: string, name: string, size: number): Promise<void> {
    await put(path, name, '');
    await truncate(join(path, name), size);
    await utimes(join(path, name), 1000, 1000);
  }

  /** Runs something at the first read, which goes on afterwards. */
  async function atFirstRead(action: () => Promise<void> | void) {
    const prototype = await handlePrototype();
    const read = Object.getOwnPropertyDescriptor(prototype, 'read')?.value as (
      ...args: unknown[]
    ) => Promise<never>;
    return vi.spyOn(prototype, 'read').mockImplementationOnce(async function (
      this: unknown,
      ...args: unknown[]
    ) {
      await action();
      return read.apply(this, args);
    });
  }

  it('does not hold up a small one', async () => {
    const { path, digests, seen } = await digestsOf();
    await sparse(path, 'huge', 3 * TURN);
    await put(path, 'small', 'abc');
    const order: string[] = [];
    let small: Promise<unknown> | undefined;
    const read = await atFirstRead(() => {
      small = digests.get('small').then(() => order.push('small'));
      return vi.waitFor(() => expect(seen()).toBe(3), { interval: 1 });
    });
    await digests.get('huge').then(() => order.push('huge'));
    await small;
    expect(order).toEqual(['small', 'huge']);
    // It went on where it was.
    expect(read.mock.calls.length).toBe(3 * 64 + 1);
  });

  it('that changes between two turns is found so', async () => {
    const { path, digests } = await digestsOf();
    await sparse(path, 'huge', 2 * TURN);
    const read = await atFirstRead(() => utimes(join(path, 'huge'), 2000, 2000));
    await expect(digests.get('huge')).rejects.toMatchObject({ code: 'changed' });
    expect(read.mock.calls.length).toBe(64);
  });

  it('is given up some time after its last asker has gone, and its file is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { path, digests } = await digestsOf();
    await sparse(path, 'huge', 60 * 2 ** 30);
    const [first, second] = [new AbortController(), new AbortController()];
    const digest = digests.get('huge', first.signal);
    expect(digests.get('huge', second.signal)).toBe(digest);
    first.abort();
    vi.advanceTimersByTime(60_000);
    second.abort();
    // Asked again, as those do who were told to come back.
    vi.advanceTimersByTime(4_000);
    const third = new AbortController();
    expect(digests.get('huge', third.signal)).toBe(digest);
    vi.advanceTimersByTime(60_000);
    const failed = expect(digest).rejects.toMatchObject({ code: 'busy', path: join(path, 'huge') });
    third.abort();
    vi.advanceTimersByTime(5_000);
    await failed;
    if (linux) expect(await openIn(path)).toBe(0);
  });
});
