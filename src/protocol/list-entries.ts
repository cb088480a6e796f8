import { ProtocolError } from '../errors.ts';
import { MAX_CLOCK, MAX_LISTED_FILES, MAX_LISTED_PEERS } from '../limits.ts';
import { parseAddress } from './address.ts';
import { parseCount } from './line-tokens.ts';
import type { FileEntry, PeerEntry, PeerStatus } from './message.ts';

/** The entries of PEER_LIST and LS_LIST; malformed ones are left out one by one (section 7). */

const PEER_ENTRY = /^(.+):(ONLINE|OFFLINE):([0-9]{1,16})$/;
const FILE_ENTRY = /^(.+):([0-9]{1,16})$/s;

/** A list's count and items. The count may be wrong, but it must be there. */
function parseList(args: readonly string[]): { count: number; items: readonly string[] } {
  const count = parseCount(args[0]);
  if (count === undefined) throw new ProtocolError('bad-arguments', 'expected <count> <item>…');
  return { count, items: args.slice(1).filter((item) => item !== '') };
}

function parsePeerEntry(item: string): PeerEntry | undefined {
  const match = PEER_ENTRY.exec(item);
  const address = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  const clock = parseCount(match?.[3]);
  if (address === undefined || clock === undefined) return undefined;
  return { address, status: match?.[2] as PeerStatus, clock: Math.min(clock, MAX_CLOCK) };
}

/**
 * The entries of a PEER_LIST with those arguments.
 * @throws ProtocolError `bad-arguments`
 */
export function parsePeers(args: readonly string[]): PeerEntry[] {
  const { items } = parseList(args);
  return items
    .slice(0, MAX_LISTED_PEERS)
    .map(parsePeerEntry)
    .filter((entry) => entry !== undefined);
}

/**
 * The entries of an LS_LIST with those arguments. Some programs list names with raw spaces: `my file.txt:7` arrives as
 * two items, and the second alone would be a file that nobody offered. Where the count shows that items are pieces of
 * names, those names are left out.
 * @throws ProtocolError `bad-arguments`
 */
export function parseFiles(args: readonly string[]): FileEntry[] {
  const { count, items } = parseList(args);
  const matches = items.slice(0, MAX_LISTED_FILES).map((item) => FILE_ENTRY.exec(item));
  const namesHoldSpaces =
    matches.includes(null) && matches.filter((match) => match !== null).length === count;
  const files: FileEntry[] = [];
  let torn = false;
  for (const match of matches) {
    const size = parseCount(match?.[2]);
    if (match?.[1] === undefined || size === undefined) {
      torn = namesHoldSpaces;
      continue;
    }
    if (!torn) files.push({ token: match[1], size });
    torn = false;
  }
  return files;
}
