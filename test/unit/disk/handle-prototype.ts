import { open, type FileHandle } from 'node:fs/promises';

/** What every FileHandle of this process calls; spied on to play a disk that fails or is slow. */
export async function handlePrototype(): Promise<FileHandle> {
  const handle = await open('/dev/null');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

export const systemError = (code: string, syscall = 'write'): Error =>
  Object.assign(new Error(code), { code, syscall });
