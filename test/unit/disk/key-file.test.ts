import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKey, readKey } from '../../../src/disk/key-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const HEX = '0123456789abcdefABCDEF0123456789'.repeat(2);

async function keyFile(content: string, mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), 'chave');
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe('a new key', () => {
  it('is 256 random bits that only the owner may read', async () => {
    const folder = await temporaryFolder();
    const [one, two] = [join(folder, 'a'), join(folder, 'b')];
    await createKey(one);
    await createKey(two);
    expect(await readFile(one, 'latin1')).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await stat(one)).mode & 0o777).toBe(0o600);
    const keys = await Promise.all([readKey(one), readKey(two)]);
    expect(keys.map(({ length }) => length)).toEqual([32, 32]);
    expect(keys[0]).not.toEqual(keys[1]);
  });

  it('overwrites nothing, and follows no link', async () => {
    const path = await keyFile('meu');
    await expect(createKey(path)).rejects.toMatchObject({ code: 'exists' });
    await symlink('nada', `${path}.link`);
    await expect(createKey(`${path}.link`)).rejects.toMatchObject({ code: 'exists' });
    expect(await readFile(path, 'latin1')).toBe('meu');
  });

  it('needs a folder', async () => {
    const path = join(await temporaryFolder(), 'nada', 'chave');
    await expect(createKey(path)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a key file', () => {
  it.each([HEX, `${HEX}\n`, `${HEX}\r\n`])('is read: %j', async (content) => {
    expect(await readKey(await keyFile(content))).toEqual(Buffer.from(HEX, 'hex'));
  });

  it.each([
    '',
    '\n',
    HEX.slice(2),
    `${HEX}00`,
    HEX.replace('0', 'g'),
    `${HEX}\n\n`,
    ` ${HEX}`,
    'x'.repeat(9999),
  ])('that is none is refused: %j', async (content) => {
    await expect(readKey(await keyFile(content))).rejects.toMatchObject({ code: 'not-a-key' });
  });

  it.each([0o640, 0o604, 0o660, 0o666])('that others may use is refused: %o', async (mode) => {
    await expect(readKey(await keyFile(HEX, mode))).rejects.toMatchObject({ code: 'not-private' });
  });

  it('is a file, and there', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'd'));
    await expect(readKey(join(folder, 'd'))).rejects.toMatchObject({ code: 'not-a-file' });
    await expect(readKey(join(folder, 'nada'))).rejects.toMatchObject({ code: 'not-found' });
  });
});
