import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { ByteRange } from '../../../../src/disk/store/byte-ranges.ts';
import { SharedFolder } from '../../../../src/disk/share/shared-folder.ts';
import type { Sink } from '../../../../src/disk/store/sink.ts';
import { RESUME_NOTE_INTERVAL_MS } from '../../../../src/limits.ts';
import { endedProcess } from './ended-process.ts';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export async function share(path: string): Promise<SharedFolder> {
  const folder = await SharedFolder.open(path);
  onTestFinished(() => folder.close());
  return folder;
}

/** Puts these bytes of a file into a sink. */
export async function put(sink: Sink, bytes: Buffer, ...ranges: readonly ByteRange[]): Promise<void> {
  for (const [from, to] of ranges) await sink.write(from, Buffer.from(bytes.subarray(from, to)));
}

/** What the ranges leave out of a file. */
export function gaps(ranges: readonly ByteRange[], size: number): ByteRange[] {
  const froms = [0, ...ranges.map(([, to]) => to)];
  const tos = [...ranges.map(([from]) => from), size];
  return froms.map((from, index) => [from, tos[index] ?? size] as const).filter(([from, to]) => from < to);
}

/** The path of the only temporary file of this kind. */
export async function temporaryPath(path: string, kind: 'parte' | 'nota'): Promise<string> {
  const names = (await readdir(path)).filter((name) => name.endsWith(`.${kind}`));
  if (names.length !== 1) throw new Error(`not one .${kind} but ${names.length}`);
  return join(path, names[0] ?? '');
}

export async function readNote(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(await temporaryPath(path, 'nota'), 'utf8')) as Record<string, unknown>;
}

/** Changes the only note; undefined takes a field away. */
export async function changeNote(path: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const note = { ...(await readNote(path)), ...change };
  await writeFile(await temporaryPath(path, 'nota'), JSON.stringify(note));
}

/** Lets the interval of the notes pass; `vi.useFakeTimers` was called with `NOTE_TIMERS`. */
export function passInterval(): void {
  vi.advanceTimersByTime(RESUME_NOTE_INTERVAL_MS);
}

/** What notes are scheduled by; everything else keeps its time. */
export const NOTE_TIMERS: Parameters<typeof vi.useFakeTimers>[0] = { toFake: ['setTimeout', 'clearTimeout'] };

/** Makes the only note that of a process that was killed. */
export async function orphan(path: string): Promise<void> {
  const { owner } = await readNote(path);
  await changeNote(path, { owner: { ...(owner as object), pid: await endedProcess() } });
}
