import { lstat, open, readdir } from 'node:fs/promises';
import { FileError } from '../../errors.ts';
import { MAX_NAME_BYTES } from '../../limits.ts';
import { bytesFromName, nameFromBytes } from '../../protocol/names.ts';
import { fileError, passFileError, systemCode } from '../file-error.ts';
import type { Folder } from '../folder.ts';

/** Dot-files are never listed, our temporary files among them; `.` and `..` are folders. */
const HIDDEN = /^\./;
const SEPARATOR_OR_CONTROL = /[/\\\x00-\x1f\x7f-\x9f]/;
/** They make `exe.txt` look like `txt.exe`. */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** Nothing of such a name is seen, in a list or a folder. U+2800 is the empty Braille pattern. */
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Z}\p{M}\u2800]*$/u;
/** Windows drops them without a word: the file would bear another name than the one asked for. */
const TRAILING_DOT_OR_SPACE = /[. ]$/;
/** Devices in every folder of Windows, whatever extension follows. Refused everywhere: folders are copied and mounted. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *([.:]|$)/i;
/** Fine on POSIX; on Windows forbidden, and the colon opens an alternate stream of another file. */
const WINDOWS_FORBIDDEN = /[<>:"|?*]/;

/** A longer one is none that a program would know the file by. */
const MAX_EXTENSION_BYTES = 32;
/** So many copies of one file are a mistake. */
const MAX_OTHER_NAMES = 999;

/** Whether the string is what its own bytes read as: no lone surrogates but those that stand for a stray byte. */
function isCanonical(name: string, bytes: Buffer): boolean {
  return nameFromBytes(bytes) === name;
}

/**
 * Decides whether a name that a remote told may become the name of a file in the shared folder.
 * @throws FileError `unsafe-name`
 */
export function checkName(name: string, platform: NodeJS.Platform = process.platform): void {
  const bytes = bytesFromName(name);
  const safe =
    bytes.length > 0 &&
    bytes.length <= MAX_NAME_BYTES &&
    isCanonical(name, bytes) &&
    !HIDDEN.test(name) &&
    !SEPARATOR_OR_CONTROL.test(name) &&
    !BIDI_CONTROL.test(name) &&
    !INVISIBLE.test(name) &&
    !TRAILING_DOT_OR_SPACE.test(name) &&
    !WINDOWS_DEVICE.test(name) &&
    !(platform === 'win32' && WINDOWS_FORBIDDEN.test(name));
  if (!safe) throw new FileError('unsafe-name', name);
}

/**
 * Decides whether a file may take its place under this name: an older file or a link of this name may be replaced.
 * Returns the bytes of what would be replaced, undefined where nothing would.
 * @throws FileError `not-a-file` where a folder has the name, `name-twin` where another spelling of it is a file,
 *   `unsafe-name` where this file system cannot hold the name, `not-found`, `no-permission`, `io`
 */
export async function checkPlace(folder: Folder, name: string): Promise<number | undefined> {
  const shown = folder.shownEntry(name);
  try {
    const stats = await lstat(folder.entry(name));
    if (stats.isDirectory()) throw new FileError('not-a-file', shown);
    // Something answers to the name. If no entry is spelt so, the file system folds, and a rename would hit another file.
    const bytes = bytesFromName(name);
    const entries = await readdir(folder.real, { encoding: 'buffer' });
    if (!entries.some((entry) => bytes.equals(entry))) throw new FileError('name-twin', shown);
    return stats.size;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ENAMETOOLONG' || code === 'EILSEQ') {
      throw new FileError('unsafe-name', shown, { cause: error });
    }
    throw fileError(error, shown);
  }
}

/**
 * The name, then `name (1).txt`, `name (2).txt` and so on: the stem is cut where the whole would be too long for a file.
 */
export function* otherNames(name: string): Generator<string, void> {
  yield name;
  const dot = name.lastIndexOf('.');
  const hasExtension = dot > 0 && bytesFromName(name.slice(dot)).length <= MAX_EXTENSION_BYTES;
  const stem = [...(hasExtension ? name.slice(0, dot) : name)];
  const extension = hasExtension ? name.slice(dot) : '';
  for (let number = 1; number <= MAX_OTHER_NAMES; number += 1) {
    const rest = ` (${number})${extension}`;
    const room = MAX_NAME_BYTES - bytesFromName(rest).length;
    while (bytesFromName(stem.join('')).length > room) stem.pop();
    yield `${stem.join('')}${rest}`;
  }
}

/** Makes a rename survive a power cut, where the system lets a folder be synced; the file is in its place anyway. */
export async function syncFolder(folder: Folder): Promise<void> {
  try {
    const handle = await open(folder.real, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    passFileError(error);
  }
}
