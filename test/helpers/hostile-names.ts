/** A file name that a remote tells, or asks for, by the class of mistake that other file sharers have made with it. */
export interface HostileName {
  /** What was done with it elsewhere. */
  readonly kind: string;
  readonly name: string;
  /** As a name it means no harm: it is one entry of the folder, if nobody decodes it once more. */
  readonly isEntry?: true;
}

const of = (kind: string, ...names: readonly string[]): HostileName[] =>
  names.map((name) => ({ kind, name }));
const entries = (kind: string, ...names: readonly string[]): HostileName[] =>
  names.map((name) => ({ kind, name, isEntry: true }));

/**
 * Never a path, never a hidden file, never a sequence that a terminal obeys. The classes are those of published flaws in croc
 * (receiving into other folders and dot-files, escape sequences in names), magic-wormhole (overwriting by a chosen name),
 * LocalSend (`..` in an announced name) and webui-aria2 (reading `/../…` of the server).
 */
export const HOSTILE_NAMES: readonly HostileName[] = [
  ...of('another folder', '../fora.txt', '../../fora.txt', 'a/../../fora.txt', 'sub/fora.txt', './fora.txt'),
  ...of(
    'an absolute path',
    '/etc/passwd',
    '//etc/passwd',
    'file:///etc/passwd',
    'C:\\fora.txt',
    'C:/fora.txt',
  ),
  ...of('a share of Windows', '\\\\host\\c$\\fora.txt', '..\\fora.txt', 'a\\..\\..\\fora.txt', '\\fora.txt'),
  ...entries('encoded once more', '%2e%2e%2ffora.txt', '%252e%252e%252ffora.txt', '%2fetc%2fpasswd'),
  ...of('encoded once more', '..%2ffora.txt'),
  ...entries('overlong UTF-8', '\udcc0\udcae\udcc0\udcae\udcc0\udcaffora.txt'),
  ...of('overlong UTF-8', '..\udcc0\udcaffora.txt'),
  ...of('a hidden file', '.bashrc', '.ssh', '.git', '..', '.', '...', '.eachare-0123456789ab.parte'),
  ...of('cut by NUL', 'foto.jpg\0.sh', '../fora.txt\0.jpg', '\0'),
  ...of(
    'a terminal sequence',
    'a\x1b[2J\x1b[Hb',
    '\x1b]0;titulo\x07',
    '\x1b]52;c;cm0gLXJm\x07',
    'a\x9b31mb',
    'a\x90b',
  ),
  ...of('another line', 'a\nSaindo...', 'a\r[1] outro', 'a\x08\x08b', 'a\x0bb', 'a\x7fb'),
  ...of('turned around', 'foto\u202egpj.exe', '\u2066foto', 'foto\u200f.jpg', '\u061cfoto'),
  ...of('not seen', '\u200b', '\u200b\u200d\u2060\ufeff', '\u3164', '\u2800', '\u00a0'),
  ...of('a device', 'CON', 'nul.txt', 'COM1', 'lpt9.log', 'CONIN$'),
  ...of('dropped by Windows', 'foto.jpg.', 'foto.jpg ', 'foto. .'),
  ...of('too long', 'x'.repeat(256), 'é'.repeat(128), '../'.repeat(85)),
];
