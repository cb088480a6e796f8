import { expect, it } from 'vitest';
import { findOwn } from '../../../src/download/own-files.ts';
import { FileError } from '../../../src/errors.ts';
import { MemoryShare, sha256Of } from '../../helpers/memory-share.ts';

const content = Buffer.from('conteúdo');
const found = (name: string, size: number, sha256?: string) => ({
  name,
  size,
  ...(sha256 === undefined ? {} : { sha256 }),
  sources: [],
});
const never = new AbortController().signal;

it.each([
  ['the digest that is told', content.length, sha256Of(content), { content: 'same', isProven: true }],
  ['the size alone', content.length, undefined, { content: 'same', isProven: false }],
  ['another digest', content.length, sha256Of(Buffer.from('x')), { content: 'other', isProven: false }],
  ['another size', content.length + 1, undefined, { content: 'other', isProven: false }],
])('a file of the same name and %s', async (_, size, sha256, expected) => {
  const file = found('a', size, sha256);
  const own = await findOwn([file, found('b', 1)], new MemoryShare({ a: content }), never);
  expect([...own]).toEqual([[file, { name: 'a', size: content.length, ...expected }]]);
});

it('waits for no digest longer than its asker, and for no folder that cannot be read', async () => {
  const share = new MemoryShare({ a: content });
  share.beforeDigest = () => new Promise(() => undefined);
  const file = found('a', content.length, sha256Of(content));
  const own = await findOwn([file], share, AbortSignal.abort());
  expect(own.get(file)).toMatchObject({ content: 'same', isProven: false });
  share.beforeList = () => Promise.reject(new FileError('no-permission', 'shared'));
  expect((await findOwn([file], share, never)).size).toBe(0);
});
