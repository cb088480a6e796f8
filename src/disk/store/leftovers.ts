import { lstat, open, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { SinkPlan } from '../../download/file-sink.ts';
import type { InterruptedDownload } from '../../events.ts';
import { passFileError, systemCode } from '../file-error.ts';
import { READ_FLAGS, type Folder } from '../folder.ts';
import { decodeNote, MAX_NOTE_BYTES, type ResumeNote } from './resume-note.ts';
import {
  parseTemporaryName,
  removeTemporary,
  TemporaryFile,
  temporaryPath,
  type TemporaryKind,
} from './temporary-file.ts';

/** What an interrupted download has left, ours from now on. */
export interface Leftover {
  readonly file: TemporaryFile;
  /** Tells what is there. */
  readonly note: ResumeNote;
}

interface Found {
  readonly id: string;
  readonly note: ResumeNote | 'broken';
  /** When the note and the bytes were written to or touched: milliseconds since 1970, by the clock of the file system. */
  readonly notedAt: number;
  readonly writtenAt: number;
}

interface Useful extends Found {
  readonly note: ResumeNote;
}

/** A download under way touches its note several times a second: one that was not touched for so long is over, on whatever machine. */
export const ABANDONED_AFTER_MS = 60_000;

/** What an interrupted download has left is of use for a week. */
export const STALE_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** What may belong to a download under way is watched for so long before it is claimed: six of its touches. */
const WATCH_MS = 1_500;

/** Looks during one watch. */
const WATCH_LOOKS = 10;

/**
 * Claims what an interrupted download of the same file has left, the one with most bytes; of many who try only one gets it.
 * One that was not left in good order may still be under way: it is watched for `watchMs`, and belongs to us when it
 * is not touched meanwhile. A leftover that no download can use any more is removed. Undefined where
 * there is nothing: whatever is wrong with a leftover, the download begins anew. Never throws.
 */
export async function claimLeftover(
  folder: Folder,
  plan: SinkPlan,
  watchMs = WATCH_MS,
): Promise<Leftover | undefined> {
  try {
    const useful: Useful[] = [];
    for (const found of await findNotes(folder, plan.name)) {
      const { id, note } = found;
      if (note !== 'broken' && isUseful(note, plan)) useful.push({ ...found, note });
      else if (isFree(found)) await removeTemporary(folder, id);
    }
    useful.sort((a, b) => bytesOf(b) - bytesOf(a));
    for (const one of useful)
      if (isFree(one)) {
        const leftover = await claim(folder, one, plan);
        if (leftover !== undefined) return leftover;
      }
    const doubtful = useful.filter((one) => !isFree(one));
    // One without bytes is not worth the wait.
    if (doubtful.every((one) => bytesOf(one) === 0)) return undefined;
    let leftover: Leftover | undefined;
    for (const one of await unattended(folder, doubtful, watchMs, plan.signal)) {
      if (bytesOf(one) === 0) await removeTemporary(folder, one.id);
      else leftover ??= await claim(folder, one, plan);
    }
    return leftover;
  } catch (error) {
    passFileError(error);
  }
  return undefined;
}

/**
 * Removes what interrupted downloads left and no download went on with for STALE_AFTER_MS; returns how many they were.
 * Notes whose bytes have gone do not count, and go soon. Never throws.
 */
export async function removeStaleFiles(folder: Folder): Promise<number> {
  const names = await readdir(folder.real).catch(() => []);
  let removed = 0;
  for (const id of new Set(names.flatMap((name) => parseTemporaryName(name)?.id ?? []))) {
    const bytesAt = await touchedAt(folder, id, 'parte');
    const notesAt = [await touchedAt(folder, id, 'nota'), await touchedAt(folder, id, 'nota.nova')];
    const age = Date.now() - Math.max(bytesAt ?? 0, ...notesAt.map((at) => at ?? 0));
    if (age < (bytesAt === undefined ? ABANDONED_AFTER_MS : STALE_AFTER_MS)) continue;
    await removeTemporary(folder, id);
    const isGone = (await touchedAt(folder, id, 'parte')) === undefined;
    if (bytesAt !== undefined && isGone) removed += 1;
  }
  return removed;
}

/** The downloads that an earlier run has left unfinished and nobody goes on with now, by name. Never throws. */
export async function listInterrupted(folder: Folder): Promise<readonly InterruptedDownload[]> {
  const listed: InterruptedDownload[] = [];
  try {
    for (const found of await findNotes(folder)) {
      const { note } = found;
      if (note === 'broken' || !isFree(found)) continue;
      const bytes = bytesOf({ note });
      if (bytes > 0) listed.push({ name: note.name, size: note.size, bytes });
    }
  } catch (error) {
    passFileError(error);
  }
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The notes about files of this name, or of any, and those about nothing. */
async function findNotes(folder: Folder, name?: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const entry of await readdir(folder.real)) {
    const { id, kind } = parseTemporaryName(entry) ?? {};
    if (id === undefined || kind !== 'nota') continue;
    const read = await readNote(folder, id);
    if (read === undefined || (name !== undefined && read.note !== 'broken' && read.note.name !== name))
      continue;
    found.push({ id, ...read, writtenAt: (await touchedAt(folder, id, 'parte')) ?? 0 });
  }
  return found;
}

/** Undefined where it has gone meanwhile or is of another version, and so not ours to judge. */
async function readNote(folder: Folder, id: string): Promise<Pick<Found, 'note' | 'notedAt'> | undefined> {
  try {
    const file = await open(temporaryPath(folder, id, 'nota'), READ_FLAGS);
    try {
      const stats = await file.stat();
      const isNote = stats.isFile() && stats.size <= MAX_NOTE_BYTES;
      const note = isNote ? decodeNote(await file.readFile('utf8')) : 'broken';
      return note === 'foreign' ? undefined : { note, notedAt: stats.mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    passFileError(error);
    return undefined;
  }
}

function isFree({ note, notedAt, writtenAt }: Found): boolean {
  const age = Date.now() - Math.max(notedAt, writtenAt);
  return (note !== 'broken' && note.isFree) || age >= ABANDONED_AFTER_MS;
}

/** Those that are not touched while we look; none where the signal is aborted. */
async function unattended(
  folder: Folder,
  found: readonly Useful[],
  watchMs: number,
  signal?: AbortSignal,
): Promise<readonly Useful[]> {
  let left = found;
  for (let look = 0; look < WATCH_LOOKS && left.length > 0; look += 1) {
    try {
      await delay(watchMs / WATCH_LOOKS, undefined, { signal });
    } catch (error) {
      if (signal?.aborted === true) return [];
      throw error;
    }
    // Opened each time: over a network that is what asks for the times anew.
    const notes = await Promise.all(left.map(({ id }) => readNote(folder, id)));
    left = left.filter(({ notedAt }, at) => notes[at]?.notedAt === notedAt);
  }
  return left;
}

/** Milliseconds since 1970; undefined where there is no such file. */
async function touchedAt(folder: Folder, id: string, kind: TemporaryKind): Promise<number | undefined> {
  try {
    return (await lstat(temporaryPath(folder, id, kind))).mtimeMs;
  } catch (error) {
    passFileError(error);
    return undefined;
  }
}

function isUseful({ size, sha256 }: ResumeNote, plan: SinkPlan): boolean {
  const isOther = sha256 !== undefined && plan.sha256 !== undefined && sha256 !== plan.sha256;
  return size === plan.size && !isOther;
}

async function claim(
  folder: Folder,
  { id, note: former }: Useful,
  { sha256 = former.sha256 }: SinkPlan,
): Promise<Leftover | undefined> {
  const note = { ...former, sha256, isFree: false };
  const due = note.ranges.at(-1)?.[1] ?? 0;
  try {
    const isSound = (size: number): boolean => size >= due && size <= note.size;
    const file = await TemporaryFile.claim(folder, id, note, isSound);
    if (file !== undefined) return { file, note };
  } catch (error) {
    passFileError(error);
    // Without bytes, or another process was faster and has them under another name: the note is good for nothing.
    if (!['ENOENT', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
  }
  await removeTemporary(folder, id);
  return undefined;
}

function bytesOf({ note: { ranges } }: Pick<Useful, 'note'>): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}
