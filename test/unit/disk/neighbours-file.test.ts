import { execFileSync, spawn } from 'node:child_process';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NeighboursFile, MAX_NEIGHBOURS_FILE_BYTES } from '../../../src/disk/neighbours-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function fileWith(content: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), 'vizinhos.txt');
  await writeFile(path, content);
  return path;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('NeighboursFile.open', () => {
  it('wants a file that exists', async () => {
    const folder = await temporaryFolder();
    const missing = join(folder, 'missing');
    await expect(NeighboursFile.open(missing)).rejects.toMatchObject({
      name: 'FileError',
      code: 'not-found',
      path: missing,
      cause: { code: 'ENOENT' },
    });
    await mkdir(join(folder, 'folder'));
    await expect(NeighboursFile.open(join(folder, 'folder'))).rejects.toMatchObject({ code: 'not-a-file' });
    await symlink('folder', join(folder, 'link'));
    await expect(NeighboursFile.open(join(folder, 'link'))).rejects.toMatchObject({ code: 'not-a-file' });
  });

  it.runIf(process.platform === 'linux')('does not wait for the writer of a pipe', async () => {
    const path = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(NeighboursFile.open(path)).rejects.toMatchObject({ code: 'not-a-file' });
  });

  it('follows a link', async () => {
    const path = await fileWith('127.0.0.1:1\n');
    await symlink(path, `${path}.link`);
    const file = await NeighboursFile.open(`${path}.link`);
    await file.append('127.0.0.1:2');
    expect(await readFile(path, 'utf8')).toBe('127.0.0.1:1\n127.0.0.1:2\n');
  });

  it('takes no file that is too large', async () => {
    const path = await fileWith(Buffer.alloc(MAX_NEIGHBOURS_FILE_BYTES, '#'));
    const file = await NeighboursFile.open(path);
    await appendFile(path, '\n');
    await expect(file.read()).rejects.toMatchObject({ code: 'too-large', path });
    await expect(file.append('127.0.0.1:1')).rejects.toMatchObject({ code: 'too-large', path });
  });
});

