import { FileError } from '../../errors.ts';
import { MAX_NAME_BYTES } from '../../limits.ts';
import { bytesFromName, nameFromBytes } from '../../protocol/name-bytes.ts';

/** Dot-files are never listed, our temporary files among them; `.` and `..` are folders. */
const HIDDEN = /^\./;
const SEPARATOR_OR_CONTROL = /[/\\\x00-\x1f\x7f-\x9f]/;
/** They make `exe.txt` look like `txt.exe`. */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** Windows drops them without a word: the file would bear another name than the one asked for. */
const TRAILING_DOT_OR_SPACE = /[. ]$/;
/** Devices in every folder of Windows, whatever extension follows. Refused everywhere: folders are copied and mounted. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *([.:]|$)/i;
/** Fine on POSIX; on Windows forbidden, and the colon opens an alternate stream of another file. */
const WINDOWS_FORBIDDEN = /[<>:"|?*]/;

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
    !TRAILING_DOT_OR_SPACE.test(name) &&
    !WINDOWS_DEVICE.test(name) &&
    !(platform === 'win32' && WINDOWS_FORBIDDEN.test(name));
  if (!safe) throw new FileError('unsafe-name', name);
}
