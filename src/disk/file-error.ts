import { FileError, type FileErrorCode } from '../errors.ts';

const CODES: ReadonlyMap<string, FileErrorCode> = new Map([
  ['ENOENT', 'not-found'],
  ['ENAMETOOLONG', 'not-found'], // no file system holds such a name
  ['EILSEQ', 'not-found'], // nor bytes that are no UTF-8, says macOS
  ['ELOOP', 'not-found'], // links in a circle, or a link where none is followed
  ['ENOTDIR', 'not-a-folder'],
  ['EISDIR', 'not-a-file'],
  ['ENXIO', 'not-a-file'], // a socket, or a pipe that nobody reads
  ['EACCES', 'no-permission'],
  ['EPERM', 'no-permission'],
  ['EROFS', 'no-permission'],
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EFBIG', 'too-large'],
]);

/** The code of an error that the operating system gave, undefined for every other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The FileError that a failed system call is; one that is a FileError already stays itself.
 * @throws the error itself where it comes from neither: a bug
 */
export function fileError(error: unknown, path: string): FileError {
  if (error instanceof FileError) return error;
  const code = systemCode(error);
  if (code === undefined) throw error;
  return new FileError(CODES.get(code) ?? 'io', path, { cause: error });
}

/**
 * Lets a failure of the system pass where nothing depends on it.
 * @throws the error itself where it is none: a bug
 */
export function passFileError(error: unknown): void {
  fileError(error, '');
}