describe('NeighboursFile.read', () => {
  it.each([
    ['', []],
    ['\n\n', []],
    ['a:1', [[1, 'a:1']]],
    [
      'a:1\nb:2\n',
      [
        [1, 'a:1'],
        [2, 'b:2'],
      ],
    ],
    [
      'a:1\r\n\r\nb:2\r\n',
      [
        [1, 'a:1'],
        [3, 'b:2'],
      ],
    ],
    [
      '\ufeffa:1\nb:2',
      [
        [1, 'a:1'],
        [2, 'b:2'],
      ],
    ],
    ['\ufeff# first\r\na:1', [[2, 'a:1']]],
    ['  a:1\t\n', [[1, 'a:1']]],
    [
      '# comment\n  # another\na:1 # mine\nb:2\t#mine\n',
      [
        [3, 'a:1'],
        [4, 'b:2'],
      ],
    ],
    ['a#b:1\n#a:1#\n', [[1, 'a#b:1']]],
    ['not an address\n', [[1, 'not an address']]],
  ] as const)('takes %j', async (content, lines) => {
    const file = await NeighboursFile.open(await fileWith(content));
    expect(await file.read()).toEqual(lines.map(([line, text]) => ({ line, text })));
  });

  it('survives accents in another encoding', async () => {
    const file = await NeighboursFile.open(
      await fileWith(Buffer.from('# da Jos\xe9\na:1\n\xe9\n', 'latin1')),
    );
    expect(await file.read()).toEqual([
      { line: 2, text: 'a:1' },
      { line: 3, text: '\ufffd' },
    ]);
  });

  it.each([
    ['bytes of a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x02, 0x01, 0x0a, 0x61])],
    ['UTF-16', Buffer.from('a:1\n', 'utf16le')],
  ])('refuses %s, and writes nothing into it', async (_, content) => {
    const path = await fileWith('a:1\n');
    const file = await NeighboursFile.open(path);
    await writeFile(path, content);
    await expect(NeighboursFile.open(path)).rejects.toMatchObject({ code: 'not-text', path });
    await expect(file.append('b:2')).rejects.toMatchObject({ code: 'not-text', path });
    expect(await readFile(path)).toEqual(content);
  });
});

describe('NeighboursFile.append', () => {
  it.each([
    ['', 'a:1\n'],
    ['b:2\n', 'b:2\na:1\n'],
    ['b:2', 'b:2\na:1\n'],
    ['b:2\r\n', 'b:2\r\na:1\n'],
    ['# the end', '# the end\na:1\n'],
    ['# a:1\n', '# a:1\na:1\n'],
    ['a:11\n', 'a:11\na:1\n'],
    ['a:1', 'a:1'],
    ['\ufeffa:1\r\n', '\ufeffa:1\r\n'],
    [' a:1 # mine\n\nb:2', ' a:1 # mine\n\nb:2'],
  ])('makes of %j %j', async (before, after) => {
    const path = await fileWith(before);
    const file = await NeighboursFile.open(path);
    await file.append('a:1');
    expect(await readFile(path, 'utf8')).toBe(after);
    await file.append('a:1');
    expect(await readFile(path, 'utf8')).toBe(after);
  });

  it('adds one line in one write', async () => {
    const path = await fileWith('b:2');
    const file = await NeighboursFile.open(path);
    const probe = await open(path);
    const write = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, 'write');
    await probe.close();
    await file.append('a:1');
    expect(write.mock.calls).toEqual([[Buffer.from('\na:1\n')]]);
  });

  it('keeps the order and what the user wrote meanwhile', async () => {
    const path = await fileWith('b:2');
    const file = await NeighboursFile.open(path);
    await Promise.all(['c:3', 'd:4', 'c:3', 'e:5'].map((address) => file.append(address)));
    await appendFile(path, 'mine:6');
    await file.append('f:7');
    expect(await readFile(path, 'utf8')).toBe('b:2\nc:3\nd:4\ne:5\nmine:6\nf:7\n');
  });

  it('lets 8 peers share a file without a last newline', async () => {
    const path = await fileWith('first:1');
    const peers = await Promise.all(Array.from({ length: 8 }, () => NeighboursFile.open(path)));
    await Promise.all(
      peers.flatMap((peer, i) => Array.from({ length: 5 }, (_, j) => peer.append(`peer-${i}:${j + 1}`))),
    );
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    const expected = peers.flatMap((_, i) => Array.from({ length: 5 }, (_, j) => `peer-${i}:${j + 1}`));
    expect(lines.toSorted()).toEqual(['first:1', ...expected].toSorted());
    expect(lines[0]).toBe('first:1');
  });

  it.runIf(process.platform === 'linux')('loses nothing to another process that appends', async () => {
    const path = await fileWith('first:1\n');
    const script = 'i=0; while [ $i -lt 200 ]; do echo "other:$i" >> "$1"; i=$((i+1)); done';
    const other = spawn('sh', ['-c', script, 'sh', path]);
    const ended = new Promise((resolve) => other.once('exit', resolve));
    const file = await NeighboursFile.open(path);
    for (let i = 0; i < 50; i += 1) await file.append(`ours:${i}`);
    await ended;
    const lines = (await file.read()).map(({ text }) => text);
    expect(lines.filter((text) => text.startsWith('ours:'))).toEqual(
      Array.from({ length: 50 }, (_, i) => `ours:${i}`),
    );
    expect(lines.filter((text) => text.startsWith('other:')).length).toBe(200);
    expect(lines.length).toBe(251);
  });

  it('tells when the file has gone, does not make a new one, and goes on when it is back', async () => {
    const path = await fileWith('');
    const file = await NeighboursFile.open(path);
    await rm(path);
    const failed = file.append('a:1');
    const alsoFailed = file.append('b:2');
    await expect(failed).rejects.toMatchObject({ code: 'not-found', path });
    await expect(alsoFailed).rejects.toMatchObject({ code: 'not-found', path });
    await writeFile(path, 'c:3');
    await file.append('a:1');
    expect(await readFile(path, 'utf8')).toBe('c:3\na:1\n');
  });

  it('tells of a full disk', async () => {
    const path = await fileWith('b:2\n');
    const file = await NeighboursFile.open(path);
    const probe = await open(path);
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const full = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    vi.spyOn(prototype, 'write').mockRejectedValueOnce(full);
    await expect(file.append('a:1')).rejects.toMatchObject({ code: 'disk-full', path, cause: full });
    vi.spyOn(prototype, 'write').mockResolvedValueOnce({ bytesWritten: 2, buffer: '' });
    await expect(file.append('a:1')).rejects.toMatchObject({ code: 'disk-full', path });
  });
});

describe('NeighboursFile.forget', () => {
  it('makes comments of the lines of an address, and leaves every other byte as it is', async () => {
    const path = await fileWith(
      Buffer.from(
        '127.0.0.1:1\r\n  127.0.0.1:2 # Bia\r\n# caf\xe9 \xff\n127.0.0.1:22\n127.0.0.1:2',
        'latin1',
      ),
    );
    const file = await NeighboursFile.open(path);
    await file.forget('127.0.0.1:2');
    expect(await readFile(path, 'latin1')).toBe(
      '127.0.0.1:1\r\n#   127.0.0.1:2 # Bia\r\n# caf\xe9 \xff\n127.0.0.1:22\n# 127.0.0.1:2',
    );
    expect((await file.read()).map(({ text }) => text)).not.toContain('127.0.0.1:2');
    await file.append('127.0.0.1:2');
    expect((await readFile(path, 'latin1')).endsWith('\n# 127.0.0.1:2\n127.0.0.1:2\n')).toBe(true);
  });

  it('keeps a link, the mode and what is beside it', async () => {
    const path = await fileWith('127.0.0.1:1\n');
    await chmod(path, 0o640);
    await symlink(path, `${path}.link`);
    const file = await NeighboursFile.open(`${path}.link`);
    await file.forget('127.0.0.1:1');
    expect(await readFile(path, 'utf8')).toBe('# 127.0.0.1:1\n');
    expect((await lstat(`${path}.link`)).isSymbolicLink()).toBe(true);
    expect((await lstat(path)).mode & 0o777).toBe(0o640);
    expect((await readdir(dirname(path))).sort()).toEqual(['vizinhos.txt', 'vizinhos.txt.link']);
  });

  it('does not touch a file without that address', async () => {
    const path = await fileWith('127.0.0.1:1\n');
    const before = await lstat(path, { bigint: true });
    await (await NeighboursFile.open(path)).forget('127.0.0.1:2');
    expect((await lstat(path, { bigint: true })).ino).toBe(before.ino);
  });
});
