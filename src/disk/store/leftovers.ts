import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { IN_USE_ELSEWHERE_MS, MAX_NOTE_BYTES, STAT_PARALLELISM } from '../../limits.ts';
import { fileError, systemCode } from '../file-error.ts';
import type { FolderPath } from '../folder-path.ts';
import { mapParallel } from '../map-parallel.ts';
import { stateOf, thisProcess } from './owner.ts';
import { decodeNote, type ResumeNote } from './resume-note.ts';
import type { SinkPlan } from './sink.ts';
import { removeTemporary, TemporaryFile } from './temporary-file.ts';
import { parseTemporaryName, temporaryName, type TemporaryKind } from './temporary-name.ts';

/** What an interrupted download has left, ours from now on. */
export interface Leftover {
  readonly file: TemporaryFile;
  /** Tells what is there. */
  readonly note: ResumeNote;
}

interface Found {
  readonly id: string;
  readonly note: ResumeNote | 'broken';
}

// Windows lacks both flags.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Takes over what an interrupted download of the same file has left, the one with most bytes; of many who try only one
 * gets it. What belongs to nobody and is of no use for this file any more, or for none, is removed. Undefined where there
 * is nothing: whatever is wrong with a leftover, the download begins anew. Never throws.
 */
export async function adoptLeftover(folder: FolderPath, plan: SinkPlan): Promise<Leftover | undefined> {
  try {
    const useful: { readonly id: string; readonly note: ResumeNote }[] = [];
    for (const { id, note } of await findFree(folder, plan.name)) {
      if (note !== 'broken' && isUseful(note, plan)) useful.push({ id, note });
      else await removeTemporary(folder, id);
    }
    useful.sort((a, b) => bytesOf(b.note) - bytesOf(a.note));
    for (const { id, note } of useful) {
      const leftover = await adopt(folder, id, note, plan);
      if (leftover !== undefined) return leftover;
    }
  } catch (error) {
    fileError(error, folder.shown);
  }
  return undefined;
}

/** The notes about files of this name, and those about nothing, whose download nobody runs any more. */
async function findFree(folder: FolderPath, name: string): Promise<readonly Found[]> {
  const temporary = (await readdir(folder.real)).map(parseTemporaryName);
  const ids = temporary.flatMap((parsed) => (parsed?.kind === 'nota' ? parsed.id : []));
  const notes = await mapParallel(ids, STAT_PARALLELISM, async (id) => {
    const note = await readNote(folder, id);
    if (note === undefined || (note !== 'broken' && note.name !== name)) return [];
    return (await isFree(folder, id, note)) ? { id, note } : [];
  });
  return notes.flat();
}

/** Undefined where it has gone meanwhile or is of another version, and so not ours to judge. */
async function readNote(folder: FolderPath, id: string): Promise<Found['note'] | undefined> {
  try {
    const file = await open(pathOf(folder, id, 'nota'), READ_FLAGS);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_NOTE_BYTES) return 'broken';
      const note = decodeNote(await file.readFile('utf8'));
      return note === 'foreign' ? undefined : note;
    } finally {
      await file.close();
    }
  } catch (error) {
    fileError(error, folder.shown);
    return undefined;
  }
}

async function isFree(folder: FolderPath, id: string, note: Found['note']): Promise<boolean> {
  if (note !== 'broken') {
    if (note.owner === undefined) return true;
    const state = await stateOf(note.owner);
    if (state !== 'unknown') return state === 'gone';
  }
  const touched = await Promise.all([touchedAt(folder, id, 'parte'), touchedAt(folder, id, 'nota')]);
  return Date.now() - Math.max(...touched) >= IN_USE_ELSEWHERE_MS;
}

async function touchedAt(folder: FolderPath, id: string, kind: TemporaryKind): Promise<number> {
  try {
    return (await lstat(pathOf(folder, id, kind))).mtimeMs;
  } catch (error) {
    fileError(error, folder.shown);
    return 0;
  }
}

function isUseful({ size, sha256 }: ResumeNote, plan: SinkPlan): boolean {
  const isOther = sha256 !== undefined && plan.sha256 !== undefined && sha256 !== plan.sha256;
  return size === plan.size && !isOther;
}

async function adopt(
  folder: FolderPath,
  id: string,
  former: ResumeNote,
  { chunkSize, sha256 = former.sha256 }: SinkPlan,
): Promise<Leftover | undefined> {
  const note = { ...former, chunkSize, sha256, owner: await thisProcess() };
  const due = note.ranges.at(-1)?.[1] ?? 0;
  try {
    const isSound = (size: number): boolean => size >= due && size <= note.size;
    const file = await TemporaryFile.adopt(folder, id, note, isSound);
    if (file !== undefined) return { file, note };
  } catch (error) {
    fileError(error, folder.shown);
    // Without bytes, or somebody else was faster and has them under another name: the note is good for nothing.
    if (!['ENOENT', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
  }
  await removeTemporary(folder, id);
  return undefined;
}

function bytesOf({ ranges }: ResumeNote): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

const pathOf = (folder: FolderPath, id: string, kind: TemporaryKind): Buffer =>
  folder.entry(temporaryName(id, kind));
