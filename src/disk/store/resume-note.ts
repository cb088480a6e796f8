import { MAX_NOTED_RANGES } from '../../limits.ts';
import { bytesFromName, nameFromBytes } from '../../protocol/name-bytes.ts';
import { ByteRanges, type ByteRange } from './byte-ranges.ts';
import type { Owner } from './owner.ts';

/** What stands beside the bytes of a download, so that an interrupted one can go on. */
export interface ResumeNote {
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly chunkSize: number;
  readonly sha256: string | undefined;
  /** What the disk has, ascending and disjoint; never more than that. */
  readonly ranges: readonly ByteRange[];
  /** Undefined once it was left in good order: whoever comes may have it. */
  readonly owner: Owner | undefined;
}

/** Another version is not ours to judge. */
const VERSION = 1;
const SHA256 = /^[0-9a-f]{64}$/;
/** No process has a larger number, and `kill` takes none. */
const MAX_PID = 2 ** 31 - 1;

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
  if (note.version !== VERSION) return 'foreign';
  const { nameBase64, size, chunkSize, sha256, owner } = note;
  const isSound =
    typeof nameBase64 === 'string' &&
    isCount(size) &&
    isCount(chunkSize) &&
    (sha256 === undefined || (typeof sha256 === 'string' && SHA256.test(sha256))) &&
    (owner === undefined || isOwner(owner));
  if (!isSound) return 'broken';
  const ranges = rangesOf(note.ranges, size);
  const name = nameFromBytes(Buffer.from(nameBase64, 'base64'));
  return ranges === undefined ? 'broken' : { name, size, chunkSize, sha256, ranges, owner };
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

function isOwner(value: unknown): value is Owner {
  if (!isRecord(value)) return false;
  const { host, space, pid, birth } = value;
  const areTexts = [host, space, birth].every((text) => typeof text === 'string');
  return areTexts && isCount(pid) && pid > 0 && pid <= MAX_PID;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
