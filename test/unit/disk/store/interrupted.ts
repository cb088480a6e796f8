import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { ByteRange } from '../../../../src/download/engine/download-options.ts';
import { SharedFolder, type SharedFolderOptions } from '../../../../src/disk/share/shared-folder.ts';
import type { FileSink } from '../../../../src/download/file-sink.ts';
import { NOTE_INTERVAL_MS } from '../../../../src/disk/store/note-keeper.ts';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What may be under way is watched for so long; long enough to see what happens at every turn. */
const WATCH_MS = 50;

export async function share(path: string, options: SharedFolderOptions = {}): Promise<SharedFolder> {
  const folder = await SharedFolder.open(path, { ...options, timing: { watchMs: WATCH_MS } });
  onTestFinished(() => folder.close());
  return folder;
}

/** Puts these bytes of a file into a sink. */
export async function put(sink: FileSink, bytes: Buffer, ...ranges: readonly ByteRange[]): Promise<void> {
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
  vi.advanceTimersByTime(NOTE_INTERVAL_MS);
}

/** What notes are scheduled by; everything else keeps its time. */
export const NOTE_TIMERS: Parameters<typeof vi.useFakeTimers>[0] = {
  toFake: ['setInterval', 'clearInterval'],
};
