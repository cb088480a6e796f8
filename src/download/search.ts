import { setMaxListeners } from 'node:events';
import type { FoundFile, Source } from './engine/chunks.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { findFiles, partByDigest, type Listing } from './found-files.ts';
import { MAX_SEARCH_DIGESTS } from '../limits.ts';
import type { Neighbours } from '../neighbours.ts';
import { inTurn } from '../network/in-turn.ts';
import type { Peer } from '../peer.ts';
import type { Address } from '../protocol/address.ts';
import { decodeName } from '../protocol/names.ts';
import { SourceDigests } from './source-digests.ts';
import type { DownloadTiming } from './timing.ts';

export interface Searcher {
  readonly peer: Peer;
  readonly neighbours: Neighbours;
  readonly timing: DownloadTiming;
  readonly signal: AbortSignal;
}

/** What these neighbours share: LS to each, and digests where several have a file and can tell whether it is the same. */
export async function searchNetwork(
  searcher: Searcher,
  asked: readonly Address[],
): Promise<FoundFile<Address>[]> {
  const { peer, neighbours, signal } = searcher;
  const listings: Listing<Address>[] = [];
  const ask = async (address: Address) => {
    try {
      const { files } = await peer.request(address, { type: 'LS' }, { signal });
      listings.push({
        address,
        files: files.map(({ token, size }) => ({ name: decodeName(token), token, size })),
      });
    } catch (error) {
      // Peer has reported what is wrong with it.
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error;
    }
  };
  await inTurn(asked, ask, signal);
  // Answers come in any order; sources stand in the order of the neighbours.
  const order = new Map(neighbours.list().map(({ address }, place) => [address, place]));
  listings.sort((a, b) => (order.get(a.address) ?? 0) - (order.get(b.address) ?? 0));
  return compare(searcher, findFiles(listings));
}

/** Parts files that are called the same and are not. What is not known in time, or not asked for, a download will find out. */
async function compare(
  { peer, timing, signal }: Searcher,
  files: readonly FoundFile<Address>[],
): Promise<FoundFile<Address>[]> {
  const told = new Map<Source<Address>, string>();
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  // As many as digests are asked for.
  setMaxListeners(0, ended);
  const digests = new SourceDigests({
    peer,
    timing,
    signal: ended,
    onTold: (source, digest) => {
      if (digest !== undefined) told.set(source, digest.sha256);
    },
  });
  const canTell = ({ address }: Source<Address>) => peer.hasDigests(address);
  let asked = 0;
  for (const { sources, size } of files) {
    const able = sources.filter(canTell);
    // One alone has nobody to differ from, and nothing is like nothing.
    if (able.length < 2 || size === 0) continue;
    asked += able.length;
    if (asked > MAX_SEARCH_DIGESTS) break;
    able.forEach((source) => digests.ask(source));
  }
  await digests.settled(timing.searchDigestsMs, signal);
  over.abort();
  return files.flatMap((file) => partByDigest(file, { told: (source) => told.get(source), canTell }));
}
