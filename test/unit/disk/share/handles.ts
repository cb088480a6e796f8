import { open, readdir, readlink } from 'node:fs/promises';

/** What every FileHandle of this process calls; spied on to count its calls, or to play a disk that fails or is slow. */
export async function handlePrototype(): Promise<Awaited<ReturnType<typeof open>>> {
  const handle = await open('/dev/null');
  await handle.close();
  return Object.getPrototypeOf(handle) as typeof handle;
}

/** How many descriptors of this process lead into the folder; Linux only. */
export async function openIn(path: string): Promise<number> {
  const numbers = await readdir('/proc/self/fd');
  const targets = await Promise.all(numbers.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(`${path}/`)).length;
}

/** What a failed system call throws. */
export const systemError = (code: string, syscall = 'write'): Error =>
  Object.assign(new Error(code), { code, syscall });

/** A promise that somebody waits at until it is released. */
export function gate(): { promise: Promise<void>; release: () => void } {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}
