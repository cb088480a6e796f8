import { bytesFromName, nameFromBytes } from '../../protocol/names.ts';
import type { ByteRange } from '../../download/engine/download-options.ts';
import { ByteRanges } from './byte-ranges.ts';

/** What stands beside the bytes of a download, so that an interrupted one can go on. */
export interface ResumeNote {
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly sha256: string | undefined;
  /** What the disk has, ascending and disjoint; never more than that. */
  readonly ranges: readonly ByteRange[];
  /** Left in good order: anybody may go on with it at once. */
  readonly isFree: boolean;
}

/** A note holds so many ranges, the first ones, some 30 bytes each; what is beyond them is asked for again. */
export const MAX_NOTED_RANGES = 10_000;
export const MAX_NOTE_BYTES = 1024 * 1024;

/** The former version named the process that ran the download in place of `isFree`. Others are not ours to judge. */
const VERSION = 2;
const FORMER_VERSION = 1;
const SHA256 = /^[0-9a-f]{64}$/;

export function encodeNote({ name, ranges, ...rest }: ResumeNote): string {
  // In base64, because not every name is text. Ranges beyond the limit are asked for again.
  const nameBase64 = bytesFromName(name).toString('base64');
  return JSON.stringify({ version: VERSION, nameBase64, ...rest, ranges: ranges.slice(0, MAX_NOTED_RANGES) });
}

/** The inverse of `encodeNote`; `foreign` is a note of another version, `broken` is none at all. */
export function decodeNote(text: string): ResumeNote | 'foreign' | 'broken' {
  let note: unknown;
  try {
    note = JSON.parse(text);
  } catch {
    return 'broken';
  }
  if (!isRecord(note) || typeof note.version !== 'number') return 'broken';
  if (note.version !== VERSION && note.version !== FORMER_VERSION) return 'foreign';
  const { nameBase64, size, sha256 } = note;
  const isSound =
    typeof nameBase64 === 'string' &&
    isCount(size) &&
    (sha256 === undefined || (typeof sha256 === 'string' && SHA256.test(sha256)));
  const ranges = isSound ? rangesOf(note.ranges, size) : undefined;
  if (!isSound || ranges === undefined) return 'broken';
  const name = nameFromBytes(Buffer.from(nameBase64, 'base64'));
  const isFree = note.version === VERSION ? note.isFree === true : note.owner === undefined;
  return { name, size, sha256, ranges, isFree };
}

function rangesOf(value: unknown, size: number): readonly ByteRange[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_NOTED_RANGES) return undefined;
  const ranges = new ByteRanges();
  for (const range of value as readonly unknown[]) {
    if (!Array.isArray(range)) return undefined;
    const [from, to] = range as readonly unknown[];
    if (!isCount(from) || !isCount(to) || from >= to || to > size) return undefined;
    ranges.add(from, to);
  }
  return ranges.list();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
