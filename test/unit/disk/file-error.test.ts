import { describe, expect, it } from 'vitest';
import { fileError } from '../../../src/disk/file-error.ts';
import { FileError } from '../../../src/errors.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'open' });
}

describe('fileError', () => {
  it.each([
    ['ENOENT', 'not-found'],
    ['ENOTDIR', 'not-a-folder'],
    ['EISDIR', 'not-a-file'],
    ['EACCES', 'no-permission'],
    ['EPERM', 'no-permission'],
    ['EROFS', 'no-permission'],
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EFBIG', 'too-large'],
    ['EMFILE', 'io'],
    ['EIO', 'io'],
  ])('takes %s for %s and keeps the cause', (system, code) => {
    const cause = systemError(system);
    expect(fileError(cause, '/x')).toMatchObject({ code, path: '/x', cause });
  });

  it('leaves a FileError as it is', () => {
    const error = new FileError('changed', '/x');
    expect(fileError(error, '/y')).toBe(error);
  });

  it('lets a bug through', () => {
    const bug = new TypeError('undefined is not a function');
    expect(() => fileError(bug, '/x')).toThrow(bug);
    const badArgument = Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(() => fileError(badArgument, '/x')).toThrow(badArgument);
  });
});
