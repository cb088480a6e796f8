import { ProtocolError } from '../errors.ts';
import { MAX_CLOCK, MAX_LISTED_FILES, MAX_LISTED_PEERS, MAX_TOKEN_BYTES } from '../limits.ts';
import { parseAddress } from './address.ts';
import { parseCount, type LineTokens } from './line-tokens.ts';
import type { FileEntry, PeerEntry } from './message.ts';

/*
 * The entries of PEER_LIST and LS_LIST; malformed ones are left out one by one (section 1). Read in slices: a generator stops
 * after each, and whoever drives it may do something else before it goes on.
 */

/** The count of a list. It may be wrong, but it must be there. */
function readCount(line: LineTokens): number {
  const count = parseCount(line.next());
  if (count === undefined) throw new ProtocolError('bad-arguments', 'expected <count> <item>…');
  return count;
}

/** What stands before and after the last colon of an entry, where that is a number. */
function splitEntry(item: string): { readonly text: string; readonly number: number } | undefined {
  const colon = item.lastIndexOf(':');
  const number = parseCount(item.slice(colon + 1));
  return colon < 1 || number === undefined ? undefined : { text: item.slice(0, colon), number };
}

function parsePeer(item: string): PeerEntry | undefined {
  const entry = splitEntry(item);
  const colon = entry?.text.lastIndexOf(':') ?? -1;
  const status = entry?.text.slice(colon + 1);
  if (entry === undefined || (status !== 'ONLINE' && status !== 'OFFLINE')) return undefined;
  const address = parseAddress(entry.text.slice(0, colon));
  return address && { address, status, clock: Math.min(entry.number, MAX_CLOCK) };
}

/**
 * The entries of a PEER_LIST.
 * @throws ProtocolError `bad-arguments`
 */
export function* parsePeers(line: LineTokens): Generator<undefined, PeerEntry[]> {
  readCount(line);
  const peers: PeerEntry[] = [];
  let left = MAX_LISTED_PEERS;
  for (const items of line.slices()) {
    for (const item of items) {
      if (item === '' || left-- <= 0) continue;
      const peer = parsePeer(item);
      if (peer !== undefined) peers.push(peer);
    }
    if (left <= 0) break;
    yield;
  }
  return peers;
}

/**
 * The entries of an LS_LIST. Some programs list names with raw spaces: `my file.txt:7` arrives as two items, and the second
 * alone would be a file that nobody offered. Where the count shows that items are pieces of names, those names are left out.
 * @throws ProtocolError `bad-arguments`
 */
export function* parseFiles(line: LineTokens): Generator<undefined, FileEntry[]> {
  const count = readCount(line);
  const files: FileEntry[] = [];
  /** Places in `files` of entries that come right after an item which is none. */
  const afterTorn: number[] = [];
  let left = MAX_LISTED_FILES;
  let isTorn = false;
  for (const items of line.slices()) {
    for (const item of items) {
      if (item === '' || left-- <= 0) continue;
      const entry = item.length > MAX_TOKEN_BYTES ? undefined : splitEntry(item);
      if (entry !== undefined) {
        if (isTorn) afterTorn.push(files.length);
        files.push({ token: entry.text, size: entry.number });
      }
      isTorn = entry === undefined;
    }
    if (left <= 0) break;
    yield;
  }
  const namesHoldSpaces = (isTorn || afterTorn.length > 0) && files.length === count;
  if (!namesHoldSpaces) return files;
  const torn = new Set(afterTorn);
  return files.filter((_, at) => !torn.has(at));
}
